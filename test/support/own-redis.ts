import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import { type ManagedRedis, type ManagedRedisOptions, startManagedRedis } from '../../src/redis/managed-redis.ts';

/** A directory that is removed when the running test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(inject('runDirectory'), 'test-'));
  // A killed server's rewrite of its file may still be at work for a moment.
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}

/** A Redis of the running test alone: to be killed, restarted, reconfigured. Ended when the test ends. */
export async function ownRedis(options: Partial<ManagedRedisOptions> = {}): Promise<ManagedRedis> {
  const redis = await startManagedRedis({ directory: options.directory ?? temporaryDirectory(), ...options });
  onTestFinished(() => redis.kill());
  return redis;
}
