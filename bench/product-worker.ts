import { pino } from 'pino';
import { connectRedis } from '../src/redis/connect.ts';
import { startWorker } from '../workers/worker.ts';
import { serveWorker } from './serve-worker.ts';

/** The product's worker as `failback worker` starts it, but for its hosts. */
serveWorker(async ({ redisUrl, concurrency }, connect) => {
  const redis = connectRedis(redisUrl, 'worker');
  const worker = await startWorker({
    redis,
    connectHost: ({ name }) => connect(name),
    log: pino({ level: 'error' }, pino.destination(2)),
    ...(concurrency === null ? {} : { concurrency }),
  });
  return async () => {
    await worker.close();
    redis.disconnect();
  };
});
