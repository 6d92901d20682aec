import { join } from 'node:path';
import { LOOPBACK } from '../../src/redis/local-endpoint.ts';
import { freePorts, removeDirectory, ServerProcess, type Settings, until } from './redis-servers.ts';

const NAME = 'failback-test';

export interface SentinelTrioOptions {
  /** Everything goes there; removed by `stop`. */
  readonly directory: string;
  /** Further settings of the servers. */
  readonly settings?: Settings;
  /** Default 2. */
  readonly replicas?: number;
  /** A primary that is silent for so long is replaced, milliseconds; default 1000. */
  readonly downAfterMs?: number;
}

/** A primary with its replicas (two, unless told otherwise) and three Sentinels, all of them processes of this machine. */
export class SentinelTrio {
  /** Address for `connectRedis`. */
  readonly url: string;
  readonly servers: readonly ServerProcess[];
  readonly sentinels: readonly ServerProcess[];
  readonly #directory: string;

  constructor(directory: string, servers: readonly ServerProcess[], sentinels: readonly ServerProcess[]) {
    this.#directory = directory;
    this.servers = servers;
    this.sentinels = sentinels;
    this.url = `redis+sentinel://${sentinels.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}/${NAME}`;
  }

  /** The primary, as most Sentinels know it. */
  async primary(): Promise<ServerProcess> {
    let found: ServerProcess | undefined;
    await until('an agreement of the Sentinels', async () => {
      found = await this.#agreed();
      return found !== undefined;
    });
    return found as ServerProcess;
  }

  async #agreed(): Promise<ServerProcess | undefined> {
    const answers = await Promise.all(
      this.sentinels.map((sentinel) =>
        sentinel.ask((redis) => redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME) as Promise<string[]>),
      ),
    );
    const ports = answers.map((answer) => Number(answer[1]));
    const port = ports.find((one) => ports.filter((other) => other === one).length > this.sentinels.length / 2);
    return this.servers.find((one) => one.port === port);
  }

  async replicas(): Promise<readonly ServerProcess[]> {
    const primary = await this.primary();
    return this.servers.filter((server) => server !== primary);
  }

  /** Kills the primary and waits until another took over. The killed one comes back with {@link restart}. @returns the killed one */
  async killPrimary(): Promise<ServerProcess> {
    const killed = await this.primary();
    await killed.kill();
    await this.#tookOver(killed);
    return killed;
  }

  /** From now on the primary confirms what no replica hears of: a failover within ten times `downAfterMs` forgets it. */
  async cutReplication(): Promise<void> {
    await (await this.primary()).refuseReplicas();
  }

  /** Orders a failover while everybody is well, and waits for it. @returns the former primary, a replica now */
  async failOver(): Promise<ServerProcess> {
    const before = await this.primary();
    await until('a failover', async () =>
      (this.sentinels[0] as ServerProcess)
        .ask((redis) => redis.call('SENTINEL', 'FAILOVER', NAME))
        .then(
          () => true,
          () => false,
        ),
    );
    await this.#tookOver(before);
    return before;
  }

  /** Starts a killed server again, as a replica of whoever is the primary, and waits until it follows. */
  async restart(server: ServerProcess): Promise<void> {
    await server.start();
    await this.untilReplicated();
  }

  /** Everybody alive follows the primary, and the Sentinels know it: a failover is possible now. */
  async untilReplicated(): Promise<void> {
    await until('replication', async () => {
      const primary = await this.primary();
      const alive = this.servers.filter(({ isRunning }) => isRunning);
      if (!primary.isRunning || (await primary.info('replication')).get('connected_slaves') !== String(alive.length - 1)) return false;
      const roles = await Promise.all(alive.filter((one) => one !== primary).map((one) => one.info('replication')));
      if (!roles.every((info) => info.get('master_link_status') === 'up' && info.get('master_port') === String(primary.port))) return false;
      const known = await Promise.all(
        this.sentinels.map((sentinel) => sentinel.ask((redis) => redis.call('SENTINEL', 'MASTER', NAME) as Promise<string[]>)),
      );
      return known.every(
        (fields) =>
          fields[fields.indexOf('num-other-sentinels') + 1] === '2' && Number(fields[fields.indexOf('num-slaves') + 1]) >= alive.length - 1,
      );
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((one) => one.kill()));
    removeDirectory(this.#directory);
  }

  async #tookOver(former: ServerProcess): Promise<void> {
    await until('a failover', async () => {
      const primary = await this.primary();
      return primary !== former && (await primary.info('replication')).get('role') === 'master';
    });
  }
}

/** Starts a trio; it ends with this process, however that ends. */
export async function startSentinelTrio({
  directory,
  replicas = 2,
  settings = {},
  downAfterMs = 1000,
}: SentinelTrioOptions): Promise<SentinelTrio> {
  const [first = 0, ...others] = await freePorts(4 + replicas);
  const servers = [first, ...others.slice(0, replicas)].map(
    (port, n) =>
      new ServerProcess(join(directory, `server-${n}`), port, {
        ...(n === 0 ? {} : { replicaof: `${LOOPBACK} ${first}` }),
        ...settings,
      }),
  );
  await Promise.all(servers.map((server) => server.start()));
  const sentinels = others.slice(replicas).map(
    (port, n) =>
      new ServerProcess(
        join(directory, `sentinel-${n}`),
        port,
        {
          'sentinel monitor': `${NAME} ${LOOPBACK} ${first} 2`,
          'sentinel down-after-milliseconds': `${NAME} ${downAfterMs}`,
          'sentinel failover-timeout': `${NAME} 5000`,
          'sentinel parallel-syncs': `${NAME} 2`,
        },
        'sentinel',
      ),
  );
  await Promise.all(sentinels.map((sentinel) => sentinel.start()));
  const trio = new SentinelTrio(directory, servers, sentinels);
  await trio.untilReplicated();
  return trio;
}
