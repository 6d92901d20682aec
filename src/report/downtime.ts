import type { MemberView } from '../runtime/run-view.ts';
import { durationWords } from './duration-words.ts';
import type { Downtime, DowntimeTotals } from './run-report.ts';

/** What the journal knows of a member beside its context; ms since the epoch. */
export interface Known {
  /** First admission. */
  readonly startedAt: number | null;
  /** When the VM ran again where it ran before, its failover home taken back. */
  readonly takenBackAt: number | null;
}

/**
 * How long a VM was down, from its stop to the moment it was verified at home. Null where this run neither stopped it nor found it
 * stopped.
 * @param now ms since the epoch
 */
export function downtimeOf({ input, status, context }: MemberView, { startedAt, takenBackAt }: Known, now: number): Downtime | null {
  const { strategy, rto } = input.settings;
  if (strategy !== 'reverse') return null;
  const { skipped } = context;
  const wasStopped = context.stoppedAt === null && skipped.includes('shutdown') && !skipped.includes('start');
  const from = context.stoppedAt ?? (wasStopped ? startedAt : null);
  if (from === null) return null;
  // On the way back it is stopped at home again, whatever it has shown there.
  const homeAt = context.course === 'back' ? null : context.homeAt;
  const ends = [homeAt, takenBackAt].flatMap((at) => (at !== null && at >= from ? at : []));
  // A failover that was taken back after the VM ran at home gave the VM back only then.
  const upAt = ends.length === 0 ? null : Math.max(...ends);
  const ms = (upAt ?? now) - from;
  const late = rto !== null && ms > rto;
  const decided = upAt !== null && !wasStopped && status !== 'working';
  return {
    stoppedAt: wasStopped ? null : new Date(from).toISOString(),
    upAt: upAt === null ? null : new Date(upAt).toISOString(),
    ms,
    beganBefore: wasStopped,
    rtoMs: rto,
    met: rto === null ? null : late ? false : decided ? true : null,
  };
}

export function downtimeTotals(downtimes: readonly Downtime[]): DowntimeTotals | null {
  if (downtimes.length === 0) return null;
  const measured = downtimes.filter(({ beganBefore, upAt }) => !beganBefore && upAt !== null).map(({ ms }) => ms);
  return {
    measured: measured.length,
    longestMs: Math.max(0, ...measured),
    sumMs: measured.reduce((sum, ms) => sum + ms, 0),
    beganBefore: downtimes.filter(({ beganBefore }) => beganBefore).length,
    stillDown: downtimes.filter(({ upAt }) => upAt === null).length,
    met: downtimes.filter(({ met }) => met === true).length,
    missed: downtimes.filter(({ met }) => met === false).length,
  };
}

/** "2m 05s", "2m 05s so far", "more than 2m 05s: down before the run". */
export function downtimeWords({ ms, beganBefore, upAt }: Downtime): string {
  if (beganBefore) return `more than ${durationWords(ms)}: down before the run${upAt === null ? ', and still down' : ''}`;
  return `${durationWords(ms)}${upAt === null ? ' so far, still down' : ''}`;
}

/** "met (15m 00s)", "MISSED (15m 00s)", "not decided (15m 00s)"; empty without an objective. */
export function objectiveWords({ met, rtoMs }: Downtime): string {
  if (rtoMs === null) return '';
  const verdict = met === null ? 'not decided' : met ? 'met' : 'MISSED';
  return `${verdict} (${durationWords(rtoMs)})`;
}

/** "longest 2m 05s, all 4 together 6m 10s; 2 were down before the run; objective met by 3, missed by 1". */
export function totalsWords({ measured, longestMs, sumMs, beganBefore, stillDown, met, missed }: DowntimeTotals): string {
  const parts = [
    ...(measured > 0
      ? [`longest ${durationWords(longestMs)}${measured > 1 ? `, all ${measured} together ${durationWords(sumMs)}` : ''}`]
      : []),
    ...(stillDown > 0 ? [`${stillDown} still down`] : []),
    ...(beganBefore > 0 ? [`${beganBefore} down before the run`] : []),
    ...(met + missed > 0 ? [`objective met by ${met}, missed by ${missed}`] : []),
  ];
  return parts.join('; ');
}
