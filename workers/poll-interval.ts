import type { Watch } from '../src/runtime/watch.ts';

/** What the interval depends on, for one watched member. */
export interface WatchedProgress {
  readonly pace: Watch['pace'];
  /** Milliseconds since this poller first saw the watch. */
  readonly age: number;
  /** Percent of the followed job when the poller first saw it and now; null without a job. */
  readonly percent: { readonly first: number; readonly now: number } | null;
}

const SHORTEST_MS = 50;
/** Far below the five minutes after which a finished CIM job disappears. */
const LONGEST_MS = 30_000;

/**
 * Milliseconds until the next look at a host: fast at the start and near the end of something, slow in between. The most urgent
 * watch decides.
 * @param atLeastMs what looks may cost: not sooner than this, but never later than 30 s
 */
export function pollInterval(watched: Iterable<WatchedProgress>, atLeastMs: number): number {
  let interval = LONGEST_MS;
  for (const watch of watched) {
    interval = Math.min(interval, wish(watch));
    if (interval <= SHORTEST_MS) break;
  }
  return Math.min(LONGEST_MS, Math.max(interval, SHORTEST_MS, atLeastMs));
}

function wish({ pace, age, percent }: WatchedProgress): number {
  // What has not happened after a long time is not likely to happen in the next moment.
  if (pace === 'soon' || !percent) return age / 8;
  const done = percent.now - percent.first;
  if (done <= 0) return age / 8;
  const remaining = (age * (100 - percent.now)) / done;
  return Math.min(remaining / 4, age);
}
