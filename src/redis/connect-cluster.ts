import { type ClusterOptions as AllOptions, Cluster } from 'ioredis';
import type { RedisRole } from './connect.ts';
import { COMMAND_PATIENCE_MS, workerDelay } from './patience.ts';
import type { ClusterAddress } from './redis-url.ts';
import type { Unreachable } from './unreachable.ts';

/** A command that finds its node gone asks again after this time, milliseconds: until the cluster has another for the slot. */
const RETRY_MS = 100;
const CLOSED = 'Connection is closed.';

/** Connects to a cluster: what `connectRedis` promises of both roles. */
export function connectCluster(address: ClusterAddress, role: RedisRole, unreachable: Unreachable, name: string | undefined): Cluster {
  const { tls, username, password } = address;
  const nodes = address.nodes.map((node) => ({ ...node }));
  const options: ClusterOptions = {
    retryDelayOnClusterDown: RETRY_MS,
    retryDelayOnFailover: RETRY_MS,
    retryDelayOnTryAgain: RETRY_MS,
    slotsRefreshTimeout: 2000,
    // Certificates are issued for names: nodes are called what they are called.
    ...(tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
    redisOptions: {
      maxRetriesPerRequest: null,
      connectTimeout: COMMAND_PATIENCE_MS,
      ...(role === 'command' ? { commandTimeout: COMMAND_PATIENCE_MS } : {}),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls ? { tls: {} } : {}),
      ...(name === undefined ? {} : { connectionName: name }),
    },
  };
  const cluster = role === 'worker' ? connectWorker(nodes, options) : connectCommand(nodes, options, unreachable);
  cluster.on('node error', (error: unknown) => unreachable.remember(error));
  return cluster;
}

type NodeOptions = Omit<NonNullable<AllOptions['redisOptions']>, 'replyMapping'>;
type ClusterOptions = Omit<AllOptions, 'replyMapping' | 'redisOptions'> & { readonly redisOptions: NodeOptions };
type Nodes = { host: string; port: number }[];

function connectWorker(nodes: Nodes, options: ClusterOptions): Cluster {
  return new WaitingCluster(nodes, {
    ...options,
    clusterRetryStrategy: workerDelay,
    maxRedirections: Number.MAX_SAFE_INTEGER,
  });
}

function connectCommand(nodes: Nodes, options: ClusterOptions, unreachable: Unreachable): Cluster {
  let awaySince: number | undefined = performance.now();
  const isSpent = () => awaySince !== undefined && performance.now() - awaySince >= COMMAND_PATIENCE_MS;
  const cluster = new CommandCluster(unreachable, nodes, {
    ...options,
    clusterRetryStrategy: (times) => (unreachable.isFinal || isSpent() ? null : Math.min(50 * times, 250)),
    maxRedirections: COMMAND_PATIENCE_MS / RETRY_MS,
  });
  // Between two attempts it waits for the next one: a cluster that is closed there never fails its pending commands.
  const giveUp = () => {
    if (cluster.status === 'reconnecting') deadline = setTimeout(giveUp, 20).unref();
    else cluster.disconnect();
  };
  const startPatience = () => setTimeout(giveUp, COMMAND_PATIENCE_MS).unref();
  let deadline = startPatience();
  cluster.on('ready', () => {
    awaySince = undefined;
    clearTimeout(deadline);
  });
  cluster.on('close', () => {
    if (awaySince !== undefined) return;
    awaySince = performance.now();
    deadline = startPatience();
  });
  cluster.on('end', () => clearTimeout(deadline));
  return cluster;
}

/** A cluster whose commands also wait while none of its nodes is there. */
class WaitingCluster extends Cluster {
  override handleError(...[error, ttl, handlers]: Parameters<Cluster['handleError']>): void {
    const isAway = ['close', 'reconnecting', 'connecting', 'connect'].includes(this.status);
    if (error.message !== CLOSED || !isAway) super.handleError(error, ttl, handlers);
    else setTimeout(() => (handlers as { connectionClosed: () => void }).connectionClosed(), RETRY_MS);
  }
}

/** A cluster whose commands fail in our words when the reason is the connection and not the command. */
class CommandCluster extends Cluster {
  readonly #unreachable: Unreachable;

  constructor(unreachable: Unreachable, nodes: Nodes, options: ClusterOptions) {
    super(nodes, options);
    this.#unreachable = unreachable;
  }

  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    const { reject } = command;
    command.reject = (error) => reject(this.#unreachable.translate(error));
    return super.sendCommand(command, stream, node);
  }
}
