import type { EffectInput, WatchInput } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberInput, RetrySettings, Side } from '../src/domain/member.ts';
import type { JobObservation, ReplicationStatistics, VmObservation } from '../src/domain/observation.ts';
import { isProtected } from './pair.ts';
import type { Sights } from './sight.ts';
import type { Step, StepName } from './step.ts';
import { type Course, stepsFor } from './strategies.ts';

/** What a lifecycle remembers beside its state. `member` is fixed; everything else fits in a few hundred bytes of JSON. */
export interface FailbackContext {
  readonly member: MemberInput;
  /** Whether the lifecycle is on its way to its goal or on the way back. */
  readonly course: Course;
  /** Index into the steps of the course. */
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
  /** What made it turn back; null on the way forth, and when it was a cancel. */
  readonly because: Failure | null;
  readonly pauseRequested: boolean;
  readonly cancelRequested: boolean;
  /** A person agreed to the step that needs it. */
  readonly approved: boolean;
  /** A person vouched that the copy on a host out of sight can not run. */
  readonly fenced: boolean;
  /** The time for the gentle call is over. */
  readonly forced: boolean;
  /** It moves data in bulk, or may: while it is at work it has a transfer slot of each of its hosts. */
  readonly transfer: boolean;
  /** Where the VM was found after it had left its host, by side. */
  readonly movedTo: Readonly<Partial<Record<Side, string>>>;
  /** The side whose host does not have the VM any more, while it is looked for on the others. */
  readonly lost: Side | null;
  /** What is known of the sides; stays empty in a strategy that knows only one. */
  readonly sights: Sights;
  /** Steps that were done before this run called anything for them. */
  readonly skipped: readonly StepName[];
  /** When this run stopped the VM and when it was verified at home, ms since the epoch. */
  readonly stoppedAt: number | null;
  readonly homeAt: number | null;
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
  | { readonly type: 'failback.approve'; readonly at: number }
  /** `vm` is the name a person typed: it must be the member's. */
  | { readonly type: 'failback.fence'; readonly at: number; readonly vm: string }
  /** Its turn to move data has come. */
  | { readonly type: 'slot.granted'; readonly at: number }
  | HostObserved;

/** One look at the member's VM on one host. Only looks that began after the watch was registered are delivered. */
export interface HostObserved {
  readonly type: 'host.observed';
  readonly at: number;
  /** Which Redis keeps the run: what another one kept may lack what followed. Unknown in rows of an earlier release. */
  readonly epoch?: string;
  readonly side: Side;
  /** The plan's name of the host. */
  readonly host: string;
  /** Null: the host does not have the VM (any more). */
  readonly vm: VmObservation | null;
  /** The followed job, null when none is followed or the host does not have it. */
  readonly job: JobObservation | null;
  /** Unfinished jobs that affect the VM, when the watch asked for all jobs. */
  readonly running: readonly JobObservation[];
  /** Replication statistics, when the watch asked for them and the host has some. */
  readonly statistics: ReplicationStatistics | null;
  /** The VM's test replica, when it has one. */
  readonly test: VmObservation | null;
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

export function stepsOf({ member, course }: FailbackContext): readonly Step[] {
  return stepsFor(member.settings, course);
}

/** The step the lifecycle is in; the last one once all are achieved. */
export function stepOf(context: FailbackContext): Step {
  const steps = stepsOf(context);
  const step = steps[Math.min(context.step, steps.length - 1)];
  if (!step) throw new Error('a course that is taken has at least one step');
  return step;
}

/** The plan's name of the host the current step acts on. */
export function hostOf(context: FailbackContext, side: Side = stepOf(context).side): string {
  const { host, partner } = context.member;
  return context.movedTo[side] ?? (side === 'home' ? host : (partner ?? host));
}

export function retryOf(context: FailbackContext): RetrySettings {
  const { settings } = context.member;
  return stepOf(context).retry?.(settings) ?? settings.retry;
}

/** From the accepted call of a step to the state that should follow, milliseconds. */
export function patienceOf(context: FailbackContext): number {
  const { settings } = context.member;
  return stepOf(context).patience?.(settings) ?? settings.timeouts.job;
}

/** The earliest time of the current step's call, ms since the epoch; 0 when it may be made at any time. */
export function notBeforeOf(context: FailbackContext): number {
  const { copyAt } = context.member.settings.reverse;
  return stepOf(context).moves === 'data' && copyAt !== null ? Date.parse(copyAt) : 0;
}

/** The current step may only be begun with a transfer slot, and there is none. */
export function needsTransferSlot(context: FailbackContext): boolean {
  return stepOf(context).moves === 'data' && !context.transfer;
}

/**
 * True between the stop of the VM and the moment its failover home becomes final, and as long as a drill has something to remove:
 * all that was done can be taken back.
 */
export function canTurnBack(context: FailbackContext): boolean {
  const { course, step, attempt, touched, doubt, skipped, member } = context;
  const begun = attempt > 0 || touched || doubt !== null;
  if (course === 'back') return false;
  if (member.settings.strategy === 'drill') return step > 0 || begun;
  if (isFinal(context)) return false;
  // Data may have to catch up once more after the stop.
  if (hasStopped(context)) return true;
  const steps = stepsOf(context);
  const first = steps.findIndex(({ cancel }) => cancel === 'revert');
  const last = steps.findLastIndex(({ cancel }) => cancel === 'revert');
  if (first < 0 || step < first || step > last + 1) return false;
  if (step === last + 1 && mayBeAtWork(context)) return false;
  // What somebody else did before is left as it was found.
  return (begun && step <= last) || steps.slice(first, step).some(({ name, effect }) => effect !== null && !skipped.includes(name));
}

/** Home was seen to be the primary: there is no failover left to be taken back. */
function isFinal({ sights: { home, away } }: FailbackContext): boolean {
  return home?.vm != null && away?.vm != null && isProtected({ home: home.vm, away: away.vm });
}

/** This run has stopped the VM away, or told it to stop, and is not beyond that step any more. */
export function hasStopped(context: FailbackContext): boolean {
  const stop = stepsOf(context).findIndex(({ name }) => name === 'shutdown');
  return context.course === 'forth' && context.stoppedAt !== null && context.step <= stop;
}

/** The VM was told to go down, and it is not known whether it does. */
export function isStopping(context: FailbackContext): boolean {
  return stepOf(context).name === 'shutdown' && (context.attempt > 0 || context.touched);
}

/** Watches what the current step follows: its job, or every job of the VM as long as none is known. */
export function follow(context: FailbackContext, pace: WatchInput['pace']): WatchInput {
  return watch(context, context.jobId, context.jobId === null, pace);
}

/** Watches everything that decides whether the step may start, or what became of it. */
export function lookAround(context: FailbackContext): WatchInput {
  return watch(context, null, true, 'soon');
}

/** Watches the VM alone. */
export function lookOn(context: FailbackContext): WatchInput {
  return watch(context, null, false, 'soon');
}

/** Watches every host the VM may have moved to. The look that finds it may let a call be made. */
export function lookEverywhere(context: FailbackContext): WatchInput {
  const side = context.lost ?? stepOf(context).side;
  const at = context.member.nodes[side].map((host) => ({ side, host }));
  return { side, at, sync: null, jobId: null, allJobs: true, pace: 'soon' };
}

/** Where a call of the current step goes. */
export function addressOf(context: FailbackContext): Pick<EffectInput, 'side' | 'host' | 'partner'> {
  const { side } = stepOf(context);
  const partner = context.member.partner === null ? null : hostOf(context, side === 'home' ? 'away' : 'home');
  return { side, host: hostOf(context, side), partner };
}

function watch(context: FailbackContext, jobId: string | null, allJobs: boolean, pace: WatchInput['pace']): WatchInput {
  const { side, looksAt, statistics } = stepOf(context);
  const sync = statistics ? context.member.settings.reverse.sync : null;
  const sides: readonly Side[] = looksAt === 'both' ? ['home', 'away'] : [side];
  return { side, at: sides.map((seen) => ({ side: seen, host: hostOf(context, seen) })), sync, jobId, allJobs, pace };
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
