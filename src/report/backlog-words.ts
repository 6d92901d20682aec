import type { Backlog } from '../runtime/run-view.ts';
import { byteWords } from './byte-words.ts';
import { durationWords } from './duration-words.ts';
import { splitState } from './state-words.ts';

/** A count that is older than this says nothing about now, milliseconds. */
const STALE_MS = 60_000;
/** Nobody plans by what is further away than this, milliseconds. */
const FAR_MS = 30 * 86_400_000;

/** Steps in which the backlog is counted again and again: in all others the last count is history. */
const COUNTED: readonly string[] = ['copy', 'resynchronize', 'inSync'];
/** Here "nothing" only says that the host has not counted yet. */
const COPYING: readonly string[] = ['copy', 'resynchronize'];

/** The count that is about what the member does now; null when there is none. */
export function backlogNow(state: string, backlog: Backlog | null): Backlog | null {
  const { step } = splitState(state);
  if (step === null || backlog === null || !COUNTED.includes(step)) return null;
  return backlog.pendingBytes === 0 && COPYING.includes(step) ? null : backlog;
}

/**
 * "12.3 GB to go at 180 MB/s, about 1m 08s left", or what is known instead: the remaining time is a guess from the rate so far, and is
 * not given while the rate is unknown, the backlog grows, or the count is old.
 * @param now ms since the epoch
 */
export function backlogWords({ pendingBytes, rate, at }: Backlog, now: number): string {
  if (pendingBytes <= 0) return 'nothing to go';
  const size = `${byteWords(pendingBytes)} to go`;
  if (now - at > STALE_MS) return `${size} ${durationWords(now - at)} ago, rate unknown`;
  if (rate === null) return `${size}, rate unknown`;
  if (rate <= -1) return `${size}, growing by ${byteWords(-rate)}/s`;
  if (rate < 1) return `${size}, not getting less`;
  const left = (pendingBytes / rate) * 1000;
  const guess = left > FAR_MS ? 'more than 30 days left' : `about ${durationWords(Math.max(1000, left))} left`;
  return `${size} at ${byteWords(rate)}/s, ${guess}`;
}

/** Several VMs together; null when none is counted. Only what is counted now and gets less has a rate. */
export function totalBacklog(backlogs: readonly Backlog[]): Backlog | null {
  if (backlogs.length === 0) return null;
  const rates = backlogs.map(({ rate }) => rate);
  return {
    pendingBytes: backlogs.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0),
    rate: rates.some((rate) => rate === null) ? null : rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0),
    at: Math.min(...backlogs.map(({ at }) => at)),
  };
}
