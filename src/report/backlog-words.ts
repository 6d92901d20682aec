import type { Backlog } from '../runtime/run-view.ts';
import { byteWords } from './byte-words.ts';
import { durationWords } from './duration-words.ts';
import { splitState } from './state-words.ts';

/** A count that is older than this says nothing about now, milliseconds. */
const STALE_MS = 60_000;
/** Nobody plans by what is further away than this, milliseconds. */
const FAR_MS = 30 * 86_400_000;
/** Share of a change log's limit that is told whatever the rate. */
const WORTH_SAYING = 0.5;
/** Share of its limit below which a change log that grows is no news: between two cycles every one does. */
const ORDINARY = 0.1;

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
 * not given while the rate is unknown, the backlog grows, or the count is old. Where the limit of the change log is known: how much of
 * it is used from {@link WORTH_SAYING} on, and, from {@link ORDINARY} on, when it is full if it grows as it did so far.
 * @param now ms since the epoch
 */
export function backlogWords(backlog: Backlog, now: number): string {
  const { pendingBytes, rate, at } = backlog;
  if (pendingBytes <= 0) return 'nothing to go';
  const size = `${byteWords(pendingBytes)} to go${shareWords(backlog)}`;
  if (now - at > STALE_MS) return `${size} ${durationWords(now - at)} ago, rate unknown`;
  if (rate === null) return `${size}, rate unknown`;
  if (rate <= -1) return `${size}, growing by ${byteWords(-rate)}/s${fullWords(timeUntilFull(backlog))}`;
  if (rate < 1) return `${size}, not getting less`;
  const left = (pendingBytes / rate) * 1000;
  const guess = left > FAR_MS ? 'more than 30 days left' : `about ${durationWords(Math.max(1000, left))} left`;
  return `${size} at ${byteWords(rate)}/s, ${guess}`;
}

/**
 * Several VMs together; null when none is counted. Only what is counted now and gets less has a rate. There is no limit: every VM has a
 * change log of its own.
 */
export function totalBacklog(backlogs: readonly Backlog[]): Backlog | null {
  if (backlogs.length === 0) return null;
  const rates = backlogs.map(({ rate }) => rate);
  return {
    pendingBytes: backlogs.reduce((sum, { pendingBytes }) => sum + pendingBytes, 0),
    rate: rates.some((rate) => rate === null) ? null : rates.reduce<number>((sum, rate) => sum + (rate ?? 0), 0),
    limitBytes: null,
    at: backlogs.reduce((oldest, { at }) => Math.min(oldest, at), Number.POSITIVE_INFINITY),
  };
}

/**
 * Milliseconds from the count until the change log is full; null while it does not grow, its limit is not known, it is so small that the
 * next cycle may send all of it, or nobody plans by what is so far away.
 */
export function timeUntilFull({ pendingBytes, rate, limitBytes }: Backlog): number | null {
  if (rate === null || rate > -1 || limitBytes === null || pendingBytes < ORDINARY * limitBytes) return null;
  const left = (Math.max(0, limitBytes - pendingBytes) / -rate) * 1000;
  return left > FAR_MS ? null : left;
}

function fullWords(left: number | null): string {
  if (left === null) return '';
  const when = left < 1000 ? 'any moment' : `in about ${durationWords(left)}`;
  return `: the change log is full ${when}, then the VM must be resynchronised`;
}

function shareWords({ pendingBytes, limitBytes }: Backlog): string {
  if (limitBytes === null || pendingBytes < WORTH_SAYING * limitBytes) return '';
  return ` (${Math.floor((pendingBytes / limitBytes) * 100)} % of what the change log may hold)`;
}
