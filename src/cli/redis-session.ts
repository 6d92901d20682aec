import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FailbackError } from '../domain/failure.ts';
import { type ConnectOptions, connectRedis, type RedisRole } from '../redis/connect.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { dataDirectory, locateRedis } from '../redis/locate-redis.ts';
import { findManagedRedis } from '../redis/managed-redis.ts';
import { joinUsers } from '../redis/managed-users.ts';
import { assertSafeRedis } from '../redis/redis-safety.ts';
import { describeRedis } from '../redis/redis-url.ts';
import { printable } from '../report/printable.ts';
import { Presence } from '../runtime/presence.ts';
import { RunViews } from '../runtime/run-view.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { CliContext } from './context.ts';
import { requireDataDirectory } from './data-directory.ts';

/** A connection to Redis with what reads and changes runs there. */
export class RedisSession {
  readonly redis: RedisConnection;
  readonly runtime: Runtime;
  readonly views: RunViews;
  readonly presence: Presence;

  constructor(url: string, role: RedisRole, options: ConnectOptions = {}) {
    this.redis = connectRedis(url, role, { name: 'failback', ...options });
    this.runtime = new Runtime({ redis: this.redis });
    this.views = new RunViews(this.redis, this.runtime.keys, this.runtime.records);
    this.presence = new Presence(this.redis, this.runtime.keys);
  }

  /** Never waits for a server that is away. */
  async close(): Promise<void> {
    if (this.redis.status === 'ready') await this.runtime.close();
    this.redis.disconnect();
  }
}

/** A Redis that answers, and where it is. */
export interface FoundRedis {
  /** May hold a password. */
  readonly url: string;
  /** "host:port", for people. */
  readonly where: string;
}

/**
 * Finds the Redis to use.
 * @param create true: commands that start something may create the managed server of the data directory; else it is only started
 *   where it has been before
 */
export async function findRedis(
  { parts, options, output }: Pick<CliContext, 'parts' | 'options' | 'output'>,
  create = false,
): Promise<FoundRedis> {
  const directory = dataDirectory(parts.env);
  const own = options.redis === undefined && !parts.env.FAILBACK_REDIS_URL;
  const running = own ? await findManagedRedis(directory) : undefined;
  const start = create || existsSync(join(directory, 'redis'));
  if (own && start && running === undefined) requireDataDirectory(directory);
  const locate = async () => {
    const located = await locateRedis({ flag: options.redis, environment: parts.env, start });
    if (own) await joinUsers(located.url);
    return located;
  };
  // Whoever started the local one may have stopped it between the look and the connection.
  const { url } = await locate().catch((error: unknown) => {
    if (error instanceof FailbackError) throw error;
    return locate();
  });
  const where = describeRedis(url);
  if (own && running === undefined)
    output.say(`started a local Redis at ${where}, data in ${printable(directory)}; it goes on running (stop it: failback redis stop)`);
  return { url, where };
}

/** Opens a session for a person who waits, does `work`, and closes it. */
export async function withRedis<T>(context: CliContext, work: (session: RedisSession, found: FoundRedis) => Promise<T>): Promise<T> {
  return withRedisAt(await findRedis(context), work);
}

export async function withRedisAt<T>(found: FoundRedis, work: (session: RedisSession, found: FoundRedis) => Promise<T>): Promise<T> {
  const session = new RedisSession(found.url, 'command');
  try {
    return await work(session, found);
  } finally {
    await session.close();
  }
}

/**
 * Refuses a Redis that may forget what it confirmed.
 * @param allow true (`--unsafe-redis`): says so and goes on
 * @throws FailbackError `redis.unsafe`
 */
export async function requireSafeRedis({ output }: Pick<CliContext, 'output'>, redis: RedisConnection, allow: boolean): Promise<void> {
  try {
    await assertSafeRedis(redis);
  } catch (error) {
    if (!allow || !(error instanceof Error) || !('code' in error) || error.code !== 'redis.unsafe') throw error;
    output.warn(`${error.message} (going on because of --unsafe-redis)`);
  }
}
