import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { DEFINITIONS, type MachineName } from '../../machines/definitions.ts';
import { MEMBER_STATUSES, type MemberStatus } from '../domain/member.ts';
import { type Request, toRequests } from './effects.ts';
import { type LiveEffect, movesData, type Revised, type Row, restore } from './row.ts';

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
}

/** One transition, decided but not committed. */
export interface Decision {
  readonly expected: number;
  readonly row: Row;
  readonly before: MemberStatus | null;
  readonly after: MemberStatus | null;
  /** Whether it moves data in bulk from now on, or not any more; null when that has not changed. */
  readonly moves: boolean | null;
  readonly from: string;
  readonly to: string;
  readonly started: Readonly<Record<string, LiveEffect>>;
  readonly ended: Readonly<Record<string, LiveEffect>>;
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
  const nothing: Row = { machine: name, version: 0, value: '', context: {}, done: false, born: now, live: {}, timers: {} };
  return next({ revision: 0, row: nothing }, { status: null, state: '', moves: false }, snapshot, toRequests(actions), now, true);
}

/**
 * Decides what an event means for a stored lifecycle. Pure but for `now`.
 * @param where names the lifecycle in errors
 * @throws FailbackError `snapshot.unsupported`
 */
export function decide(
  stored: Revised,
  member: unknown,
  event: RuntimeEvent,
  reporter: Reporter | null,
  now: number,
  where: string,
): Verdict {
  const { row } = stored;
  if (reporter && row.live[reporter.effect]?.token !== reporter.token) return 'dropped';
  if (row.done) return 'ignored';
  const timer = event.type.startsWith('xstate.after.');
  if (timer && !isDue(row, event.type, now)) return 'dropped';
  const { machine, describe } = DEFINITIONS[row.machine];
  const before = restore(row, member, where);
  const [after, actions] = transition(machine, before, { ...event, at: now } as never);
  const moved = after !== before;
  if (!moved && !reporter?.final && !timer) return 'ignored';
  const live = { ...row.live };
  if (reporter?.final) delete live[reporter.effect];
  const timers = { ...row.timers };
  if (timer) delete timers[event.type];
  const used = { ...stored, row: { ...row, live, timers } };
  const was = { status: statusOf(before), state: describe(before.value, before.context), moves: movesData(before) };
  return next(used, was, after, moved ? toRequests(actions) : [], now, moved);
}

function next(
  stored: Revised,
  was: { readonly status: MemberStatus | null; readonly state: string; readonly moves: boolean },
  snapshot: AnyMachineSnapshot,
  requests: readonly Request[],
  now: number,
  moved: boolean,
): Decision {
  const { row } = stored;
  const { version, describe } = DEFINITIONS[row.machine];
  const live: Record<string, LiveEffect> = { ...row.live };
  const timers: Record<string, number> = { ...row.timers };
  const started: Record<string, LiveEffect> = {};
  const ended: Record<string, LiveEffect> = {};
  const counters: string[] = [];
  requests.forEach((request, n) => {
    switch (request.kind) {
      case 'start':
        live[request.id] = { token: `r${stored.revision + 1}.${n}.${row.born.toString(36)}`, src: request.src, input: request.input };
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
  const { member: _, ...context } = snapshot.context as Record<string, unknown>;
  return {
    expected: stored.revision,
    row: { machine: row.machine, version, value: snapshot.value, context, done: snapshot.status === 'done', born: row.born, live, timers },
    before: was.status,
    after: statusOf(snapshot),
    moves: movesData(snapshot) === was.moves ? null : movesData(snapshot),
    from: was.state,
    to: describe(snapshot.value, snapshot.context),
    started,
    ended,
    counters,
    moved,
  };
}

/** A timer may be this much early: the queue's clock and ours are two. */
const TIMER_TOLERANCE_MS = 20;

/** A timer that was cancelled or set anew since it was queued is not due. */
export function isDue(row: Row, timer: string, now: number): boolean {
  const time = row.timers[timer];
  return time !== undefined && time <= now + TIMER_TOLERANCE_MS;
}

/** The one tag outsiders see; a run has tags of its own and no member status. */
function statusOf(snapshot: AnyMachineSnapshot): MemberStatus | null {
  if (snapshot.machine.id !== 'failback') return null;
  return MEMBER_STATUSES.find((status) => snapshot.tags.has(status)) ?? null;
}
