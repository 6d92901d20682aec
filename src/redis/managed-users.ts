import { Redis } from 'ioredis';

const NAME = 'failback-user-';

/**
 * Says that this process uses a local server, until the process ends, however that ends: an idle connection with its process id in its
 * name, which does not keep the process alive. Doing it twice adds nothing.
 */
export async function joinUsers(url: string): Promise<void> {
  const redis = plainConnection(url);
  await redis.connect();
  const { own } = await lookAtUsers(redis);
  if (own) {
    redis.disconnect();
    return;
  }
  await redis.client('SETNAME', `${NAME}${process.pid}`);
  redis.stream.unref();
}

/** Process ids of the others that use a local server. */
export async function otherUsers(url: string): Promise<readonly number[]> {
  const redis = plainConnection(url);
  try {
    await redis.connect();
    return (await lookAtUsers(redis)).others;
  } finally {
    redis.disconnect();
  }
}

async function lookAtUsers(redis: Redis): Promise<{ readonly own: boolean; readonly others: readonly number[] }> {
  const list = (await redis.client('LIST')) as string;
  const pids = new Set([...list.matchAll(new RegExp(` name=${NAME}(\\d+) `, 'g'))].map(([, pid]) => Number(pid)));
  const own = pids.delete(process.pid);
  return { own, others: [...pids].sort((a, b) => a - b) };
}

/** Never comes back by itself: a server that was stopped is not used any more. */
function plainConnection(url: string): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    retryStrategy: () => null,
    connectTimeout: 3000,
  });
  redis.on('error', () => undefined);
  return redis;
}
