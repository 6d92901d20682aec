import { FragileRedis } from './fragile-redis.ts';
import { ReplicatedRedis } from './replicated-redis.ts';
import type { Kind, Layout } from './schedule.ts';

/** A Redis whose servers are killed, stopped and replaced while a batch comes home, and that forgets what it had confirmed. */
export interface DisturbedRedis {
  /** As commands and workers are told it. */
  readonly url: string;
  /** Everything of it that workers connect to: servers, and Sentinels. */
  readonly ports: readonly number[];
  /** Bytes it had confirmed and lost; null where nobody can count them. */
  readonly lostBytes: number | null;
  /** @param drawn in [0, 1): which of several primaries. @returns the port of one that takes writes now */
  primaryPort(drawn: number): Promise<number>;
  /**
   * Has one of its disturbances happen, and mends it.
   * @param drawn in [0, 1): which of several primaries, or its replicas
   * @returns false where this machine has no means for it
   */
  disturb(kind: Kind, forMs: number, drawn: number): Promise<boolean>;
  /** Pieces of append-only files: what it confirmed and forgot is in them, beside other things. */
  remnants(): readonly string[];
  close(): Promise<void>;
}

/**
 * @param directory everything goes there
 * @param key what is kept at this key matters most
 */
export function startRedis(layout: Layout, directory: string, key: string): Promise<DisturbedRedis> {
  switch (layout) {
    case 'single':
      return FragileRedis.start(directory);
    case 'sentinel':
      return ReplicatedRedis.behindSentinels(directory);
    case 'cluster':
      return ReplicatedRedis.asCluster(directory, key);
  }
}
