import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, inject } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { primariesOf, type RedisConnection } from '../../src/redis/connection.ts';
import { DATABASES } from './global-setup.ts';

/** A real Redis as one test file sees it. */
export interface TestRedis {
  /** Address with a database of its own: also for child processes. */
  readonly url: string;
  /** Fit for everything, BullMQ included. Closed after the last test. */
  readonly redis: RedisConnection;
}

/**
 * Call it at the top of a test file or of a `describe`: gives a database of the run's Redis that nobody else uses (of a cluster
 * all there is: its test files run one after the other), emptied before each test (`keep: true` leaves it alone). Everything is there at
 * once, so it may be destructured. For tests that
 * stop, kill or reconfigure Redis use `startManagedRedis` with a temporary directory instead.
 */
export function useRedis(options: { readonly keep?: boolean } = {}): TestRedis {
  const shared = inject('redisUrl');
  const url = inject('redisKind') === 'cluster' ? shared : `${shared}/${claimDatabase(inject('redisClaims'))}`;
  const redis = connectRedis(url, 'worker', { name: 'test' });
  if (options.keep !== true) {
    beforeEach(() => flush(redis));
  }
  afterAll(async () => {
    await flush(redis);
    redis.disconnect();
  });
  return { url, redis };
}

/** Keys that match a pattern, on all nodes of a cluster. */
export async function keysIn(redis: RedisConnection, pattern: string): Promise<string[]> {
  return (await Promise.all((await primariesOf(redis)).map((server) => server.keys(pattern)))).flat();
}

/** @returns how many there were */
export async function removeKeys(redis: RedisConnection, pattern: string): Promise<number> {
  const found = await keysIn(redis, pattern);
  await Promise.all(found.map((key) => redis.del(key)));
  return found.length;
}

/** Removes everything in the database, on all nodes of a cluster. */
export async function flush(redis: RedisConnection): Promise<void> {
  await Promise.all((await primariesOf(redis)).map((server) => server.flushdb()));
}

function claimDatabase(claims: string): number {
  for (let database = 1; database < DATABASES; database++) {
    try {
      mkdirSync(join(claims, String(database)));
      return database;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new Error(`all ${DATABASES} databases of the test Redis are in use`);
}
