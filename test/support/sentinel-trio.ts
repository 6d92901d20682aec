import { join } from 'node:path';
import { LOOPBACK } from '../../src/redis/local-endpoint.ts';
import { freePorts, ServerProcess, type Settings, until } from './redis-servers.ts';
import { ReplicaSet } from './replica-set.ts';

const NAME = 'failback-test';

export interface SentinelTrioOptions {
  /** Everything goes there. */
  readonly directory: string;
  /** Further settings of the servers. */
  readonly settings?: Settings;
  /** Default 2. */
  readonly replicas?: number;
  /** A primary that is silent for so long is replaced, milliseconds; default 1000. */
  readonly downAfterMs?: number;
}

/** A primary with its replicas (two, unless told otherwise) and three Sentinels, all of them processes of this machine. */
export class SentinelTrio extends ReplicaSet {
  /** Address for `connectRedis`. */
  readonly url: string;
  readonly servers: readonly ServerProcess[];
  readonly sentinels: readonly ServerProcess[];

  constructor(servers: readonly ServerProcess[], sentinels: readonly ServerProcess[]) {
    super();
    this.servers = servers;
    this.sentinels = sentinels;
    this.url = `redis+sentinel://${sentinels.map(({ port }) => `${LOOPBACK}:${port}`).join(',')}/${NAME}`;
  }

  override async primary(): Promise<ServerProcess> {
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

  override async replicas(): Promise<readonly ServerProcess[]> {
    const primary = await this.primary();
    return this.servers.filter((server) => server !== primary);
  }

  protected override askForFailover(): Promise<unknown> {
    return (this.sentinels[0] as ServerProcess).ask((redis) => redis.call('SENTINEL', 'FAILOVER', NAME));
  }

  override async untilReplicated(): Promise<void> {
    await until('replication', async () => {
      const primary = await this.primary();
      const alive = this.servers.filter(({ answers }) => answers);
      if (!primary.answers || (await primary.info('replication')).get('connected_slaves') !== String(alive.length - 1)) return false;
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
  // They hear of a server that came back within a second, not after ten, and tell it whom to follow after one, not after eight.
  const hurry = ['info-period', 500, 'publish-period', 250];
  await Promise.all(sentinels.map((sentinel) => sentinel.ask((redis) => redis.call('SENTINEL', 'DEBUG', ...hurry))));
  const trio = new SentinelTrio(servers, sentinels);
  await trio.untilReplicated();
  return trio;
}
