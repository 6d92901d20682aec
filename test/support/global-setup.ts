import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startManagedRedis } from '../../src/redis/managed-redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis all test files share, without a database number. */
    redisUrl: string;
    /** Removed when the run ends, also when it is interrupted: the place for everything temporary. */
    runDirectory: string;
    /** Test files claim database numbers by creating directories here. */
    redisClaims: string;
  }
}

export const DATABASES = 4096;

/** Once for a run: a current `dist/` for tests that start processes, and one Redis that ends with the run, however that ends. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Tests flush databases and start servers of their own: they must never reach the Redis of the person who runs them.
  delete process.env.FAILBACK_REDIS_URL;
  delete process.env.FAILBACK_DATA;
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });

  const directory = mkdtempSync(join(tmpdir(), 'failback-test-'));
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  process.once('exit', removeDirectory);
  const redis = await startManagedRedis({ directory, appendfsync: 'no', settings: { databases: String(DATABASES) } });
  const claims = join(directory, 'claims');
  mkdirSync(claims);
  project.provide('redisUrl', redis.url);
  project.provide('runDirectory', directory);
  project.provide('redisClaims', claims);
  return async () => {
    await redis.stop();
    removeDirectory();
  };
}
