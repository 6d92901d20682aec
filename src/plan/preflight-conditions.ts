import { describeJobState, FAILBACK_JOB_TYPES, jobPhase } from '../domain/cim-job.ts';
import type { Strategy } from '../domain/member.ts';
import type { JobObservation, VmObservation } from '../domain/observation.ts';
import { describePower, EnabledState, OperationalStatus } from '../domain/power.ts';
import {
  describeReplicationHealth,
  describeReplicationMode,
  describeReplicationState,
  ReplicationHealth,
  ReplicationMode,
  ReplicationState,
} from '../domain/replication.ts';
import { isRecoveryMode } from './inventory.ts';
import type { ResolvedMember } from './resolved-member.ts';
import { startStateAdvice } from './start-state-advice.ts';

/**
 * - `ready`: a failback can start now
 * - `already-under-way`: state 13; a run watches it to its end and starts nothing
 * - `already-done`: state 14; a run goes on with what follows it
 * - `blocked`: `reasons` say why
 */
export type PreflightVerdict = 'ready' | 'already-under-way' | 'already-done' | 'blocked';

export type PreflightReasonCode =
  | 'not-replicated'
  | 'mode'
  | 'state'
  | 'power'
  | 'provider'
  | 'job'
  | 'site'
  | 'partner'
  | 'copies'
  | 'extended'
  | 'start'
  | 'step'
  | 'both-running'
  | 'receiver'
  | 'authorization'
  | 'guest-services'
  | 'replication-health'
  | 'machine-degraded';

export interface PreflightReason {
  readonly code: PreflightReasonCode;
  readonly message: string;
  readonly remedy: string;
}

export interface PreflightResult {
  readonly verdict: PreflightVerdict;
  /** The strategy that would be used; null when it cannot be told. */
  readonly strategy: Strategy | null;
  /** How the verdict came about, and what is worth knowing although it blocks nothing. */
  readonly why: readonly string[];
  /** Every reason at once; empty unless blocked. */
  readonly reasons: readonly PreflightReason[];
}

/**
 * Says whether a failback of one machine by its provider can start, from one look at its host. Looks at power, state, mode and jobs
 * separately and reports every reason at once.
 * @param jobs jobs that affect the machine; finished ones are passed over
 */
export function preflightMember(
  member: Pick<ResolvedMember, 'settings' | 'strategy' | 'why' | 'obstacles'>,
  observation: VmObservation,
  jobs: readonly JobObservation[],
): PreflightResult {
  const why: string[] = [];
  const { mode, replication } = observation;
  if (!replication) return blocked(null, why, [notReplicated()]);
  const { state } = replication;
  if (!isRecoveryMode(mode)) return blocked(null, why, [wrongMode(mode)]);
  why.push(`replication mode ${describeReplicationMode(mode)}, state ${describeReplicationState(state)}`);
  if (replication.health === ReplicationHealth.Warning) why.push('health 2 (warning) is normal after a failover');

  if (state === ReplicationState.FailbackInProgress || state === ReplicationState.FailbackComplete) {
    if (replication.health === ReplicationHealth.Critical)
      why.push(`replication health is ${describeReplicationHealth(replication.health)}: look at it`);
    const done = state === ReplicationState.FailbackComplete;
    if (!done && observation.power !== EnabledState.Off)
      why.push(`power is ${describePower(observation.power)}: a machine must stay off while its data comes back`);
    why.push(done ? 'the failback is complete: nothing is started again' : 'a failback is under way: it is watched, nothing is started');
    return { verdict: done ? 'already-done' : 'already-under-way', strategy: 'provider', why, reasons: [] };
  }

  const started = jobs.find((job) => FAILBACK_JOB_TYPES.includes(job.jobType) && jobPhase(job.jobState, job.errorCode) === 'running');
  if (started) {
    why.push(`failback job ${started.jobId} is running${ownerOf(started)}: it is watched, nothing is started`);
    return { verdict: 'already-under-way', strategy: 'provider', why, reasons: [] };
  }

  why.push(...member.why);
  if (observation.operationalStatus[0] === OperationalStatus.InService)
    why.push('another operation holds the machine (operational status 11, in service): the first attempts may be refused');
  const reasons = [
    ...wrongState(state, member.settings.startStates),
    ...wrongPower(observation.power),
    ...member.obstacles,
    ...jobs.flatMap(runningJob),
    ...criticalHealth(replication.health, state),
    ...degraded(observation.operationalStatus),
  ];
  if (reasons.length > 0) return blocked(member.strategy, why, reasons);
  return { verdict: 'ready', strategy: member.strategy, why, reasons };
}

function blocked(strategy: PreflightResult['strategy'], why: readonly string[], reasons: readonly PreflightReason[]): PreflightResult {
  return { verdict: 'blocked', strategy, why, reasons };
}

function notReplicated(): PreflightReason {
  return {
    code: 'not-replicated',
    message: 'the machine is not replicated',
    remedy: 'Take it out of the plan, or check that this is the host of the replica.',
  };
}

function wrongMode(mode: number): PreflightReason {
  const remedies: Readonly<Record<number, string>> = {
    [ReplicationMode.None]: 'Take it out of the plan, or check that this is the host of the replica.',
    [ReplicationMode.Primary]:
      'This is the side that sends: name the host of the replica with on:. After commit+reverse it means the failback is done.',
    [ReplicationMode.TestReplica]: 'This is the copy of a test failover: name the replica itself, and end the test failover.',
  };
  return {
    code: 'mode',
    message: `replication mode is ${describeReplicationMode(mode)}; a failback needs 2 (replica) or 4 (extended replica)`,
    remedy: remedies[mode] ?? 'Look at the machine on its host before anything else.',
  };
}

function wrongState(state: number, startStates: readonly number[]): PreflightReason[] {
  if (startStates.includes(state)) return [];
  const { why, remedy } = startStateAdvice(state);
  const starts = startStates.map(describeReplicationState).join(' or ');
  return [
    { code: 'state', message: `replication state is ${describeReplicationState(state)}: ${why}; a failback starts from ${starts}`, remedy },
  ];
}

function wrongPower(power: number): PreflightReason[] {
  if (power === EnabledState.Off) return [];
  const remedies: Readonly<Record<number, string>> = {
    [EnabledState.Running]: 'Shut the machine down: what it writes from now on would be overwritten.',
    [EnabledState.ShuttingDown]: 'Wait until the machine is off.',
    [EnabledState.Saved]: 'Start the machine and shut it down, or discard its saved state.',
    [EnabledState.Paused]: 'Resume the machine and shut it down.',
    [EnabledState.Starting]: 'Find out who started the machine, then shut it down.',
  };
  const remedy = remedies[power] ?? 'Look at the machine on its host, and turn it off.';
  return [{ code: 'power', message: `power is ${describePower(power)}; a failback needs ${describePower(EnabledState.Off)}`, remedy }];
}

function runningJob(job: JobObservation): PreflightReason[] {
  const phase = jobPhase(job.jobState, job.errorCode);
  if (phase !== 'running' && phase !== 'odd') return [];
  return [
    {
      code: 'job',
      message: `job ${job.jobId} of type ${job.jobType} is in state ${describeJobState(job.jobState)}${ownerOf(job)}`,
      remedy: 'Wait until the job ends.',
    },
  ];
}

function ownerOf({ owner }: JobObservation): string {
  return owner === null ? '' : `, started by ${owner}`;
}

/** State 8 says the same and has a reason of its own. */
function criticalHealth(health: number, state: number): PreflightReason[] {
  if (health !== ReplicationHealth.Critical || state === ReplicationState.Critical) return [];
  return [
    {
      code: 'replication-health',
      message: `replication health is ${describeReplicationHealth(health)}`,
      remedy: "Read the replication health report and the host's Hyper-V-VMMS/Admin event log, and correct the cause.",
    },
  ];
}

function degraded(operationalStatus: readonly number[]): PreflightReason[] {
  if (operationalStatus[0] !== OperationalStatus.Degraded) return [];
  return [
    {
      code: 'machine-degraded',
      message: 'operational status is 3 (degraded): the host has lost the storage of the machine',
      remedy: 'Bring the storage of the machine back online.',
    },
  ];
}
