import { stepOf } from '../../../machines/failback-context.ts';
import type { EffectInput, EffectName, WatchInput } from '../../../src/domain/effect.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import type { Side } from '../../../src/domain/member.ts';
import type { VmObservation } from '../../../src/domain/observation.ts';
import type { Move, Node } from './explore.ts';
import { vm } from './facts.ts';
import { LOST, NOT_SENT, PARTNER_RUNNING, PARTNER_UNSEEN } from './lifecycle.ts';
import type { Event } from './position.ts';

/** One copy of the VM, in WMI's numbers. */
export interface Copy {
  readonly mode: number;
  readonly state: number;
  readonly power: number;
  /** `FailedOverReplicationType`. */
  readonly type: number;
}

/** Two hosts with one VM, small enough to be explored completely. */
export interface TwoHosts {
  readonly home: Copy;
  readonly away: Copy;
  /** A request whose sender has given up, and which the host will still carry out. */
  readonly late: EffectInput | null;
  /** The host nobody can see. */
  readonly dark: Side | null;
  /** The copy at home has moved to another node of its cluster. */
  readonly moved: boolean;
  /** The first forbidden thing that was done. */
  readonly crime: string | null;
}

const HOSTS: Readonly<Record<Side, string>> = { home: 'hv-dr-01', away: 'hv-dr-02' };
/** The nodes of the cluster at home. */
export const NODES: readonly string[] = [HOSTS.home, 'hv-dr-03'];
/** Before this time no data moves, where the plan says so, ms since the epoch. */
export const COPY_AT = 1_800_000_000_000;
const OFF = 3;
const RUNNING = 2;
const STOPPING = 4;

function copy(mode: number, state: number, power = OFF, type = 0): Copy {
  return { mode, state, power, type };
}

function stage(home: Copy, away: Copy): TwoHosts {
  return { home, away, late: null, dark: null, moved: false, crime: null };
}

/** Where people leave pairs standing. */
export const STAGES: Readonly<Record<string, TwoHosts>> = {
  'failed over': stage(copy(1, 3), copy(2, 5, RUNNING, 1)),
  'failed over as planned': stage(copy(1, 4), copy(2, 5, RUNNING, 3)),
  committed: stage(copy(1, 8), copy(2, 6, RUNNING, 1)),
  'home is replica': stage(copy(2, 2), copy(2, 6, RUNNING, 1)),
  reversed: stage(copy(2, 2), copy(1, 1, RUNNING)),
  copying: stage(copy(2, 2), copy(1, 2, RUNNING)),
  replicating: stage(copy(2, 3), copy(1, 3, RUNNING)),
  suspended: stage(copy(2, 3), copy(1, 7, RUNNING)),
  'resynchronisation required': stage(copy(2, 3), copy(1, 9, RUNNING)),
  stopped: stage(copy(2, 3), copy(1, 3)),
  prepared: stage(copy(2, 3), copy(1, 4)),
  'failed over home': stage(copy(2, 5, OFF, 3), copy(1, 4)),
  'running at home': stage(copy(2, 5, RUNNING, 3), copy(1, 4)),
  'home, off': stage(copy(1, 3), copy(2, 3)),
  home: stage(copy(1, 3, RUNNING), copy(2, 3)),
};

/** A copy that runs, starts or stops. */
export function isUp({ power }: Copy): boolean {
  return power !== OFF;
}

const COMMANDS: readonly Event[] = ['admit', 'cancel', 'retry', 'approve'].map((name) => ({ type: `failback.${name}` }));

/** What may go wrong in an exploration; all of it together is more than can be explored in a test. */
export interface Trouble {
  /** Requests that arrive after their sender has given up. */
  readonly late?: boolean;
  /** Hosts that go out of sight. */
  readonly dark?: boolean;
  /** Replication that breaks by itself. */
  readonly breaks?: boolean;
  readonly cancel?: boolean;
  /** The copy at home moves to another node. */
  readonly moves?: boolean;
  /** Looks from before and after `COPY_AT`. */
  readonly waits?: boolean;
  /** Machines that are turned off take their time, or for ever. */
  readonly slow?: boolean;
}

/** Everything that can happen to a lifecycle and its two hosts. A late request arrives before the time of doubt is over, as the runtime promises. */
export const pairMoves = (trouble: Trouble) =>
  function* ({ position, world }: Node<TwoHosts>): Generator<Move<TwoHosts>> {
    const { live, timers } = position;
    for (const event of COMMANDS) if (trouble.cancel || event.type !== 'failback.cancel') yield { label: event.type, event, world };
    for (const type of Object.keys(timers)) {
      if (!(world.late && type.startsWith('xstate.after.doubt.'))) yield { label: type, event: { type }, world };
    }
    if (live.call) yield* callMoves(live.call.input as EffectInput, world, trouble);
    if (live.slot) yield { label: 'slot granted', event: { type: 'slot.granted' }, world };
    if (live.watch) yield* looks(live.watch.input as WatchInput, world, trouble);
    if (world.late)
      yield { label: `late ${world.late.effect} arrives`, event: null, world: { ...carryOut(world, world.late).world, late: null } };
    // People fence the host they are asked about.
    if (world.dark && position.snapshot.value === 'unseen' && position.snapshot.context.failure?.message.includes(HOSTS[world.dark])) {
      const fenced = { ...world, [world.dark]: { ...world[world.dark], power: OFF } };
      yield { label: 'fenced', event: { type: 'failback.fence', vm: 'sql01' }, world: fenced };
    }
    // An administrator does what the remedy says.
    if (position.snapshot.value === 'needsOperator' && isDownAtHome(world))
      yield { label: 'home is started by hand', event: null, world: { ...world, home: { ...world.home, power: RUNNING } } };
    // What breaks after the end is nobody's doing here.
    const isOver = position.snapshot.done;
    for (const [label, change] of ownMoves(world, { ...trouble, breaks: trouble.breaks === true && !isOver }))
      yield { label, event: null, world: { ...world, ...change } };
  };

function* callMoves(call: EffectInput, world: TwoHosts, trouble: Trouble): Generator<Move<TwoHosts>> {
  const report = (returnValue: number): Event => ({ type: 'xstate.done.actor.call', output: { returnValue, jobId: null } });
  const broken = (error: unknown): Event => ({ type: 'xstate.error.actor.call', error });
  const refused = world.dark === call.side || call.host !== hostOf(call.side, world) ? NOT_SENT : lastLook(call, world);
  if (refused) {
    yield { label: `call not sent: ${refused.code}`, event: broken(refused), world };
    return;
  }
  const { world: after, returnValue } = carryOut(world, call);
  yield { label: `${call.effect} answers ${returnValue}`, event: report(returnValue), world: after };
  if (trouble.slow && call.effect === 'turnOff' && returnValue === ACCEPTED)
    yield { label: 'turnOff begins', event: report(ACCEPTED), world: { ...world, [call.side]: { ...world[call.side], power: STOPPING } } };
  yield { label: `${call.effect}, answer lost`, event: broken(LOST), world: after };
  yield { label: `${call.effect} lost`, event: broken(LOST), world };
  yield { label: 'call not sent', event: broken(NOT_SENT), world };
  if (trouble.late && world.late === null)
    yield { label: `${call.effect} late`, event: broken(BROKEN_DOWN), world: { ...world, late: call } };
}

/** What breaks down in the worker says nothing about what the host has made of the call, whatever class it claims. */
const BROKEN_DOWN: Failure = { class: 'permanent', code: 'internal', message: 'a defect of ours' };

/** The look a worker takes immediately before it makes a VM startable or starts it. */
function lastLook({ effect, side, fenced }: EffectInput, world: TwoHosts): Failure | null {
  if (effect !== 'startVirtualMachine' && effect !== 'initiateFailover') return null;
  const other = side === 'home' ? 'away' : 'home';
  if (world.dark === other) return fenced ? null : PARTNER_UNSEEN;
  return isUp(world[other]) ? PARTNER_RUNNING : null;
}

function* looks({ at: places, sync }: WatchInput, world: TwoHosts, trouble: Trouble): Generator<Move<TwoHosts>> {
  for (const { side: seen, host } of places) {
    if (world.dark === seen) continue;
    const vm = host === hostOf(seen, world) ? observed(world[seen]) : null;
    const statistics = sync && seen === 'away' ? { pendingBytes: 0, latencySeconds: 1 } : null;
    const event = { type: 'host.observed', side: seen, host, vm, job: null, running: [], statistics, test: null };
    yield { label: `look ${seen}`, event, world };
    if (trouble.waits) yield { label: `look ${seen}, later`, event: { ...event, at: COPY_AT + 1 }, world };
  }
}

/** Where a copy is. */
function hostOf(side: Side, { moved }: TwoHosts): string {
  return side === 'home' && moved ? (NODES[1] as string) : HOSTS[side];
}

export function observed({ mode, state, power, type }: Copy): VmObservation {
  const seen = vm({ mode, state, power, health: 1 });
  return { ...seen, replication: seen.replication && { ...seen.replication, failedOverType: type } };
}

interface Carried {
  readonly world: TwoHosts;
  readonly returnValue: number;
}

const ACCEPTED = 0;
const INVALID_STATE = 32775;

function carryOut(world: TwoHosts, { effect, side }: EffectInput): Carried {
  const change = CALLS[effect]?.(world, side);
  if (!change) return { world, returnValue: INVALID_STATE };
  const after = { ...world, ...change };
  const crime = isUp(after.home) && isUp(after.away) ? `both copies run after ${effect} ${side}` : null;
  return { world: { ...after, crime: world.crime ?? change.crime ?? crime }, returnValue: ACCEPTED };
}

type Change = Partial<TwoHosts> | null;

/** What a host makes of a call: null when it refuses it. */
const CALLS: Partial<Record<EffectName, (world: TwoHosts, side: Side) => Change>> = {
  commitFailover: ({ away }, side) => (side === 'away' && away.mode === 2 && away.state === 5 ? { away: { ...away, state: 6 } } : null),
  becomeReplica: ({ home, away }, side) => {
    if (side !== 'home' || home.mode !== 1 || isUp(home)) return null;
    return {
      home: copy(2, 2),
      crime: away.mode === 2 && away.state === 6 ? null : 'home became a replica although the copy away is not committed',
    };
  },
  reverseReplication: ({ home, away }, side) => {
    if (side === 'away') {
      if (away.mode === 2 && away.state === 5 && away.type === 3 && home.state === 4)
        return { home: copy(2, 3), away: { ...away, mode: 1, state: 3, type: 0 } };
      return away.mode === 2 && away.state === 6 && home.mode === 2 ? { away: { ...away, mode: 1, state: 1, type: 0 } } : null;
    }
    if (home.mode !== 2 || home.state !== 5 || home.type !== 3 || away.state !== 4) return null;
    return { home: { ...home, mode: 1, state: 3, type: 0 }, away: copy(2, 3) };
  },
  startReplication: ({ away }) => (away.mode === 1 && away.state === 1 ? { away: { ...away, state: 2 } } : null),
  resynchronize: ({ away }) => (away.mode === 1 && away.state === 9 ? { away: { ...away, state: 10 } } : null),
  resumeReplication: ({ away }) => (away.mode === 1 && away.state === 7 ? { away: { ...away, state: 3 } } : null),
  shutDownGuest: ({ away }) => (away.power === RUNNING ? { away: { ...away, power: STOPPING } } : null),
  turnOff: (world, side) => (isUp(world[side]) ? { [side]: { ...world[side], power: OFF } } : null),
  prepareFailover: ({ away }) => (away.mode === 1 && away.state === 3 && !isUp(away) ? { away: { ...away, state: 4 } } : null),
  initiateFailover: ({ home, away }) => {
    if (home.mode !== 2 || home.state !== 3 || isUp(home)) return null;
    return {
      home: { ...home, state: 12 },
      crime: away.state === 4 ? null : 'failed over home without what the copy away has written last',
    };
  },
  revertFailover: (world, side) => {
    const { mode, state } = world[side];
    const revertible = (mode === 2 && (state === 5 || state === 12)) || (mode === 1 && state === 4);
    return revertible && !isUp(world[side]) ? { [side]: { ...world[side], state: 3, type: 0 } } : null;
  },
  startVirtualMachine: (world, side) => {
    const { mode, state, power } = world[side];
    if (power !== OFF || state === 4 || (mode === 2 && state !== 5 && state !== 6)) return null;
    return { [side]: { ...world[side], power: 10 } };
  },
};

/** The copy at home is the VM, and it is off. */
function isDownAtHome({ home, away }: TwoHosts): boolean {
  return home.power === OFF && !isUp(away) && away.mode !== home.mode && (home.mode === 1 || home.state === 5);
}

/** What the hosts, their people and the network do by themselves. */
function* ownMoves(world: TwoHosts, trouble: Trouble): Generator<[string, Partial<TwoHosts>]> {
  const { home, away, dark } = world;
  if (away.state === 2 || away.state === 10) yield ['the copy is complete', { home: { ...home, state: 3 }, away: { ...away, state: 3 } }];
  if (home.state === 12) yield ['failed over home', { home: { ...home, state: 5, type: 3 } }];
  if (home.power === 10) {
    yield ['home runs', { home: { ...home, power: RUNNING } }];
    yield ['home does not start', { home: { ...home, power: OFF } }];
  }
  if (away.power === 10) yield ['away runs', { away: { ...away, power: RUNNING } }];
  if (away.power === STOPPING) yield ['the guest has shut down', { away: { ...away, power: OFF } }];
  if (home.power === STOPPING) yield ['home is off', { home: { ...home, power: OFF } }];
  if (trouble.breaks && home.power === RUNNING) yield ['home crashes', { home: { ...home, power: OFF } }];
  if (trouble.breaks && away.mode === 1 && away.state === 3) {
    yield ['tracking is lost', { away: { ...away, state: 9 } }];
    yield ['replication is suspended', { away: { ...away, state: 7 } }];
  }
  if (trouble.moves && !world.moved) yield ['home moves to another node', { moved: true }];
  if (!trouble.dark) return;
  if (dark === null) {
    yield ['home out of sight', { dark: 'home' }];
    yield ['away out of sight', { dark: 'away' }];
  } else {
    yield ['back in sight', { dark: null }];
  }
}

/** The steps whose calls decide whether a cancel has something to take back. */
const STOPPED: readonly string[] = ['shutdown', 'prepare', 'failover', 'start'];

/** What of a state decides anything: looks count by what they show, old ones only where a person may vouch for a host. */
export function pairKey({ position: { snapshot, live, timers }, world }: Node<TwoHosts>): string {
  const { member: _, seen, failure, because, sights, skipped, stoppedAt, homeAt, ...context } = snapshot.context;
  const { fencing } = stepOf(snapshot.context);
  const shown = (['home', 'away'] as const).map((side) => {
    const sight = sights[side];
    const fresh = sights.fresh.includes(side);
    if (!sight || !(fresh || context.fenced || fencing)) return null;
    const { vm: found, statistics } = sight;
    return [
      fresh,
      found?.mode,
      found?.power,
      found?.replication?.state,
      found?.replication?.failedOverType,
      statistics !== null,
      sight.at > COPY_AT,
    ].join();
  });
  const told = [seen === null, failure?.class, failure?.code, because?.code];
  const ours = STOPPED.filter((name) => skipped.some((done) => done === name));
  return JSON.stringify([snapshot.value, context, shown, told, ours, homeAt !== null, live, Object.keys(timers), world]);
}
