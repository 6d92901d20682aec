import { join } from 'node:path';
import { LOOPBACK } from '../../src/redis/local-endpoint.ts';
import { freePorts, ServerProcess, type Settings, until } from './redis-servers.ts';
import { ReplicaSet } from './replica-set.ts';

const SLOTS = 16_384;

export interface RedisClusterOptions {
  /** Everything goes there. */
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
  /** One for each primary it began with, in the order of their slots. */
  readonly shards: readonly Shard[];

  constructor(nodes: readonly ServerProcess[], primaries: number) {
    this.nodes = nodes;
    this.url = `redis+cluster://${nodes.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}`;
    this.shards = Array.from({ length: primaries }, (_, n) => new Shard(this, n * shareOf(primaries)));
  }

  /** Those that serve a key. */
  async shardOf(key: string): Promise<Shard> {
    const [node] = this.#answering();
    const slot = Number(await (node as ServerProcess).ask((redis) => redis.call('CLUSTER', 'KEYSLOT', key)));
    return this.shards.findLast(({ firstSlot }) => firstSlot <= slot) as Shard;
  }

  /** Those that serve a slot, the primary first, as most nodes know them; none while there is no agreement. */
  async servantsOf(slot: number): Promise<readonly ServerProcess[]> {
    const answering = this.#answering();
    const views = await Promise.all(answering.map(slotRanges));
    const ports = views.map((ranges) => ranges.find(({ from, to }) => slot >= from && slot <= to)?.ports ?? []);
    const agreed = ports.find(([first]) => ports.filter(([other]) => other === first).length > answering.length / 2) ?? [];
    return agreed.flatMap((port) => this.nodes.find((node) => node.port === port) ?? []);
  }

  /** All slots are served, and all nodes that answer agree on that, and know each other's part in it; replicas follow. */
  async untilWhole(): Promise<void> {
    await until('a whole cluster', async () => {
      const answering = this.#answering();
      const states = await Promise.all(answering.map((node) => node.ask((redis) => redis.call('CLUSTER', 'INFO') as Promise<string>)));
      if (!states.every((state) => /cluster_state:ok/.test(state) && state.includes(`cluster_known_nodes:${this.nodes.length}`)))
        return false;
      const views = await Promise.all(answering.map(slotRanges));
      const infos = await Promise.all(answering.map((node) => node.info('replication')));
      return (
        views.every((ranges) => answering.every(({ port }) => ranges.some(({ ports }) => ports.includes(port)))) &&
        infos.filter((info) => info.get('role') === 'master').length === this.shards.length &&
        infos.every((info) => info.get('role') === 'master' || info.get('master_link_status') === 'up')
      );
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  #answering(): readonly ServerProcess[] {
    return this.nodes.filter(({ answers }) => answers);
  }
}

/** The nodes of a cluster that serve the same slots. */
export class Shard extends ReplicaSet {
  readonly firstSlot: number;
  readonly #cluster: RedisCluster;

  constructor(cluster: RedisCluster, firstSlot: number) {
    super();
    this.#cluster = cluster;
    this.firstSlot = firstSlot;
  }

  override async primary(): Promise<ServerProcess> {
    let found: ServerProcess | undefined;
    await until('an agreement of the nodes', async () => {
      [found] = await this.#cluster.servantsOf(this.firstSlot);
      return found !== undefined;
    });
    return found as ServerProcess;
  }

  override async replicas(): Promise<readonly ServerProcess[]> {
    return (await this.#cluster.servantsOf(this.firstSlot)).slice(1);
  }

  override async untilReplicated(): Promise<void> {
    await this.#cluster.untilWhole();
  }

  protected override async askForFailover(): Promise<void> {
    const [replica] = await this.replicas();
    if (replica === undefined) throw new Error(`slot ${this.firstSlot} has no replica`);
    await replica.ask((redis) => redis.call('CLUSTER', 'FAILOVER'));
  }
}

/** Who serves what, the primary first, as a node knows it. */
async function slotRanges(
  node: ServerProcess,
): Promise<readonly { readonly from: number; readonly to: number; readonly ports: number[] }[]> {
  const ranges = (await node.ask((redis) => redis.call('CLUSTER', 'SLOTS'))) as [number, number, ...[string, number][]][];
  return ranges.map(([from, to, ...servants]) => ({ from, to, ports: servants.map(([, port]) => port) }));
}

function shareOf(primaries: number): number {
  return Math.ceil(SLOTS / primaries);
}

/** Starts a cluster; it ends with this process, however that ends. */
export async function startRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { directory, primaries = 3, replicas = 0, settings = {}, nodeTimeoutMs = 1000 } = options;
  const ports = await freePorts(primaries * (1 + replicas));
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
  const share = shareOf(primaries);
  await Promise.all(
    nodes.map((node, n) =>
      node.ask(async (redis) => {
        await redis.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
        if (n < primaries) await redis.call('CLUSTER', 'ADDSLOTSRANGE', n * share, Math.min(SLOTS, (n + 1) * share) - 1);
        if (n > 0) await redis.call('CLUSTER', 'MEET', LOOPBACK, first.port);
      }),
    ),
  );
  const cluster = new RedisCluster(nodes, primaries);
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
