import { describeJobState, jobPhase } from '../src/domain/cim-job.ts';
import type { Failure } from '../src/domain/failure.ts';
import { jobFailure } from '../src/domain/job-failure.ts';
import { describePower } from '../src/domain/power.ts';
import { describeReplicationState } from '../src/domain/replication.ts';
import { type FailbackContext, type HostObserved, lookOf, stepOf } from './failback-context.ts';
import type { Look } from './step.ts';

/** What a fresh look means before the call of a step. */
export type Before = 'missing' | 'done' | 'under-way' | 'ready' | 'wait' | 'blocked';

export function judgeBefore(context: FailbackContext, event: HostObserved): Before {
  const look = lookOf(event);
  if (!look) return 'missing';
  const step = stepOf(context);
  if (step.done(look)) return 'done';
  if (step.underWay(look)) return 'under-way';
  return step.readiness(look, context.member.settings).is;
}

/**
 * What a fresh look means while the operation of a step is followed:
 * - `going`: the host is at work
 * - `found`: a job of ours that we did not know yet
 * - `failed`: the job failed and the VM is back where the step may start again
 * - `vanished`: the job is gone and nothing shows that it worked
 * - `unsettled`: the job is over (or there never was one), but what should follow is not there yet
 */
export type During = 'missing' | 'done' | 'going' | 'found' | 'failed' | 'vanished' | 'unsettled';

export function judgeDuring(context: FailbackContext, event: HostObserved): During {
  const look = lookOf(event);
  if (!look) return 'missing';
  const step = stepOf(context);
  if (step.done(look)) return 'done';
  const underWay = step.effect === null ? null : step.underWay(look);
  if (context.jobId === null) {
    if (underWay?.jobId) return 'found';
    return underWay ? 'going' : 'unsettled';
  }
  if (!look.job) return underWay ? 'going' : 'vanished';
  switch (jobPhase(look.job.jobState, look.job.errorCode)) {
    case 'running':
      return 'going';
    case 'succeeded':
      return underWay ? 'going' : 'unsettled';
    case 'odd':
      return 'unsettled';
    case 'failed':
      return underWay || step.readiness(look, context.member.settings).is === 'blocked' ? 'unsettled' : 'failed';
  }
}

/** Why a step that is `blocked` or `missing` can not go on. */
export function obstacle(context: FailbackContext, event: HostObserved): Failure {
  const look = lookOf(event);
  if (!look) {
    return {
      class: 'operator',
      code: 'vm.not-found',
      message: `host ${context.member.host} does not have the VM ${context.member.vmId} (any more)`,
      remedy: 'Find the host that owns the VM now (a cluster move?), correct the plan and start a new run for it.',
    };
  }
  const readiness = stepOf(context).readiness(look, context.member.settings);
  if (readiness.is === 'blocked') return readiness.failure;
  return unsettled(context, look);
}

/** A VM that waits for the host to get ready, in words. */
export function waitingFor(context: FailbackContext, event: HostObserved): Failure | null {
  const look = lookOf(event);
  const readiness = look && stepOf(context).readiness(look, context.member.settings);
  return readiness?.is === 'wait' ? { class: 'retryable', code: 'host.busy', message: `waiting: ${readiness.why}` } : null;
}

/** Why a followed job failed; only for looks judged `failed`. */
export function failureOfJob(event: HostObserved): Failure {
  if (!event.job) throw new RangeError('no job in this look');
  return jobFailure(event.job);
}

/** The state that should follow is not there, in words. */
export function unsettled(context: FailbackContext, look: Look): Failure {
  const step = stepOf(context);
  const state = look.vm.replication ? describeReplicationState(look.vm.replication.state) : 'none';
  const job = look.job;
  const failed = job && jobPhase(job.jobState, job.errorCode) === 'failed';
  if (failed) {
    const failure = jobFailure(job);
    return { ...failure, class: 'operator', message: `${failure.message}; replication state stays ${state}` };
  }
  const about = job ? `its job is in state ${describeJobState(job.jobState)}` : 'it has no job';
  return {
    class: 'operator',
    code: job ? 'job.stuck' : 'state.unexpected',
    message: `${step.label} was accepted and ${about}, but replication state is ${state} and the VM is ${describePower(look.vm.power)}`,
    remedy:
      'Look at the provider and the Hyper-V-VMMS/Admin log. Do not start the VM before its replication state is 14. Then retry or cancel.',
  };
}

export function vanished(context: FailbackContext): Failure {
  return {
    class: 'reconcile',
    code: 'job.vanished',
    message: `job ${context.jobId ?? ''} is gone from host ${context.member.host} and nothing shows that it worked`,
    remedy: "Jobs disappear five minutes after their end and when VMMS restarts: read the host's Hyper-V-VMMS/Admin log.",
  };
}

export function deadlinePassed(context: FailbackContext, phase: 'step' | 'job'): Failure {
  const step = stepOf(context);
  const limit = Math.round(context.member.settings.timeouts[phase] / 1000);
  return {
    class: 'operator',
    code: 'deadline.passed',
    message:
      phase === 'step'
        ? `the host was not ready for ${step.label} within ${limit} s${context.failure ? ` (${context.failure.message})` : ''}`
        : `${step.label} was accepted but is not achieved after ${limit} s`,
    remedy:
      phase === 'step'
        ? 'Remove what keeps the VM busy, then retry.'
        : 'Look at the provider on the host; the copy may still run. Do not start the VM. Retry goes on watching, cancel quarantines.',
  };
}
