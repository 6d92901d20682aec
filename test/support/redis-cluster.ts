import { join } from 'node:path';
import { LOOPBACK } from '../../src/redis/local-endpoint.ts';
import { freePorts, removeDirectory, ServerProcess, type Settings, until } from './redis-servers.ts';

const SLOTS = 16_384;

export interface RedisClusterOptions {
  /** Everything goes there; removed by `stop`. */
  readonly directory: string;
  /** Default 3; each serves its share of the slots. */
  readonly primaries?: number;
  /** Of each primary; default 0. */
  readonly replicas?: number;
  readonly settings?: Settings;
  /** A node that is silent for so long is replaced, milliseconds; default 1000. */
  readonly nodeTimeoutMs?: number;
}

/** A cluster of processes of this machine. */
export class RedisCluster {
  /** Address for `connectRedis`. */
  readonly url: string;
  readonly nodes: readonly ServerProcess[];
  readonly #directory: string;

  constructor(directory: string, nodes: readonly ServerProcess[]) {
    this.#directory = directory;
    this.nodes = nodes;
    this.url = `redis+cluster://${nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}`;
  }

  /** The node that serves a key now. */
  async primaryOf(key: string): Promise<ServerProcess> {
    const alive = this.nodes.find(({ isRunning }) => isRunning) as ServerProcess;
    const [slot, ranges] = await alive.ask(async (redis) => [
      Number(await redis.call('CLUSTER', 'KEYSLOT', key)),
      (await redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][],
    ]);
    const port = ranges.find(([from, to]) => slot >= from && slot <= to)?.[2][1];
    const node = this.nodes.find((one) => one.port === port);
    if (node === undefined) throw new Error(`no node serves slot ${slot}`);
    return node;
  }

  /** Kills the node that serves a key and waits until a replica took over. Needs replicas. @returns the killed one */
  async killPrimaryOf(key: string): Promise<ServerProcess> {
    const killed = await this.primaryOf(key);
    await killed.kill();
    await until('a failover', async () => (await this.primaryOf(key)) !== killed);
    await this.untilWhole();
    return killed;
  }

  /** From now on the node that serves a key confirms what its replicas do not hear of: a failover forgets it. */
  async cutReplicationOf(key: string): Promise<void> {
    await (await this.primaryOf(key)).refuseReplicas();
  }

  /** Starts a killed node again; it follows whoever took over. */
  async restart(node: ServerProcess): Promise<void> {
    await node.start();
    await this.untilWhole();
  }

  /** All slots are served, and all nodes alive agree on that; replicas follow. */
  async untilWhole(): Promise<void> {
    await until('a whole cluster', async () => {
      const alive = this.nodes.filter(({ isRunning }) => isRunning);
      const states = await Promise.all(alive.map((node) => node.ask((redis) => redis.call('CLUSTER', 'INFO') as Promise<string>)));
      if (!states.every((state) => /cluster_state:ok/.test(state) && state.includes(`cluster_known_nodes:${this.nodes.length}`)))
        return false;
      const infos = await Promise.all(alive.map((node) => node.info('replication')));
      return infos.every((info) => info.get('role') === 'master' || info.get('master_link_status') === 'up');
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    removeDirectory(this.#directory);
  }
}

/** Starts a cluster; it ends with this process, however that ends. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { directory, primaries = 3, replicas = 0, settings = {}, nodeTimeoutMs = 1000 } = options;
  const ports = await freePorts(primaries * (1 + replicas), 55_000);
  const nodes = ports.map(
    (port, n) =>
      new ServerProcess(join(directory, `node-${n}`), port, {
        'cluster-enabled': 'yes',
        'cluster-node-timeout': String(nodeTimeoutMs),
        'cluster-replica-validity-factor': '0',
        ...settings,
      }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const first = nodes[0] as ServerProcess;
  const share = Math.ceil(SLOTS / primaries);
  await Promise.all(
    nodes.map((node, n) =>
      node.ask(async (redis) => {
        await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
        if (n < primaries) await redis.call('CLUSTER', 'ADDSLOTSRANGE', n * share, Math.min(SLOTS, (n + 1) * share) - 1);
        if (n > 0) await redis.call('CLUSTER', 'MEET', LOOPBACK, first.port);
      }),
    ),
  );
  const cluster = new RedisCluster(directory, nodes);
  const ids = await Promise.all(nodes.map((node) => node.ask((redis) => redis.call('CLUSTER', 'MYID') as Promise<string>)));
  await until('the nodes to meet', async () => {
    const known = await Promise.all(nodes.map((node) => node.ask((redis) => redis.call('CLUSTER', 'NODES') as Promise<string>)));
    return known.every((text) => ids.every((id) => text.includes(id)));
  });
  for (const [n, node] of nodes.entries())
    if (n >= primaries) await node.ask((redis) => redis.call('CLUSTER', 'REPLICATE', ids[n % primaries] as string));
  await cluster.untilWhole();
  return cluster;
}
