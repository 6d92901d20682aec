import type { Side } from '../src/domain/member.ts';
import type { JobObservation, ReplicationStatistics, VmObservation } from '../src/domain/observation.ts';
import { EnabledState } from '../src/domain/power.ts';
import { type FailbackContext, type HostObserved, hostOf, stepOf } from './failback-context.ts';
import type { Look } from './step.ts';

/** What was last seen of one side. */
export interface Sight {
  /** ms since the epoch */
  readonly at: number;
  readonly epoch?: string;
  /** Null: the host does not have the VM. */
  readonly vm: VmObservation | null;
  readonly job: JobObservation | null;
  readonly running: readonly JobObservation[];
  readonly statistics: ReplicationStatistics | null;
}

/**
 * Both sides as they were last seen, and which of them since the present watch began. Two hosts are never looked at in the same
 * moment: a judgement needs a look at each that is younger than the watch.
 */
export interface Sights {
  readonly home: Sight | null;
  readonly away: Sight | null;
  readonly fresh: readonly Side[];
}

export const NO_SIGHTS: Sights = { home: null, away: null, fresh: [] };

/** Looks at two hosts that lie further apart than this do not show one moment. Milliseconds. */
const APART_MS = 15_000;

/** How far the last looks at both sides lie apart, milliseconds; 0 where one was not seen yet. */
export function apart({ home, away }: Sights): number {
  return home && away ? Math.abs(home.at - away.at) : 0;
}

/** A look on which a step can be judged, or why there is none: the VM is on no host, or only one side was seen so far. */
export type Whole = Look | 'missing' | 'partial';

/** What an event and the sights before it say together. */
export function wholeLook(context: FailbackContext, event: { readonly type: string }): Whole {
  if (event.type !== 'host.observed') return 'partial';
  const observed = event as HostObserved;
  const step = stepOf(context);
  const hosts = { home: hostOf(context, 'home'), away: hostOf(context, 'away') };
  if (step.looksAt === 'own') {
    const { vm, job, running, statistics, test } = observed;
    if (observed.side !== step.side) return 'partial';
    return vm ? { home: vm, away: null, side: 'home', hosts, job, running, statistics, test } : 'missing';
  }
  const sights = withSight(context.sights, observed);
  const home = sightOf(context, sights, 'home');
  const away = sightOf(context, sights, 'away');
  if (!home || !away) return 'partial';
  if (!home.vm || !away.vm) return 'missing';
  const { job, running, statistics } = step.side === 'home' ? home : away;
  return { home: home.vm, away: away.vm, side: step.side, hosts, job, running, statistics, test: observed.test };
}

export function lookOf(context: FailbackContext, event: { readonly type: string }): Look | null {
  const whole = wholeLook(context, event);
  return whole === 'missing' || whole === 'partial' ? null : whole;
}

/** A side that was seen since the watch began; of one out of sight that a person vouched for, what was last known of it, but off. */
function sightOf(context: FailbackContext, sights: Sights, side: Side): Sight | null {
  const sight = sights[side];
  if (sight && sights.fresh.includes(side)) return sight;
  const step = stepOf(context);
  if (!context.fenced || !step.fencing || side === step.side || !sight?.vm) return null;
  return { ...sight, vm: { ...sight.vm, power: EnabledState.Off } };
}

/** The looks at both sides lie too far apart to act upon: one of them may be history. */
export function isStale(context: FailbackContext, event: HostObserved): boolean {
  const { sights, fenced, member } = context;
  if (member.partner === null || stepOf(context).looksAt === 'own') return false;
  const other = sights[event.side === 'home' ? 'away' : 'home'];
  if (!other) return false;
  const isFresh = sights.fresh.includes(event.side === 'home' ? 'away' : 'home');
  return isFresh ? Math.abs(event.at - other.at) > APART_MS : !fenced;
}

/** The side whose host does not have the VM; only for looks that are `missing`. */
export function missingSide(context: FailbackContext, event: HostObserved): Side {
  if (stepOf(context).looksAt === 'own') return event.side;
  return withSight(context.sights, event).home?.vm ? 'away' : 'home';
}

/** Nothing was seen of this side since the watch began. */
export function unseenSide({ sights, member }: FailbackContext): Side | null {
  if (member.partner === null) return null;
  return (['home', 'away'] as const).find((side) => !sights.fresh.includes(side)) ?? null;
}

/** A look that another Redis kept is history: what followed it may be forgotten, so that only a new one shows the same moment as this. */
export function withSight(sights: Sights, { side, at, epoch, vm, job, running, statistics }: HostObserved): Sights {
  const kept = sights.fresh.filter((seen) => seen === side || sights[seen]?.epoch === epoch);
  const fresh = kept.includes(side) ? kept : [...kept, side];
  return { ...sights, [side]: { at, ...(epoch === undefined ? {} : { epoch }), vm, job, running, statistics }, fresh };
}

/**
 * The side the step does not act on was not seen since the watch began: a person may vouch for it. Their word is kept until a worker has
 * seen the side the step acts on, and ends with a look at the other one.
 */
export function otherSideIsOutOfSight(context: FailbackContext): boolean {
  return !context.sights.fresh.includes(otherSide(context));
}

/** The side the current step does not act on. */
export function otherSide(context: FailbackContext): Side {
  return stepOf(context).side === 'home' ? 'away' : 'home';
}
