import { isPlannedAway } from '../../machines/pair.ts';
import { type Look, pairOf, type Step, type StepName } from '../../machines/step.ts';
import type { EffectName } from '../domain/effect.ts';
import type { Failure } from '../domain/failure.ts';
import type { MemberSettings, Side } from '../domain/member.ts';
import type { JobObservation, ReplicationObservation, VmObservation } from '../domain/observation.ts';
import { EnabledState, OperationalStatus } from '../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../domain/replication.ts';

/** What a run would make of one step. */
export interface ForeseenStep {
  readonly name: StepName;
  /** The WMI method. */
  readonly label: string;
  /** What an administrator would use for the same. */
  readonly cmdlet: string | null;
  readonly side: Side;
  /** The call it makes; null when it only watches. */
  readonly effect: EffectName | null;
  /** `skip` it is done · `watch` nothing is called: it is waited for, or somebody else started it · `do` it is called */
  readonly does: 'skip' | 'watch' | 'do';
}

export interface Foreseen {
  /** In order; all steps of the strategy. */
  readonly steps: readonly ForeseenStep[];
  /** What would stop the run, with the step it would stop at. Each is what the lifecycle itself would say. */
  readonly blocked: readonly { readonly step: StepName; readonly failure: Failure }[];
  /** What the next step would wait for; null when it may begin at once. */
  readonly waits: string | null;
  /** The operation of the next step runs already, whoever started it. */
  readonly underWay: boolean;
}

/** Both sides of a member as they were seen in one go, with the unfinished jobs of each. */
export interface Scene extends Pick<Look, 'home' | 'away' | 'hosts' | 'statistics' | 'test'> {
  readonly jobs: Readonly<Record<Side, readonly JobObservation[]>>;
}

/**
 * What the lifecycle would do from here. Asks every step's own conditions, first of what was seen, then of what each step that is
 * carried out leaves behind, so that what is foretold and what is done can not differ as long as the hosts do as they are asked.
 */
export function foresee(steps: readonly Step[], scene: Scene, settings: MemberSettings): Foreseen {
  const foreseen: ForeseenStep[] = [];
  const blocked: { step: StepName; failure: Failure }[] = [];
  let at = scene;
  let waits: string | null = null;
  let underWay = false;
  let begun = false;
  for (const step of steps) {
    const { name, label, cmdlet, side, effect } = step;
    const look: Look = { ...at, side, job: null, running: begun ? [] : at.jobs[side] };
    // What only watches is watched again once something was done.
    if (step.done(look, settings) && step.proof(settings) === 0 && !(begun && effect === null && !step.lasting)) {
      foreseen.push({ name, label, cmdlet, side, effect, does: 'skip' });
      continue;
    }
    const running = step.underWay(look) !== null;
    foreseen.push({ name, label, cmdlet, side, effect, does: effect === null || running ? 'watch' : 'do' });
    if (!begun) underWay = running && effect !== null;
    if (!running && !step.done(look, settings)) {
      const readiness = step.readiness(look, settings);
      if (readiness.is === 'blocked') blocked.push({ step: name, failure: readiness.failure });
      else if (readiness.is === 'wait' && !begun) waits = readiness.why;
      // What follows a step that can not be taken is not known.
      if (readiness.is === 'blocked') return { steps: [...foreseen, ...rest(steps, foreseen.length)], blocked, waits, underWay };
    }
    begun = true;
    at = after(name, at);
  }
  return { steps: foreseen, blocked, waits, underWay };
}

function rest(steps: readonly Step[], from: number): readonly ForeseenStep[] {
  return steps
    .slice(from)
    .map(({ name, label, cmdlet, side, effect }) => ({ name, label, cmdlet, side, effect, does: effect ? 'do' : 'watch' }));
}

/** How things stand once a step is achieved. */
function after(step: StepName, scene: Scene): Scene {
  const { home, away } = scene;
  switch (step) {
    case 'failback':
      return { ...scene, home: relation(home, { state: ReplicationState.FailbackComplete }) };
    case 'commit':
      return away
        ? { ...scene, away: relation(away, { state: ReplicationState.Committed }) }
        : { ...scene, home: relation(home, { state: ReplicationState.Committed }) };
    case 'replica':
      return { ...scene, home: replica(home, ReplicationState.WaitingToCompleteInitialReplication) };
    case 'reverse':
      return reversed(scene);
    case 'copy':
    case 'resynchronize':
      return replicating(scene);
    case 'resume':
      return away?.replication?.state === ReplicationState.ResynchronizationSuspended
        ? { ...scene, away: relation(away, { state: ReplicationState.Resynchronizing }) }
        : replicating(scene);
    case 'shutdown':
      return { ...scene, away: away && powered(away, EnabledState.Off) };
    case 'prepare':
      return { ...scene, away: away && relation(away, { state: ReplicationState.SyncedReplicationComplete }) };
    case 'failover':
      return { ...scene, home: relation(home, { state: ReplicationState.Recovered, failedOverType: ReplicationType.Planned }) };
    case 'start':
      return { ...scene, home: powered(home, EnabledState.Running) };
    case 'protect':
      return { ...scene, home: primary(home, ReplicationState.Replicating), away: away && replica(away, ReplicationState.Replicating) };
    case 'testReplica':
      return { ...scene, test: powered({ ...home, mode: ReplicationMode.TestReplica, testReplica: null }, EnabledState.Off) };
    case 'startTest':
      return { ...scene, test: scene.test && powered(scene.test, EnabledState.Running) };
    case 'removeTest':
      return { ...scene, test: null };
    default:
      return scene;
  }
}

function reversed(scene: Scene): Scene {
  const { home, away } = scene;
  if (!away) return { ...scene, home: primary(home, ReplicationState.ReadyForReplication) };
  const planned = isPlannedAway(pairOf({ ...scene, side: 'away', job: null, running: [] }));
  const [sends, receives] = planned
    ? [ReplicationState.Replicating, ReplicationState.Replicating]
    : [ReplicationState.ReadyForReplication, ReplicationState.WaitingToCompleteInitialReplication];
  return { ...scene, away: primary(away, sends), home: replica(home, receives) };
}

function replicating(scene: Scene): Scene {
  const { home, away } = scene;
  const state = ReplicationState.Replicating;
  return { ...scene, home: relation(home, { state }), away: away && relation(away, { state }) };
}

function primary(vm: VmObservation, state: number): VmObservation {
  return { ...relation(vm, { state, failedOverType: ReplicationType.None }), mode: ReplicationMode.Primary };
}

function replica(vm: VmObservation, state: number): VmObservation {
  return { ...relation(vm, { state, failedOverType: ReplicationType.None }), mode: ReplicationMode.Replica };
}

/** What a step achieves, it achieves in good health. */
function relation(vm: VmObservation, change: Partial<ReplicationObservation>): VmObservation {
  const before = vm.replication ?? { state: 0, health: 0, failedOverType: 0, lastReplicationTime: null };
  return { ...vm, replication: { ...before, health: ReplicationHealth.Ok, ...change } };
}

function powered(vm: VmObservation, power: number): VmObservation {
  return { ...vm, power, healthState: HEALTHY, operationalStatus: [OperationalStatus.Ok] };
}

const HEALTHY = 5;
