import { bothRun, isHomeward, isProtected } from '../../machines/pair.ts';
import type { StepName } from '../../machines/step.ts';
import { stepsFor } from '../../machines/strategies.ts';
import { jobPhase } from '../domain/cim-job.ts';
import type { MemberSettings } from '../domain/member.ts';
import type { JobObservation, VmObservation } from '../domain/observation.ts';
import { describePower, EnabledState } from '../domain/power.ts';
import {
  describeReplicationMode,
  describeReplicationState,
  ReplicationMode,
  ReplicationState,
  ReplicationType,
} from '../domain/replication.ts';
import type { Plan } from '../plan/plan.ts';
import type { PreflightReason, PreflightResult } from '../plan/preflight-conditions.ts';
import type { ResolvedMember } from '../plan/resolved-member.ts';
import { byteWords } from '../report/byte-words.ts';
import { type Foreseen, type ForeseenStep, foresee, type Scene } from './foresee-steps.ts';
import { type Inventory, sightOf } from './look-at-hosts.ts';
import type { CloserLook } from './look-closer.ts';
import { guestReasons, receiverReasons, type Side } from './pair-findings.ts';

/** What a run would do about one machine. */
export interface Prospect {
  /** How it stands, in words. */
  readonly stands: string;
  readonly steps: readonly ForeseenStep[];
  readonly toMove: ToMove;
}

/** Data that is still to be sent before the machine can come home. */
export interface ToMove {
  /** Null: not known. */
  readonly bytes: number | null;
  readonly words: string;
}

export interface Checked {
  readonly result: PreflightResult;
  readonly prospect: Prospect | null;
}

/**
 * Pre-flight of a machine with two hosts, or of a drill: by the steps of its lifecycle. Null: not to be seen any more.
 * @param now ms since the epoch
 */
export function preflightBySteps(
  member: ResolvedMember,
  plan: Plan,
  inventory: Inventory,
  closer: CloserLook,
  now: number,
): Checked | null {
  const settings = settingsOf(member);
  const home = sideOf(plan, inventory, closer, member.host, member.vmId);
  if (!home) return null;
  if (settings.strategy === 'drill') return preflightDrill(member, settings, home, inventory);
  const away = member.partner === null ? null : sideOf(plan, inventory, closer, member.partner, member.vmId);
  if (!away) return null;
  const scene: Scene = {
    home: home.vm,
    away: away.vm,
    hosts: { home: home.host, away: away.host },
    statistics: closer.statistics.get(member.vmId) ?? null,
    test: null,
    jobs: { home: home.jobs, away: away.jobs },
  };
  const foreseen = foresee(stepsFor(settings, 'forth'), scene, settings);
  const todo = foreseen.steps.filter(({ does }) => does === 'do').map(({ name }) => name);
  const reasons = [
    ...pairReasons(home, away, foreseen),
    ...receiverReasons(home, away, todo),
    ...guestReasons(away, closer.heartbeats.get(member.vmId), settings.reverse, todo),
  ];
  return {
    result: resultOf(member, foreseen, reasons),
    prospect: {
      stands: `${positionWords(foreseen, home, away)} · ${sideWords(home)} · ${sideWords(away)}`,
      steps: foreseen.steps,
      toMove: toMoveOf(foreseen, home, away, scene.statistics?.pendingBytes ?? null, settings, now),
    },
  };
}

function preflightDrill(member: ResolvedMember, settings: MemberSettings, home: SeenSide, { hosts }: Inventory): Checked {
  const seen = hosts.get(member.host);
  const test = (seen && home.vm.testReplica !== null && sightOf(seen, home.vm.testReplica)?.vm) || null;
  const scene: Scene = {
    home: home.vm,
    away: null,
    hosts: { home: home.host, away: home.host },
    statistics: null,
    test,
    jobs: { home: home.jobs, away: [] },
  };
  const foreseen = foresee([...stepsFor(settings, 'forth'), ...stepsFor(settings, 'back')], scene, settings);
  const reasons = [...member.obstacles, ...(test ? [testIsThere(home, test)] : []), ...stepReasons(foreseen)];
  return {
    result: resultOf(member, foreseen, reasons),
    prospect: {
      stands: sideWords(home),
      steps: foreseen.steps,
      toMove: { bytes: 0, words: 'nothing: the replica is tried out where it is' },
    },
  };
}

/** The member's settings as its lifecycle will have them. */
export function settingsOf({ settings: { critical: _, ...settings }, strategy }: ResolvedMember): MemberSettings {
  return { ...settings, strategy: strategy ?? 'provider' };
}

interface SeenSide extends Side {
  readonly jobs: readonly JobObservation[];
}

function sideOf({ hosts: planned }: Plan, { hosts }: Inventory, closer: CloserLook, host: string, vmId: string): SeenSide | null {
  const seen = hosts.get(host);
  const sight = seen && sightOf(seen, vmId);
  if (!seen || !sight) return null;
  return {
    host,
    broker: planned.find(({ name }) => name === host)?.broker ?? null,
    vm: sight.vm,
    jobs: sight.jobs.filter(({ jobState, errorCode }) => jobPhase(jobState, errorCode) === 'running'),
    settings: seen.settings.get(vmId),
    receiver: closer.receivers.get(host),
  };
}

function resultOf(member: ResolvedMember, foreseen: Foreseen, reasons: readonly PreflightReason[]): PreflightResult {
  const { strategy } = member;
  const why = [...member.why, ...(foreseen.waits === null ? [] : [`the first step has to wait: ${foreseen.waits}`])];
  if (reasons.length > 0) return { verdict: 'blocked', strategy, why, reasons };
  const changes = foreseen.steps.some(({ name, does }) => does === 'do' && name !== 'probe');
  const verdict = foreseen.underWay ? 'already-under-way' : changes ? 'ready' : 'already-done';
  return { verdict, strategy, why, reasons: [] };
}

function stepReasons({ blocked }: Foreseen): readonly PreflightReason[] {
  return blocked.map(({ step, failure: { message, remedy } }) => ({
    code: 'step',
    message: `step ${step}: ${message}`,
    remedy: remedy ?? 'Look at the VM on both hosts before anything else.',
  }));
}

/** What stands in the way of the pair, in the plainest words there are for it. */
function pairReasons(home: Side, away: Side, foreseen: Foreseen): readonly PreflightReason[] {
  if (bothRun({ home: home.vm, away: away.vm })) return [splitBrain(home, away)];
  return isThereAlready(home, away) && foreseen.blocked.length > 0 ? [failedOverAlready(home, away)] : stepReasons(foreseen);
}

/** An unplanned failover to where it is to go. */
function isThereAlready({ vm }: Side, away: Side): boolean {
  const failedOver: readonly (number | undefined)[] = [ReplicationState.Recovered, ReplicationState.Committed];
  return (
    vm.mode === ReplicationMode.Replica &&
    failedOver.includes(vm.replication?.state) &&
    vm.replication?.failedOverType !== ReplicationType.Planned &&
    away.vm.mode === ReplicationMode.Primary
  );
}

function failedOverAlready(home: Side, away: Side): PreflightReason {
  return {
    code: 'state',
    message: `the VM was failed over to ${home.host} already, and not as planned: ${sideWords(home)}; ${sideWords(away)}`,
    remedy: `There is nothing to move. To bring it back to ${away.host} use the other intent; to keep it, commit the failover and reverse the replication by hand.`,
  };
}

function splitBrain(home: Side, away: Side): PreflightReason {
  return {
    code: 'both-running',
    message: `both copies run: ${sideWords(home)}; ${sideWords(away)}: each has data the other lacks`,
    remedy: 'Decide which copy counts, save from the other what is needed, and turn that one off.',
  };
}

function testIsThere({ host }: Side, { name }: VmObservation): PreflightReason {
  return {
    code: 'step',
    message: `there is a test replica on ${host} already (${name}): somebody tries it out, or a drill was interrupted`,
    remedy: 'End that test failover (Stop-VMFailover). To take it over and remove it, adopt the plan with --intent drill.',
  };
}

/** "hv-dr-01: replica, state 5 (recovered), power 2 (running)". */
function sideWords({ host, vm }: Side): string {
  const role =
    vm.mode === ReplicationMode.Primary
      ? 'primary'
      : vm.mode === ReplicationMode.Replica
        ? 'replica'
        : `mode ${describeReplicationMode(vm.mode)}`;
  return `${host}: ${role}, state ${describeReplicationState(vm.replication?.state ?? ReplicationState.Disabled)}, power ${describePower(vm.power)}`;
}

/** Where a pair stands, by the first step that is still to be done. */
const POSITIONS: Readonly<Partial<Record<StepName, string>>> = {
  commit: 'failed over, not committed',
  replica: 'failover committed, the old copy is not a replica yet',
  reverse: 'failed over, replication not reversed',
  copy: 'replication reversed, first copy not made',
  resume: 'replication is suspended',
  resynchronize: 'a resynchronisation is needed',
  inSync: 'replicates, catching up',
  shutdown: 'replicates, in sync',
  prepare: 'shut down, not prepared',
  failover: 'prepared, not failed over',
  start: 'failed over, not started',
  protect: 'runs, its failover is not final',
};

function positionWords({ steps, underWay }: Foreseen, home: Side, away: Side): string {
  const next = steps.find(({ name, does }) => does === 'do' || (does === 'watch' && name !== 'verify' && name !== 'hold'));
  if (!next || next.name === 'probe') return `at ${home.host} and protected`;
  if (next.name === 'start' && isProtected({ home: home.vm, away: away.vm })) return `at ${home.host} and protected, not started`;
  if (underWay && next.name === 'copy') return 'the first copy is going on';
  if (underWay && next.name === 'resynchronize') return 'a resynchronisation is going on';
  return POSITIONS[next.name] ?? `next is ${next.name}`;
}

function toMoveOf(
  { steps }: Foreseen,
  home: Side,
  away: Side,
  pendingBytes: number | null,
  { reverse: { firstCopy, copyAt } }: MemberSettings,
  now: number,
): ToMove {
  const isOpen = (step: StepName) => steps.some(({ name, does }) => name === step && does !== 'skip');
  const begins = (step: StepName) =>
    copyAt !== null && Date.parse(copyAt) > now && steps.some(({ name, does }) => name === step && does === 'do');
  const pair = { home: home.vm, away: away.vm };
  if (!isOpen('failover')) return { bytes: 0, words: `nothing: its data is at ${home.host}` };
  if (!isOpen('prepare')) return { bytes: 0, words: 'nothing: the last changes were sent' };
  const later = begins('copy') || begins('resynchronize') ? `; it begins at ${copyAt}` : '';
  if (
    isOpen('copy') &&
    !(isHomeward(pair) && pendingBytes !== null && away.vm.replication?.state !== ReplicationState.ReadyForReplication)
  ) {
    const what = firstCopy === 'seeded' ? `what differs from the disks at ${home.host} shows once they are compared` : 'all of its disks';
    return { bytes: null, words: `unknown: ${what}${later}` };
  }
  if (isOpen('resynchronize')) return { bytes: null, words: `unknown: what differs shows once the disks are compared${later}` };
  if (pendingBytes === null) return { bytes: null, words: `unknown: ${away.host} has no statistics of it` };
  const grows = away.vm.power === EnabledState.Running ? ', and what it writes until it is shut down' : '';
  return { bytes: pendingBytes, words: `${byteWords(pendingBytes)}${grows}` };
}
