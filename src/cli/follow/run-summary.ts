import type { Intent } from '../../domain/intent.ts';
import { ENDED_STATUSES, type MemberStatus } from '../../domain/member.ts';
import { durationWords } from '../../report/duration-words.ts';
import type { Downtime } from '../../report/run-report.ts';
import { countWords, goalOf } from '../../report/status-words.ts';
import type { RunView } from '../../runtime/run-view.ts';
import { ExitCode } from '../exit-code.ts';
import type { Colors } from '../output.ts';

/** What a run came to. */
export interface RunSummary {
  readonly type: 'summary';
  readonly run: string;
  readonly plan: string;
  readonly members: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly quarantined: number;
  readonly skipped: number;
  /** ISO 8601 */
  readonly startedAt: string;
  /** ISO 8601; null while some members have not ended. */
  readonly endedAt: string | null;
  readonly durationMs: number;
  /** Calls of InitiateFailback that are known to have reached a host. */
  readonly initiateCalls: number;
  readonly intent: Intent;
  /** All calls that are known to have reached hosts. */
  readonly calls: number;
  /** The longest time from a stop of a VM by this run until it was verified; null: none was stopped and came up. */
  readonly downtimeMsMax: number | null;
  /** VMs that were down longer than their plan's objective; null: none has an objective, or nothing is known. */
  readonly rtoMissed: number | null;
}

/**
 * @param lastAt when the last transition was, ms since the epoch; the end of a run that has ended
 * @param now ms since the epoch; the end of the duration of a run that has not ended
 * @param downtimes of the members something is known of
 */
export function summarise(
  { record, counts, calls }: RunView,
  lastAt: number | null,
  now: number,
  downtimes: readonly Downtime[] = [],
): RunSummary {
  const measured = downtimes.filter(({ beganBefore, upAt }) => !beganBefore && upAt !== null);
  const ended = ENDED_STATUSES.reduce((sum, status) => sum + counts[status], 0) === record.members;
  const end = ended ? (lastAt ?? now) : now;
  return {
    type: 'summary',
    run: record.run,
    plan: record.plan,
    members: record.members,
    completed: counts.completed,
    failed: counts.failed,
    cancelled: counts.cancelled,
    quarantined: counts.quarantined,
    skipped: 0,
    startedAt: new Date(record.createdAt).toISOString(),
    endedAt: ended ? new Date(end).toISOString() : null,
    durationMs: Math.max(0, end - record.createdAt),
    initiateCalls: calls.initiateFailback ?? 0,
    intent: record.intent ?? 'failback',
    calls: Object.values(calls).reduce((sum, count) => sum + count, 0),
    downtimeMsMax: measured.length === 0 ? null : Math.max(...measured.map(({ ms }) => ms)),
    rtoMissed: downtimes.some(({ rtoMs }) => rtoMs !== null) ? downtimes.filter(({ met }) => met === false).length : null,
  };
}

const REST: readonly (readonly [MemberStatus, keyof Pick<Colors, 'red' | 'yellow' | 'reset'>])[] = [
  ['failed', 'red'],
  ['quarantined', 'red'],
  ['cancelled', 'reset'],
  ['attention', 'yellow'],
  ['paused', 'yellow'],
  ['working', 'yellow'],
  ['pending', 'yellow'],
];

/** "3 of 12 home, 1 failed, 8 wait for their turn · 2m 03s · 4 InitiateFailback calls · down at most 41.0 s". */
export function summaryLine(summary: RunSummary, counts: RunView['counts'], colors: Colors): string {
  const { members, completed, durationMs, initiateCalls, calls, intent, downtimeMsMax, rtoMissed } = summary;
  const parts = [
    (completed === members ? colors.green : colors.bold)(`${completed} of ${members} ${goalOf({ intent })}`),
    ...REST.flatMap(([status, paint]) => countWords(counts, [status]).map((words) => colors[paint](words))),
  ];
  // Where InitiateFailback is not all that may be called, it says little.
  const made = initiateCalls > 0 || calls === 0 ? plural(initiateCalls, 'InitiateFailback call') : plural(calls, 'call');
  const down = downtimeMsMax === null ? '' : ` · down at most ${durationWords(downtimeMsMax)}`;
  const late = rtoMissed === null ? '' : rtoMissed === 0 ? ', objectives met' : colors.red(`, ${plural(rtoMissed, 'objective')} missed`);
  return `${parts.join(', ')} · ${durationWords(durationMs)} · ${made}${down}${late}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The exit code of a command that followed a run to where nothing moves any more. */
export function exitCodeOfRun({ members, completed, endedAt }: RunSummary): ExitCode {
  if (endedAt === null) return ExitCode.WaitsForPerson;
  return completed === members ? ExitCode.Done : ExitCode.SomeFailed;
}
