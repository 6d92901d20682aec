import { probesOf } from '../domain/member.ts';
import { EnabledState } from '../domain/power.ts';
import type { JournalEntry } from '../runtime/journal.ts';
import type { MemberView } from '../runtime/run-view.ts';
import { durationWords } from './duration-words.ts';
import { evidenceOf } from './event-words.ts';
import type { Scorecard } from './run-report.ts';
import { splitState } from './state-words.ts';

/** When what happened in a drill; ms since the epoch. */
export interface DrillTimes {
  started: number | null;
  up: number | null;
  verified: number | null;
  /** A test VM was asked for. */
  made: boolean;
  removed: boolean;
  /** All probes passed in one go; null: they were never asked. */
  probed: boolean | null;
}

export function noDrillTimes(): DrillTimes {
  return { started: null, up: null, verified: null, made: false, removed: false, probed: null };
}

/** Takes one transition of a drill into account. */
export function noteDrill(times: DrillTimes, entry: JournalEntry): void {
  const { at, from, to, event } = entry;
  const left = splitState(from);
  const next = splitState(to);
  const leaves = left.step !== null && next.step !== left.step;
  if (next.phase === 'calling' && next.step === 'testReplica') {
    Object.assign(times, noDrillTimes(), { made: true, started: at });
  } else if (next.phase === 'calling' && next.step === 'startTest') times.started = at;
  // One look may show that several steps are done: then the states in between are never stored.
  else if (leaves && next.step === 'removeTest') times.verified ??= at;
  if (evidenceOf(entry).test?.power === EnabledState.Running) times.up ??= at;
  if (next.step === 'verifyTest' && next.phase.startsWith('proving')) times.up ??= at;
  if (leaves && left.step === 'verifyTest') times.up ??= at;
  if (leaves && left.step === 'removeTest') times.removed = true;
  if (left.step?.startsWith('probe') && ANSWERED.test(event)) times.probed = evidenceOf(entry).output?.returnValue === 0;
}

const ANSWERED = /^xstate\.(done|error)\.actor\.call$/;

/** What a drill showed; null for other strategies. */
export function scorecardOf({ input, status, context }: MemberView, times: DrillTimes): Scorecard | null {
  if (input.settings.strategy !== 'drill') return null;
  const { started, up, verified, made, removed, probed } = times;
  const probes = probesOf(input.settings).length;
  const since = (at: number | null) => (started === null || at === null ? null : at - started);
  const passed = status === 'completed';
  const proved = passed || (context.course === 'back' && context.because === null && !context.cancelRequested);
  return {
    passed,
    probes,
    probesPassed: probes === 0 ? null : probed,
    upMs: since(up),
    verifiedMs: proved ? since(verified) : null,
    cleanedUp: passed || removed ? true : made || context.course === 'back' ? false : null,
  };
}

/** "passed: up after 41.0 s, verified after 55.2 s, 2 probes passed, cleaned up". */
export function scorecardWords({ passed, probes, probesPassed, upMs, verifiedMs, cleanedUp }: Scorecard): string {
  const verdict = probesPassed === null ? 'not asked' : probesPassed ? 'passed' : 'NOT PASSED';
  const parts = [
    upMs === null ? 'never seen up' : `up after ${durationWords(upMs)}`,
    ...(verifiedMs === null ? [] : [`verified after ${durationWords(verifiedMs)}`]),
    ...(probes === 0 ? [] : [`${probes} probe${probes === 1 ? '' : 's'} ${verdict}`]),
    cleanedUp === null ? 'nothing to clean up' : cleanedUp ? 'cleaned up' : 'NOT CLEANED UP',
  ];
  return `${passed ? 'passed' : 'not passed'}: ${parts.join(', ')}`;
}
