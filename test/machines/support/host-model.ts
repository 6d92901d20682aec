import type { EffectInput, EffectName, WatchInput } from '../../../src/domain/effect.ts';
import { COMMANDS } from './anything.ts';
import type { Move, Node } from './explore.ts';
import { job, vm } from './facts.ts';
import { LOST, NOT_SENT } from './lifecycle.ts';
import type { Event } from './position.ts';

/** A host with one VM, small enough to be explored completely. */
export interface Host {
  readonly state: 6 | 8 | 13 | 14;
  readonly power: 2 | 3 | 10;
  readonly job: { readonly jobId: string; readonly is: 'running' | 'done' | 'broken' } | null;
  /** A request whose sender has given up, and which the host will still carry out. */
  readonly late: EffectInput | null;
  /** The first forbidden thing that was done to the host. */
  readonly crime: string | null;
}

export const COMMITTED: Host = { state: 6, power: 3, job: null, late: null, crime: null };

/** Data moves, or is about to. */
export function isCopying({ state, job: current, late }: Host): boolean {
  return state === 13 || (state !== 14 && current?.is === 'running') || late?.effect === 'initiateFailback';
}

/** Everything that can happen to a lifecycle and its host, but a pause. A late request arrives before the time of doubt is over, as the runtime promises. */
export function* hostMoves({ position, world }: Node<Host>): Generator<Move<Host>> {
  const { live, timers } = position;
  for (const event of COMMANDS.filter(({ type }) => type !== 'failback.pause')) yield { label: event.type, event, world };
  for (const type of Object.keys(timers)) {
    if (!(world.late && type.startsWith('xstate.after.doubt.'))) yield { label: type, event: { type }, world };
  }
  if (live.call) yield* callMoves(live.call.input as EffectInput, world);
  if (live.watch) yield { label: 'look', event: lookAt(world, live.watch.input as WatchInput), world };
  if (world.late) yield { label: `late ${world.late.effect} arrives`, event: null, world: { ...carryOut(world, world.late), late: null } };
  for (const [label, change] of ownMoves(world)) yield { label, event: null, world: { ...world, ...change } };
}

function* callMoves(call: EffectInput, world: Host): Generator<Move<Host>> {
  const after = carryOut(world, call);
  const report = (returnValue: number, jobId: string | null): Event => ({
    type: 'xstate.done.actor.call',
    output: { returnValue, jobId },
  });
  const broken = (error: unknown): Event => ({ type: 'xstate.error.actor.call', error });
  yield { label: 'call accepted', event: report(4096, after.job?.jobId ?? null), world: after };
  yield { label: 'call accepted, no job named', event: report(0, null), world: after };
  yield { label: 'call carried out, answer lost', event: broken(LOST), world: after };
  yield { label: 'call carried out, answer says nothing', event: report(32772, null), world: after };
  yield { label: 'call refused', event: report(32774, null), world };
  yield { label: 'call not sent', event: broken(NOT_SENT), world };
  yield { label: 'call lost', event: broken(LOST), world };
  if (world.late === null) yield { label: 'call late', event: broken(LOST), world: { ...world, late: call } };
}

function lookAt({ state, power, job: current }: Host, { jobId, allJobs }: WatchInput): Event {
  const seen =
    current &&
    job({
      jobId: current.jobId,
      jobState: { running: 4, done: 7, broken: 10 }[current.is],
      errorCode: current.is === 'broken' ? 32768 : 0,
    });
  return {
    type: 'host.observed',
    side: 'home',
    host: 'hv-dr-01',
    statistics: null,
    test: null,
    vm: vm({ state, power }),
    job: seen?.jobId === jobId ? seen : null,
    running: allJobs && seen && current.is === 'running' ? [seen] : [],
  };
}

function carryOut(world: Host, { effect, jobId }: EffectInput): Host {
  return { ...world, ...(EFFECT[effect]?.(world, jobId) ?? { crime: `${effect} is no call of this strategy` }) };
}

const EFFECT: Readonly<Partial<Record<EffectName, (host: Host, jobId: string | null) => Partial<Host>>>> = {
  initiateFailback: (host) => {
    if (isCopying({ ...host, late: null })) return { crime: 'InitiateFailback while a failback runs' };
    if (host.state === 14) return { crime: 'InitiateFailback after the failback was complete' };
    if (host.state !== 6 || host.power !== 3) return { crime: 'InitiateFailback on a VM that is not ready' };
    return { job: { jobId: host.job?.jobId === 'one' ? 'two' : 'one', is: 'running' } };
  },
  startVirtualMachine: (host) => (host.state === 14 ? { power: host.power === 3 ? 10 : host.power } : { crime: 'started before state 14' }),
  commitFailover: () => ({ crime: 'commit was not asked for' }),
  reverseReplication: () => ({ crime: 'reverse was not asked for' }),
  terminateJob: ({ job: current, state }, jobId) =>
    current?.is === 'running' && current.jobId === jobId ? { job: { jobId, is: 'broken' }, state: state === 13 ? 6 : state } : {},
};

/** What the host, its provider and its administrator do by themselves. */
function* ownMoves({ state, power, job: current }: Host): Generator<[string, Partial<Host>]> {
  if (state === 6 && current?.is === 'running') {
    yield ['copy begins', { state: 13 }];
    yield ['job breaks before the copy', { job: { ...current, is: 'broken' } }];
    yield ['VMMS restarts before the copy', { job: null }];
  }
  if (state === 13) {
    yield ['copy complete', { state: 14 }];
    yield ['copy breaks', { state: 6, job: current?.is === 'running' ? { ...current, is: 'broken' } : current }];
    yield ['copy breaks for good', { state: 8, job: current?.is === 'running' ? { ...current, is: 'broken' } : current }];
    if (current?.is === 'running') yield ['VMMS restarts during the copy', { job: null }];
  }
  if (current?.is === 'running' && state !== 6) yield ['job done', { job: { ...current, is: 'done' } }];
  if (current && current.is !== 'running') yield ['job vanishes', { job: null }];
  if (state === 8) yield ['the administrator repairs the VM', { state: 6 }];
  if (power === 10) {
    yield ['VM runs', { power: 2 }];
    yield ['VM does not start', { power: 3 }];
  }
}
