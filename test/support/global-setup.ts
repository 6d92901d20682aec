import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startManagedRedis } from '../../src/redis/managed-redis.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startSentinelTrio } from './sentinel-trio.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis all test files share, without a database number. */
    redisUrl: string;
    /** What it is. A cluster has one database only: its test files run one after the other. */
    redisKind: RedisKind;
    /** Removed when the run ends, also when it is interrupted: the place for everything temporary. */
    runDirectory: string;
    /** Test files claim database numbers by creating directories here. */
    redisClaims: string;
  }
}

/** FAILBACK_TEST_REDIS: what the tests run on that do not care; default `single`. */
export type RedisKind = 'single' | 'sentinel' | 'cluster';

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
  const kind = kindOf(process.env.FAILBACK_TEST_REDIS);
  const redis = await startShared(kind, directory);
  const claims = join(directory, 'claims');
  mkdirSync(claims);
  project.provide('redisUrl', redis.url);
  project.provide('redisKind', kind);
  project.provide('runDirectory', directory);
  project.provide('redisClaims', claims);
  return async () => {
    await redis.stop();
    removeDirectory();
  };
}

function kindOf(wanted: string | undefined): RedisKind {
  if (wanted === undefined || wanted === '' || wanted === 'single') return 'single';
  if (wanted === 'sentinel' || wanted === 'cluster') return wanted;
  throw new Error(`FAILBACK_TEST_REDIS is ${wanted}: it may be single, sentinel or cluster`);
}

async function startShared(kind: RedisKind, directory: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const settings = { databases: String(DATABASES) };
  switch (kind) {
    case 'single':
      return startManagedRedis({ directory, appendfsync: 'no', settings });
    case 'sentinel':
      return startSentinelTrio({ directory: join(directory, 'sentinel'), settings });
    case 'cluster':
      return startRedisCluster({ directory: join(directory, 'cluster') });
  }
}
