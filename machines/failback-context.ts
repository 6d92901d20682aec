import type { WatchInput } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberInput } from '../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../src/domain/observation.ts';
import { providerSteps } from './provider-steps.ts';
import type { Look, Step } from './step.ts';

/** What a lifecycle remembers beside its state. `member` is fixed; everything else fits in a few hundred bytes of JSON. */
export interface FailbackContext {
  readonly member: MemberInput;
  /** Index into the strategy's steps. */
  readonly step: number;
  /** Calls this step has intended so far. */
  readonly attempt: number;
  /** The job the current step follows. */
  readonly jobId: string | null;
  /**
   * What is open about an earlier call, until a look has answered it: whether it reached the host (`arrival`), or what the host
   * has made of it (`effect`: an answer that says nothing, or calls of a run that is gone).
   */
  readonly doubt: 'arrival' | 'effect' | null;
  /** The step's operation has been at work and the step is not achieved: a copy may run, or may have been left half done. */
  readonly touched: boolean;
  /**
   * What of it was seen to have ended: its `job` (a copy may go on without one), or the whole `operation` (nothing of it runs any
   * more, what it has left is not to be trusted). Null as long as neither was seen. Nothing is called on a job that has ended.
   */
  readonly ended: 'job' | 'operation' | null;
  /** The last look, for people. */
  readonly seen: Seen | null;
  /** Why the lifecycle waits, backs off or has stopped. */
  readonly failure: Failure | null;
  readonly pauseRequested: boolean;
  readonly cancelRequested: boolean;
}

/** The last look in numbers of WMI; `job` is null when the followed job was not there. */
export interface Seen {
  readonly at: number;
  readonly power: number;
  readonly mode: number;
  readonly state: number | null;
  readonly health: number | null;
  readonly job: { readonly state: number; readonly error: number } | null;
}

/** Every event carries the runtime's clock, milliseconds since the epoch: the machine has none of its own. */
export type FailbackEvent =
  | { readonly type: 'failback.admit'; readonly at: number }
  | { readonly type: 'failback.pause'; readonly at: number }
  | { readonly type: 'failback.resume'; readonly at: number }
  | { readonly type: 'failback.cancel'; readonly at: number }
  | { readonly type: 'failback.retry'; readonly at: number }
  | HostObserved;

/** One look at the member's host. Only looks that began after the watch was registered are delivered. */
export interface HostObserved {
  readonly type: 'host.observed';
  readonly at: number;
  /** Null: the host does not have the VM (any more). */
  readonly vm: VmObservation | null;
  /** The followed job, null when none is followed or the host does not have it. */
  readonly job: JobObservation | null;
  /** Unfinished jobs that affect the VM, when the watch asked for all jobs. */
  readonly running: readonly JobObservation[];
}

/** Calls that nobody has followed to their end may be at work on the host: look and wait before the next one. */
export function mayBeAtWork({ doubt, touched, ended }: FailbackContext): boolean {
  return doubt !== null || (touched && ended !== 'operation');
}

/** Leaving now may leave a data copy running. */
export function mayBeCopying(context: FailbackContext): boolean {
  return stepOf(context).cancel === 'quarantine' && mayBeAtWork(context);
}

/** Nothing runs, but a data copy that did has not reached its end: the disks are not to be trusted. */
export function copyBrokeOff(context: FailbackContext): boolean {
  return stepOf(context).cancel === 'quarantine' && context.touched && !mayBeAtWork(context);
}

export function stepsOf(context: FailbackContext): readonly Step[] {
  return providerSteps(context.member.settings);
}

/** The step the lifecycle is in; the last one once all are achieved. */
export function stepOf(context: FailbackContext): Step {
  const steps = stepsOf(context);
  const step = steps[Math.min(context.step, steps.length - 1)];
  if (!step) throw new Error('a strategy has at least one step');
  return step;
}

/** Watches what the current step follows: its job, or every job of the VM as long as none is known. */
export function follow({ jobId }: FailbackContext, pace: WatchInput['pace']): WatchInput {
  return { jobId, allJobs: jobId === null, pace };
}

export function lookOf(event: { readonly type: string }): Look | null {
  if (event.type !== 'host.observed') return null;
  const { vm, job, running } = event as HostObserved;
  return vm ? { vm, job, running } : null;
}

export function seenIn(event: HostObserved): Seen | null {
  const { vm, job } = event;
  if (!vm) return null;
  return {
    at: event.at,
    power: vm.power,
    mode: vm.mode,
    state: vm.replication?.state ?? null,
    health: vm.replication?.health ?? null,
    job: job && { state: job.jobState, error: job.errorCode },
  };
}
