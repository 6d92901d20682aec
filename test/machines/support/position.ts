import { inspect, isDeepStrictEqual } from 'node:util';
import { initialTransition, type SnapshotFrom, transition } from 'xstate';
import { failbackMachine } from '../../../machines/failback.ts';
import { MEMBER_STATUSES, type MemberInput, type MemberStatus } from '../../../src/domain/member.ts';
import { type ActionRequest, type Request, toRequests } from '../../../src/runtime/effects.ts';
import { TransitionTable } from '../../../src/runtime/transition-table.ts';

export interface Event {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Live {
  readonly src: string;
  readonly input: unknown;
}

/** A lifecycle as the runtime keeps it: snapshot, effects that may still report, timers that are armed. Never changed in place. */
export interface Position {
  readonly snapshot: SnapshotFrom<typeof failbackMachine>;
  readonly live: Readonly<Record<string, Live>>;
  readonly timers: Readonly<Record<string, number>>;
}

/** A position and what the last transition asked for. */
export interface Advance {
  readonly position: Position;
  readonly requests: readonly Request[];
}

const REPORT = /^xstate\.(done|error)\.actor\./;

export function begin(input: MemberInput): Advance {
  const [snapshot, actions] = initialTransition(failbackMachine, input);
  return follow(snapshot, {}, {}, actions);
}

const table = new TransitionTable(failbackMachine);

/** What the runtime takes instead of XState's `transition()` comes to the same. */
function compare({ snapshot, live }: Position, event: Event, next: Position['snapshot'], actions: readonly ActionRequest[]): void {
  const { context } = snapshot;
  const stepped = table.step(snapshot.value, context as never, event, Object.keys(live));
  const expected =
    next === snapshot ? null : { value: next.value, context: next.context, done: next.status === 'done', requests: toRequests(actions) };
  if (!isDeepStrictEqual(stepped, expected)) {
    throw new Error(
      `the table differs on ${event.type} in ${JSON.stringify(snapshot.value)}: ${inspect({ stepped, expected }, { depth: 9 })}`,
    );
  }
}

/** Delivers an event. What `xstate.done`, `xstate.error` and `xstate.after` events come from is used up by them. */
export function advance(position: Position, event: Event, at: number): Advance {
  const { snapshot, live, timers } = position;
  const [next, actions] = transition(failbackMachine, snapshot, { ...event, at } as never);
  if ((next as { status: string }).status === 'error') throw new Error(`${event.type} ended the machine in an error`);
  compare(position, { ...event, at }, next, actions);
  if (next === snapshot && !isUsedUp(position, event)) return { position, requests: [] };
  return follow(next, without(live, event.type.replace(REPORT, '')), without(timers, event.type), actions);
}

function isUsedUp({ live, timers }: Position, { type }: Event): boolean {
  return type in timers || type.replace(REPORT, '') in live;
}

function follow(
  snapshot: Position['snapshot'],
  live: Position['live'],
  timers: Position['timers'],
  actions: readonly ActionRequest[],
): Advance {
  const position = { snapshot, live: { ...live }, timers: { ...timers } };
  const requests = toRequests(actions);
  for (const request of requests) {
    if (request.kind === 'arm') position.timers[request.id] = request.delay;
    if (request.kind === 'start') position.live[request.id] = { src: request.src, input: request.input };
    if (request.kind === 'end') {
      delete position.live[request.id];
      delete position.timers[request.id];
    }
  }
  return { position, requests };
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}

/** @throws Error unless the state has exactly one status */
export function statusOf({ snapshot }: Position): MemberStatus {
  const found = MEMBER_STATUSES.filter((status) => snapshot.tags.has(status));
  if (found.length !== 1) throw new Error(`${statePath(snapshot.value)} has the statuses ${found.join(', ') || 'none'}`);
  return found[0] as MemberStatus;
}

export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([state, child]) => `${state}.${statePath(child)}`)
    .join('|');
}
