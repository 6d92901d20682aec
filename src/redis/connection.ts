import { Cluster, type Redis } from 'ioredis';

/**
 * What everything here talks to Redis with: one connection to a server (directly, or to the one Sentinels name), or one to each node of a
 * cluster. Commands are the same; on a cluster a command, script or pipeline takes keys of one slot.
 */
export type RedisConnection = Redis | Cluster;

/** The servers that take writes: one, or every primary of a cluster. Waits until the cluster has been found. */
export async function primariesOf(redis: RedisConnection): Promise<readonly Redis[]> {
  if (!(redis instanceof Cluster)) return [redis];
  // Any command waits for the map of the cluster.
  await redis.cluster('MYID');
  return redis.nodes('master');
}

/** Tells each time a server that was lost may have come back as another one, with less in it. @returns stops it */
export function onServerChange(redis: RedisConnection, changed: () => void): () => void {
  // A cluster stays "ready" while it loses a node; its replica takes over behind the same connection.
  const events = redis instanceof Cluster ? (['ready', '-node'] as const) : (['ready'] as const);
  for (const event of events) redis.on(event, changed);
  return () => {
    for (const event of events) redis.off(event, changed);
  };
}
