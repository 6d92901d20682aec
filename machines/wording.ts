import { describeJobState, jobPhase } from '../src/domain/cim-job.ts';
import type { Failure } from '../src/domain/failure.ts';
import { jobFailure } from '../src/domain/job-failure.ts';
import { describePower } from '../src/domain/power.ts';
import { describeReplicationState } from '../src/domain/replication.ts';
import {
  canTurnBack,
  type FailbackContext,
  type HostObserved,
  hostOf,
  mayBeAtWork,
  mayBeCopying,
  patienceOf,
  retryOf,
  stepOf,
  stepsOf,
} from './failback-context.ts';
import { judgeBefore, judgeDuring, readinessOf } from './judgement.ts';
import { bothRun } from './pair.ts';
import { lookOf } from './sight.ts';
import { type Look, ownVm, pairOf } from './step.ts';
import { bothRunning, standing } from './wording-two-sided.ts';

/** Why a step that is `blocked` or `missing` can not go on. */
export function obstacle(context: FailbackContext, event: HostObserved): Failure {
  const look = lookOf(context, event);
  if (!look) {
    return {
      class: 'operator',
      code: 'vm.not-found',
      message: `host ${event.vm ? hostOf(context) : hostOf(context, event.side)} does not have the VM ${context.member.vmId} (any more)`,
      remedy: 'Find the host that owns the VM now (a cluster move?), correct the plan and start a new run for it.',
    };
  }
  if (look.away && bothRun(pairOf(look))) return bothRunning(context, look);
  const readiness = readinessOf(context, look);
  if (readiness.is === 'blocked') return readiness.failure;
  return unsettled(context, look);
}

/** The question of an adopted run that can not tell whether its VM is still to come home; null when it can. */
export function unclear(context: FailbackContext, event: HostObserved): Failure | null {
  const { doubt, attempt, member } = context;
  const look = lookOf(context, event);
  if (!look || !member.adopt || doubt !== 'effect' || attempt > 0) return null;
  const before = judgeBefore(context, event);
  if (before !== 'ready' && before !== 'blocked') return null;
  return stepOf(context).unclear?.(look, member.settings) ?? null;
}

/** A VM that waits for the host to get ready; null when the look says anything else. */
export function waitingFor(context: FailbackContext, event: HostObserved): Failure | null {
  const look = lookOf(context, event);
  const readiness = look && readinessOf(context, look);
  return readiness?.is === 'wait' ? { class: 'retryable', code: 'host.busy', message: `waiting: ${readiness.why}` } : null;
}

/** A report that does not say what became of the call. */
export function unknownOutcome(context: FailbackContext, message: string | undefined): Failure {
  return {
    class: 'reconcile',
    code: 'internal',
    message: `what became of ${stepOf(context).label} is not known: ${message ?? 'its report is empty'}`,
    remedy: 'Nothing to do: the host is looked at before anything else.',
  };
}

/** A call, answered or not, of which nothing is to be seen after the time of doubt. */
export function nothingThere(context: FailbackContext): Failure {
  return {
    class: 'retryable',
    code: 'state.unexpected',
    message: `${stepOf(context).label} left no trace on the host`,
    remedy: "Read the host's Hyper-V-VMMS/Admin event log for the reason.",
  };
}

/** The last failure of a lifecycle that has ended `failed`: what would be tried again is not tried any more. */
export function givenUp(context: FailbackContext, last: Failure): Failure {
  if (last.class !== 'retryable' && last.class !== 'reconcile') return last;
  const cause = last.class === 'retryable' && last.remedy ? last.remedy : "Read the host's Hyper-V-VMMS/Admin event log for the reason.";
  return {
    ...last,
    message: `${last.message}; given up after ${context.attempt} of ${retryOf(context).attempts} calls`,
    remedy: `${cause} Then retry.`,
  };
}

/** Why the followed job failed; null unless the look, at both sides where there are two, shows the job. */
export function failureOfJob(context: FailbackContext, event: HostObserved): Failure | null {
  const job = lookOf(context, event)?.job;
  if (!job) return null;
  const { cancel, jobMeanings } = stepOf(context);
  const failure = jobFailure(job, jobMeanings);
  if (cancel !== 'quarantine') return failure;
  return { ...failure, remedy: `Do not start the VM: its disks may be half copied. ${failure.remedy ?? ''}`.trimEnd() };
}

function whatCancelDoes(context: FailbackContext): string {
  const { member, course } = context;
  if (canTurnBack(context))
    return member.settings.strategy === 'drill'
      ? 'cancel removes the test replica'
      : `cancel takes the failover to ${hostOf(context, 'home')} back and starts the VM on host ${hostOf(context, 'away')}`;
  return course === 'back' ? 'cancel leaves the way back where it is' : 'cancel leaves the VM as it is';
}

/** The state that should follow is not there. */
export function unsettled(context: FailbackContext, look: Look): Failure {
  const step = stepOf(context);
  const vm = ownVm(look);
  const { job } = look;
  const state = vm.replication ? describeReplicationState(vm.replication.state) : 'none';
  if (step.effect === null) {
    return {
      class: 'operator',
      code: 'state.unexpected',
      message: `the VM is not ${step.label}: it is ${describePower(vm.power)}, health state ${vm.healthState}, operational status ${vm.operationalStatus[0] ?? 'none'}`,
      remedy: `Look at the VM on host ${hostOf(context)}. Retry goes on watching it, ${whatCancelDoes(context)}.`,
    };
  }
  if (job && jobPhase(job.jobState, job.errorCode) === 'failed') {
    const failure = jobFailure(job, step.jobMeanings);
    return {
      ...failure,
      class: 'operator',
      message: `${failure.message}; replication state is ${state} and the VM is ${describePower(vm.power)}`,
    };
  }
  const about = job ? `its job is in state ${describeJobState(job.jobState)}` : 'it has no job';
  return {
    class: 'operator',
    code: job ? 'job.stuck' : 'state.unexpected',
    message: `${step.label} was accepted and ${about}, but replication state is ${state} and the VM is ${describePower(vm.power)}`,
    remedy:
      step.cancel === 'quarantine'
        ? 'Look at the provider and the Hyper-V-VMMS/Admin log. Do not start the VM before its replication state is 14. Then retry or cancel.'
        : `Look at the VM on host ${hostOf(context)} and its Hyper-V-VMMS/Admin log. Retry looks again before it calls, ${whatCancelDoes(context)}.`,
  };
}

export function vanished(context: FailbackContext): Failure {
  return {
    class: 'reconcile',
    code: 'job.vanished',
    message: `job ${context.jobId ?? ''} is gone from host ${hostOf(context)} and nothing shows that it worked`,
    remedy: "Jobs disappear five minutes after their end and when VMMS restarts: read the host's Hyper-V-VMMS/Admin log.",
  };
}

export function deadlinePassed(context: FailbackContext, phase: 'step' | 'job'): Failure {
  const { label, effect } = stepOf(context);
  const limit = phase === 'job' ? patienceOf(context) : context.member.settings.timeouts.step;
  const within = `within ${Math.round(limit / 1000)} s`;
  const why = context.failure ? ` (${context.failure.message})` : '';
  const seen = lastSeen(context);
  if (phase === 'step') {
    const inDoubt = mayBeAtWork(context) ? `what became of ${label} was not found out` : `the host was not ready for ${label}`;
    return {
      class: 'operator',
      code: 'deadline.passed',
      message: `${effect === null ? `the VM was not ${label}` : inDoubt} ${within}${why}${seen}`,
      remedy: mayBeCopying(context)
        ? 'Do not start the VM: a copy may be at work. Make the host reachable, or remove what keeps the VM busy, then retry: the host is looked at before anything is called. Cancel quarantines.'
        : 'Remove what keeps the VM busy, or make the host reachable, then retry.',
    };
  }
  return {
    class: 'operator',
    code: 'deadline.passed',
    message:
      effect === null ? `the VM was not ${label} ${within}${why}${seen}` : `${label} has begun but is not achieved ${within}${why}${seen}`,
    remedy:
      stepOf(context).cancel === 'quarantine'
        ? 'Look at the provider on the host; the copy may still run. Do not start the VM. Retry goes on watching, cancel quarantines.'
        : 'Look at the VM on the host. Retry goes on watching.',
  };
}

/** A deadline that is believed: what is said about it is what the last look shows. */
export function overdue(context: FailbackContext, event: HostObserved): Failure | null {
  const { failure } = context;
  const look = lookOf(context, event);
  const now = look && judgeDuring(context, event) === 'unsettled' ? unsettled(context, look) : null;
  if (failure?.code === 'deadline.passed') return deadlinePassed({ ...context, failure: now }, 'job');
  if (now && (look?.job || context.jobId === null)) return now;
  return failure && { ...failure, message: `${failure.message}${lastSeen(context)}` };
}

/** A cancel that ends the lifecycle with nothing of a copy at work or left behind; null when there is nothing to tell. */
export function cancelledBefore(context: FailbackContext): Failure | null {
  const { failure, step } = context;
  const { label } = stepOf(context);
  const last = failure ? ` (${failure.message})` : '';
  const base: Failure = failure ?? { class: 'operator', code: 'command.refused', message: '' };
  if (context.member.partner !== null) {
    const begun = step > 0 || context.attempt > 0 || context.touched;
    if (!begun && !failure) return null;
    return {
      ...base,
      class: 'operator',
      message: `cancelled before ${label} was seen through${last}: ${standing(context)}`,
      remedy: mayBeAtWork(context)
        ? `${label} may still be at work on host ${hostOf(context)}: it goes on there. ${AGAIN_FROM_HERE}`
        : AGAIN_FROM_HERE,
    };
  }
  if (step > 0) {
    const atWork = mayBeAtWork(context) ? `${label} may still be at work on the host. ` : '';
    return {
      ...base,
      class: 'operator',
      message: `the data is home; cancelled before the VM was seen through ${label}${last}`,
      remedy: `${atWork}The data at home is whole. Go on by hand, or run the plan again.`,
    };
  }
  if (!failure) return null;
  return {
    ...base,
    class: 'operator',
    message: `cancelled before ${label} was seen to begin${last}`,
    remedy: 'This run has begun nothing on the VM. To bring it home, run the plan again.',
  };
}

/** Cancelled after the copy broke off: nothing runs, nothing was called. */
export function brokenOff({ failure }: FailbackContext): Failure {
  return {
    class: 'operator',
    code: 'state.unexpected',
    message: `cancelled after the failback had broken off${failure ? ` (${failure.message})` : ''}: nothing of it runs, and the disks at home may be inconsistent`,
    remedy: AGAIN,
  };
}

/** What became of a cancel that came while a step could only be finished. */
export function heldAfter(context: FailbackContext): Failure {
  const done = stepsOf(context)[context.step - 1];
  const paired = context.member.partner !== null;
  return {
    class: 'operator',
    code: 'command.refused',
    message: `${done?.label ?? 'the step'} was complete before the cancel took effect: nothing after it was done${paired ? `; ${standing(context)}` : ''}`,
    remedy: paired ? AGAIN_FROM_HERE : 'The data at home is whole. Go on by hand, or run the plan again.',
  };
}

const AGAIN_FROM_HERE =
  'Nothing has to be undone. To go on, run the plan again with the same intent: it goes on from where the pair stands.';

const AGAIN = 'Do not start the VM. Run the failback of this VM again (failback retry) before anything else.';

/** A copy that was, or may have been, at work has ended without state 14. */
export function copyInterrupted({ touched, attempt }: FailbackContext): Failure {
  const when = touched || attempt > 0 ? 'after the failback had begun' : 'before it was known whether a failback had begun';
  return {
    class: 'operator',
    code: 'state.unexpected',
    message: `cancelled ${when}: the disks at home may be inconsistent`,
    remedy: AGAIN,
  };
}

/** A copy that was told to end and was not seen to do so. */
export function copyNotEnded(context: FailbackContext): Failure {
  const limit = Math.round(context.member.settings.timeouts.settle / 1000);
  return {
    class: 'operator',
    code: 'state.unexpected',
    message: `cancelled, but the failback was not seen to end within ${limit} s${lastSeen(context)}: the copy may still run`,
    remedy: 'Do not start the VM. Look at the provider on the host, then run the failback of this VM again (failback retry).',
  };
}

function lastSeen({ seen }: FailbackContext): string {
  if (!seen) return '; the VM was never seen';
  const state = seen.state === null ? 'none' : describeReplicationState(seen.state);
  return `; last seen: replication state ${state}, VM ${describePower(seen.power)}`;
}
