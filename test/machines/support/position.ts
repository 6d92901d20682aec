import { inspect, isDeepStrictEqual } from 'node:util';
import { initialTransition, type SnapshotFrom, type StateValue, transition } from 'xstate';
import { failbackMachine } from '../../../machines/failback.ts';
import type { FailbackContext } from '../../../machines/failback-context.ts';
import { MEMBER_STATUSES, type MemberInput, type MemberStatus } from '../../../src/domain/member.ts';
import { type ActionRequest, type Request, toRequests } from '../../../src/runtime/effects.ts';
import { type Stepped, TransitionTable } from '../../../src/runtime/transition-table.ts';

export interface Event {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Live {
  readonly src: string;
  readonly input: unknown;
}

/** A lifecycle as the runtime keeps it: state and context, effects that may still report, timers that are armed. Never changed in place. */
export interface Position {
  /** The same object until a transition is taken. */
  readonly snapshot: { readonly value: StateValue; readonly context: FailbackContext; readonly done: boolean };
  readonly live: Readonly<Record<string, Live>>;
  readonly timers: Readonly<Record<string, number>>;
  /** Where XState is after the same events; null where nothing is compared with it. */
  readonly reference: SnapshotFrom<typeof failbackMachine> | null;
}

/** A position and what the last transition asked for. */
export interface Advance {
  readonly position: Position;
  readonly requests: readonly Request[];
}

const REPORT = /^xstate\.(done|error)\.actor\./;

/** What transitions are taken from, and whether each is compared with XState's. Changed only by the mutation check. */
const underTest = { table: new TransitionTable(failbackMachine), isCompared: true };

/** From now on transitions are taken from this table and from nothing else. */
export function takeFrom(table: TransitionTable): void {
  underTest.table = table;
  underTest.isCompared = false;
}

export function begin(input: MemberInput): Advance {
  const [first, actions] = initialTransition(failbackMachine, input);
  const snapshot = { value: first.value, context: first.context, done: false };
  return follow({ snapshot, live: {}, timers: {}, reference: underTest.isCompared ? first : null }, toRequests(actions));
}

/** Delivers an event as the runtime does, at its own time if it has one. What `xstate.done`, `xstate.error` and `xstate.after` events come from is used up by them. */
export function advance(position: Position, event: Event, at: number): Advance {
  const { snapshot, live, timers } = position;
  const delivered = { at, ...event };
  const stepped = underTest.table.step(snapshot.value, snapshot.context as never, delivered, Object.keys(live));
  const reference = position.reference && compared(position, position.reference, delivered, stepped);
  if (!stepped && !isUsedUp(position, event)) return { position, requests: [] };
  const next = {
    // XState's own context where there is one: what both share need not be compared at the next step.
    snapshot: stepped ? { ...stepped, context: reference?.context ?? (stepped.context as unknown as FailbackContext) } : snapshot,
    live: without(live, event.type.replace(REPORT, '')),
    timers: without(timers, event.type),
    reference,
  };
  return follow(next, stepped?.requests ?? []);
}

/** Whether the event would be taken. */
export function accepts({ snapshot: { value, context }, live }: Pick<Position, 'snapshot' | 'live'>, event: Event): boolean {
  return underTest.table.step(value, context as never, event, Object.keys(live)) !== null;
}

/**
 * What XState makes of the event.
 * @throws Error when it is not exactly what the table makes of it, and when it is an error
 */
function compared(
  { snapshot }: Position,
  reference: NonNullable<Position['reference']>,
  event: Event,
  stepped: Stepped | null,
): NonNullable<Position['reference']> {
  const [next, actions] = transition(failbackMachine, reference, event as never);
  if ((next as { status: string }).status === 'error') throw new Error(`${event.type} ended the machine in an error`);
  const same = next === reference ? stepped === null : stepped !== null && isSame(stepped, next, actions);
  if (same) return next;
  const expected = next === reference ? null : { value: next.value, context: next.context, requests: toRequests(actions) };
  throw new Error(
    `the table differs on ${event.type} in ${JSON.stringify(snapshot.value)}: ${inspect({ stepped, expected }, { depth: 9 })}`,
  );
}

function isSame(stepped: Stepped, next: NonNullable<Position['reference']>, actions: readonly ActionRequest[]): boolean {
  return (
    isEqual(stepped.value, next.value) &&
    stepped.done === (next.status === 'done') &&
    isEqual(Object.keys(stepped.context).sort(), Object.keys(next.context).sort()) &&
    Object.entries(stepped.context).every(([key, value]) => isEqual(value, next.context[key as keyof FailbackContext])) &&
    isEqual(stepped.requests, toRequests(actions))
  );
}

function isEqual(one: unknown, other: unknown): boolean {
  return one === other || isDeepStrictEqual(one, other);
}

function isUsedUp({ live, timers }: Position, { type }: Event): boolean {
  return type in timers || type.replace(REPORT, '') in live;
}

function follow(before: Position, requests: readonly Request[]): Advance {
  const position = { ...before, live: { ...before.live }, timers: { ...before.timers } };
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
  const found = MEMBER_STATUSES.filter((status) => underTest.table.hasTag(snapshot.value, status));
  if (found.length !== 1) throw new Error(`${statePath(snapshot.value)} has the statuses ${found.join(', ') || 'none'}`);
  return found[0] as MemberStatus;
}

export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([state, child]) => `${state}.${statePath(child)}`)
    .join('|');
}
