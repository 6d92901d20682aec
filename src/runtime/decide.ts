import { initialTransition } from 'xstate';
import { DEFINITIONS, type MachineName } from '../../machines/definitions.ts';
import type { MemberStatus } from '../domain/member.ts';
import { toRequests } from './effects.ts';
import { encodeRow, type LiveEffect, movesData, type Revised, type Row, statusOf, TABLES } from './row.ts';
import type { Stepped } from './transition-table.ts';

/** An event as the runtime carries it; `at` is added when it is delivered. */
export interface RuntimeEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Who reports. A report is accepted only while its token is live; `final` reports use the token up. */
export interface Reporter {
  readonly effect: string;
  readonly token: string;
  readonly final: boolean;
  /** When what it reports began to be seen, by this process's `performance.now()`; absent: just now. */
  readonly since?: number;
}

/** One transition, decided but not committed. */
export interface Decision {
  readonly expected: number;
  readonly row: Row;
  /** The row as it is stored. */
  readonly text: string;
  readonly before: MemberStatus | null;
  readonly after: MemberStatus | null;
  /** Whether it moves data in bulk from now on, or not any more; null when that has not changed. */
  readonly moves: boolean | null;
  readonly from: string;
  readonly to: string;
  readonly started: Readonly<Record<string, LiveEffect>>;
  readonly ended: Readonly<Record<string, LiveEffect>>;
  /** The effect whose final report this is; null for all other events. */
  readonly usedUp: string | null;
  readonly counters: readonly string[];
  /** True when the machine took a transition; false when only a token was used up. */
  readonly moved: boolean;
}

/** `dropped`: the report's token is not live, or the timer is not due. `ignored`: the machine does not take the event in its state. */
export type Verdict = Decision | 'dropped' | 'ignored';

/** The first row of a lifecycle. */
export function decideInitial(name: MachineName, member: unknown, now: number): Decision {
  const { machine } = DEFINITIONS[name];
  const [snapshot, actions] = initialTransition(machine, member);
  const { value, context, status } = snapshot;
  const nothing: Row = { machine: name, version: 0, value, context: {}, done: false, live: {}, timers: {} };
  const stepped = { value, context: context as Stepped['context'], done: status === 'done', requests: toRequests(actions) };
  return next({ revision: 0, row: nothing }, { status: null, state: '', moves: false, usedUp: null }, stepped, now);
}

/**
 * Decides what an event means for a stored lifecycle. Pure but for `now`.
 */
export function decide(stored: Revised, member: unknown, event: RuntimeEvent, reporter: Reporter | null, now: number): Verdict {
  const { row } = stored;
  if (reporter && row.live[reporter.effect]?.token !== reporter.token) return 'dropped';
  if (row.done) return 'ignored';
  const timer = event.type.startsWith('xstate.after.');
  if (timer && !isDue(row, event.type, now)) return 'dropped';
  const context = member === undefined ? row.context : { ...row.context, member };
  const stepped = TABLES[row.machine].step(row.value, context, { ...event, at: now }, Object.keys(row.live));
  if (stepped === null && !reporter?.final && !timer) return 'ignored';
  const live = { ...row.live };
  if (reporter?.final) delete live[reporter.effect];
  const timers = { ...row.timers };
  if (timer) delete timers[event.type];
  const was = {
    status: statusOf(row),
    state: DEFINITIONS[row.machine].describe(row.value, context),
    moves: movesData(row),
    usedUp: reporter?.final ? reporter.effect : null,
  };
  const used = { ...stored, row: { ...row, live, timers } };
  return next(used, was, stepped ?? { value: row.value, context, done: row.done, requests: null }, now);
}

/** @param stepped its requests are null when the machine took no transition */
function next(
  { revision, row: before }: Revised,
  was: Pick<Decision, 'usedUp'> & { readonly status: MemberStatus | null; readonly state: string; readonly moves: boolean },
  { value, context: whole, done, requests }: Omit<Stepped, 'requests'> & { readonly requests: Stepped['requests'] | null },
  now: number,
): Decision {
  const { version, describe } = DEFINITIONS[before.machine];
  const live: Record<string, LiveEffect> = { ...before.live };
  const timers: Record<string, number> = { ...before.timers };
  const started: Record<string, LiveEffect> = {};
  const ended: Record<string, LiveEffect> = {};
  const counters: string[] = [];
  requests?.forEach((request, n) => {
    switch (request.kind) {
      case 'start':
        live[request.id] = { token: `r${revision + 1}.${n}.${now.toString(36)}`, src: request.src, input: request.input };
        started[request.id] = live[request.id] as LiveEffect;
        break;
      case 'arm':
        timers[request.id] = now + request.delay;
        break;
      case 'end': {
        const effect = live[request.id];
        if (effect && started[request.id] === effect) delete started[request.id];
        else if (effect) ended[request.id] = effect;
        delete live[request.id];
        delete timers[request.id];
        break;
      }
      case 'count':
        counters.push(request.counter);
        break;
    }
  });
  const { member: _, ...context } = whole as Record<string, unknown>;
  const row: Row = { machine: before.machine, version, value, context, done, live, timers };
  const moves = movesData(row);
  return {
    expected: revision,
    row,
    text: encodeRow(row),
    before: was.status,
    after: statusOf(row),
    moves: moves === was.moves ? null : moves,
    from: was.state,
    to: describe(value, whole),
    started,
    ended,
    usedUp: was.usedUp,
    counters,
    moved: requests !== null,
  };
}

/** What leaves a lifecycle as it is, but for its revision. */
export function unchanged(revision: number, row: Row): Decision {
  const status = statusOf(row);
  const nothing = { moves: null, from: '', to: '', started: {}, ended: {}, usedUp: null, counters: [], moved: false } as const;
  return { expected: revision, row, text: encodeRow(row), before: status, after: status, ...nothing };
}

/** A timer may be this much early: the queue's clock and ours are two. */
const TIMER_TOLERANCE_MS = 20;

/** A timer that was cancelled or set anew since it was queued is not due. */
export function isDue(row: Row, timer: string, now: number): boolean {
  const time = row.timers[timer];
  return time !== undefined && time <= now + TIMER_TOLERANCE_MS;
}
