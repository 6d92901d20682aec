import { Redis, type RedisOptions } from 'ioredis';
import type { FailbackError } from '../domain/failure.ts';
import { describeAddress, parseRedisUrl } from './redis-url.ts';
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
   * why), `connected` when Redis answers (again). Not called for a `disconnect()` or `quit()` of the caller.
   */
  readonly onState?: (state: RedisState, error?: FailbackError) => void;
  /** Shown by `CLIENT LIST`. */
  readonly name?: string;
}

type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

const COMMAND_PATIENCE_MS = 3000;
const WORKER_MAX_DELAY_MS = 2000;

/**
 * Connects to the server that `url` names; returns at once, commands wait for the connection. A worker's connection is fit
 * for BullMQ workers. An `error` listener is attached, so a lost server never ends the process.
 *
 * A command whose answer was lost with the connection is sent again by a worker's connection: scripts must bear a second run.
 * @throws FailbackError `usage.invalid` for an address that cannot be used
 */
export function connectRedis(url: string, role: RedisRole, options: ConnectOptions = {}): Redis {
  const address = parseRedisUrl(url);
  const unreachable = new Unreachable(describeAddress(address));
  const common: ConnectionOptions = {
    host: address.host,
    port: address.port,
    db: address.database,
    maxRetriesPerRequest: null,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: {} } : {}),
    ...(options.name === undefined ? {} : { connectionName: options.name }),
  };
  const redis = role === 'worker' ? connectWorker(common) : connectCommand(common, unreachable);
  redis.on('error', (error: unknown) => unreachable.remember(error));
  if (options.onState !== undefined) reportState(redis, unreachable, options.onState);
  return redis;
}

function connectWorker(common: ConnectionOptions): Redis {
  return new Redis({
    ...common,
    connectTimeout: 5000,
    // Jitter: a fleet of workers must not come back in the same millisecond.
    retryStrategy: (times) => Math.min(WORKER_MAX_DELAY_MS, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
  });
}

function connectCommand(common: ConnectionOptions, unreachable: Unreachable): Redis {
  let awaySince: number | undefined = performance.now();
  const isSpent = () => awaySince !== undefined && performance.now() - awaySince >= COMMAND_PATIENCE_MS;
  const redis = new CommandRedis(unreachable, {
    ...common,
    connectTimeout: COMMAND_PATIENCE_MS,
    disconnectTimeout: 100,
    retryStrategy: (times) => (unreachable.isFinal || isSpent() ? null : Math.min(50 * times, 250)),
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

function reportState(redis: Redis, unreachable: Unreachable, onState: NonNullable<ConnectOptions['onState']>): void {
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
