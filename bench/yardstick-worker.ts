import { Redis } from 'ioredis';
import { serveWorker } from './serve-worker.ts';
import { startYardstick } from './yardstick.ts';

/** Where more did not make it faster. */
const CONCURRENCY = 128;

serveWorker(async ({ redisUrl, concurrency, pollMs }, connect) => {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const worker = startYardstick({ redis, connect, concurrency: concurrency ?? CONCURRENCY, pollMs });
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    redis.disconnect();
  };
});
