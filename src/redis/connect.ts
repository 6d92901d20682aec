import type { Duplex } from 'node:stream';
import { Redis, type RedisOptions } from 'ioredis';
import type { FailbackError } from '../domain/failure.ts';
import { connectCluster } from './connect-cluster.ts';
import type { RedisConnection } from './connection.ts';
import { FollowingConnector } from './following-connector.ts';
import { COMMAND_PATIENCE_MS, workerDelay } from './patience.ts';
import { describeAddress, parseRedisUrl, type SentinelAddress, type SingleAddress } from './redis-url.ts';
import { Unreachable } from './unreachable.ts';

/**
 * - `worker`: outlives every outage. Commands wait until Redis is back, reconnection never ends (back-off at most 2 s).
 * - `command`: a person waits for the answer. When Redis is away for 3 s, or refuses the password, every pending and later
 *   command fails with `redis.unreachable` and the connection is over.
 */
export type RedisRole = 'worker' | 'command';

export type RedisState = 'connected' | 'lost';

export interface ConnectOptions {
  /**
   * Told once for each change: `lost` when the connection breaks or cannot be made (with a `redis.unreachable` error that says
   * why), `connected` when Redis answers (again). Not called for a `disconnect()` or `quit()` of the caller. A cluster is lost when none
   * of its nodes answers.
   */
  readonly onState?: (state: RedisState, error?: FailbackError) => void;
  /** Shown by `CLIENT LIST`. */
  readonly name?: string;
}

type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

/**
 * Connects to the server, the Sentinels or the cluster that `url` names; returns at once, commands wait for the connection. A worker's
 * connection is fit for BullMQ workers and follows every failover. An `error` listener is attached, so a lost server never ends the process.
 *
 * A command whose answer was lost with the connection is sent again by a worker's connection: scripts must bear a second run.
 * @throws FailbackError `usage.invalid` for an address that cannot be used
 */
export function connectRedis(url: string, role: RedisRole, options: ConnectOptions = {}): RedisConnection {
  const address = parseRedisUrl(url);
  const unreachable = new Unreachable(describeAddress(address));
  const redis =
    address.kind === 'cluster'
      ? connectCluster(address, role, unreachable, options.name)
      : connectServer(
          { ...optionsOf(address), ...(options.name === undefined ? {} : { connectionName: options.name }) },
          role,
          unreachable,
        );
  redis.on('error', (error: unknown) => unreachable.remember(error));
  if (options.onState !== undefined) reportState(redis, unreachable, options.onState);
  return redis;
}

function optionsOf(address: SingleAddress | SentinelAddress): ConnectionOptions {
  const { database, tls, username, password } = address;
  const secure = tls ? { tls: {} } : {};
  return {
    ...(address.kind === 'single' ? { host: address.host, port: address.port, ...secure } : {}),
    ...(address.kind === 'sentinel'
      ? {
          sentinels: address.sentinels.map((sentinel) => ({ ...sentinel })),
          name: address.name,
          sentinelCommandTimeout: 1000,
          // A primary that was cut off and demoted refuses writes until its clients ask the Sentinels again.
          reconnectOnError: (error: Error) => (isOfFailover(error) ? 2 : false),
          ...(tls ? { ...secure, enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
        }
      : {}),
    db: database,
    maxRetriesPerRequest: null,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** What a server answers while it has just ceased to be the primary, or is about to become it. Nothing was changed. */
function isOfFailover({ message }: Error): boolean {
  return /READONLY|NOREPLICAS|^MASTERDOWN|^UNBLOCKED/.test(message);
}

function connectServer(common: ConnectionOptions, role: RedisRole, unreachable: Unreachable): Redis {
  const redis = role === 'worker' ? connectWorker(common) : connectCommand(common, unreachable);
  redis.on('sentinelError', (error: unknown) => unreachable.remember(error));
  return redis;
}

function connectWorker(common: ConnectionOptions): Redis {
  return new WorkerRedis({
    ...common,
    connectTimeout: 5000,
    retryStrategy: workerDelay,
    ...(common.sentinels === undefined
      ? {}
      : { Connector: FollowingConnector, sentinelRetryStrategy: workerDelay, failoverDetector: true, sentinelMaxConnections: 3 }),
  });
}

/** A connection that writes what is sent in one turn of the event loop in one go: a worker sends many small commands, and a write costs more than most of them. */
class WorkerRedis extends Redis {
  #corked: Duplex | undefined;

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const socket = this.stream as Duplex | undefined;
    if (socket && this.#corked !== socket && this.status === 'ready') {
      this.#corked = socket;
      socket.cork();
      setImmediate(() => {
        socket.uncork();
        this.#corked = undefined;
      });
    }
    return super.sendCommand(command, stream);
  }
}

function connectCommand(common: ConnectionOptions, unreachable: Unreachable): Redis {
  let awaySince: number | undefined = performance.now();
  const isSpent = () => awaySince !== undefined && performance.now() - awaySince >= COMMAND_PATIENCE_MS;
  const retryStrategy = (times: number) => (unreachable.isFinal || isSpent() ? null : Math.min(50 * times, 250));
  const redis = new CommandRedis(unreachable, {
    ...common,
    connectTimeout: COMMAND_PATIENCE_MS,
    disconnectTimeout: 100,
    retryStrategy,
    ...(common.sentinels === undefined ? {} : { sentinelRetryStrategy: retryStrategy, commandTimeout: COMMAND_PATIENCE_MS }),
  });
  // The timer ends what `retryStrategy` never sees: a server that accepts the connection and then says nothing. Between two
  // attempts it waits for the next one, because a connection that is closed there never fails its pending commands.
  const giveUp = () => {
    if (redis.status === 'reconnecting') deadline = setTimeout(giveUp, 20).unref();
    else redis.disconnect();
  };
  const startPatience = () => setTimeout(giveUp, COMMAND_PATIENCE_MS).unref();
  let deadline = startPatience();
  redis.on('ready', () => {
    awaySince = undefined;
    clearTimeout(deadline);
  });
  redis.on('close', () => {
    if (awaySince !== undefined) return;
    awaySince = performance.now();
    deadline = startPatience();
  });
  redis.on('end', () => clearTimeout(deadline));
  return redis;
}

/** A connection whose commands fail in our words when the reason is the connection and not the command. */
class CommandRedis extends Redis {
  readonly #unreachable: Unreachable;

  constructor(unreachable: Unreachable, options: ConnectionOptions) {
    super(options);
    this.#unreachable = unreachable;
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const { reject } = command;
    command.reject = (error) => reject(this.#unreachable.translate(error));
    return super.sendCommand(command, stream);
  }
}

function reportState(redis: RedisConnection, unreachable: Unreachable, onState: NonNullable<ConnectOptions['onState']>): void {
  let state: RedisState | undefined;
  redis.on('ready', () => {
    state = 'connected';
    onState(state);
  });
  redis.on('reconnecting', () => {
    if (state === 'lost') return;
    state = 'lost';
    onState(state, unreachable.failure());
  });
}
