import { JobState } from '../../domain/cim-job.ts';
import type { Host } from './host.ts';
import { createJob, endJob, type Job, type JobTrouble } from './job.ts';
import type { Interference, OperationPlan } from './operation-plan.ts';
import type { DueEvent } from './timeline.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** Work in progress on one machine; it holds the machine's lock from acceptance to its end. */
export interface Operation {
  /** Changes when the machine moves to another node. */
  host: Host;
  readonly vm: VirtualMachine;
  readonly plan: OperationPlan;
  readonly interference: Interference;
  /** Null when there is none (any more). */
  job: Job | null;
  phase: 'warming' | 'queued' | 'flowing' | 'stalled' | 'paused' | 'over';
  /** Work done, host milliseconds, up to `since`. */
  doneMs: number;
  /** When the work last started to flow; null while it does not. */
  since: number | null;
  next: DueEvent | null;
  readonly passed: Set<'vanish' | 'stall' | 'move'>;
}

/** Starts an operation. The machine must be free. */
export function startOperation(
  host: Host,
  vm: VirtualMachine,
  plan: OperationPlan,
  owner: string,
  interference: Interference = {},
): Operation {
  const { jobType: type, caption, cancellable } = plan;
  const job = plan.job === 'none' ? null : createJob(host, vm, { type, caption, owner, cancellable });
  const operation: Operation = {
    host,
    vm,
    plan,
    interference,
    job,
    phase: 'warming',
    doneMs: plan.doneMs ?? 0,
    since: null,
    next: null,
    passed: new Set(),
  };
  vm.operation = operation;
  if (job && plan.percentFollows !== false && plan.job !== 'at-acceptance') job.progress = () => fractionDone(operation);
  const warmUp = plan.warmUpMs ?? 0;
  if (warmUp > 0) operation.next = host.world.timeline.schedule(host.world.now() + warmUp, () => enter(operation));
  else enter(operation);
  return operation;
}

/** 0 to 1; an operation without work is done when it is over. */
function fractionDone(operation: Operation): number {
  const { workMs } = operation.plan;
  return workMs > 0 ? Math.min(1, workDone(operation) / workMs) : Number(operation.phase === 'over');
}

/** Bytes the operation has still to move. */
export function bytesLeft(operation: Operation): number {
  return (operation.plan.bytes ?? 0) * (1 - fractionDone(operation));
}

/** Ends the operation as failed; its job, if there is one, becomes an exception. */
export function failOperation(operation: Operation, trouble: JobTrouble): void {
  conclude(operation, () => operation.plan.failed(), JobState.Exception, trouble);
}

/** Ends the operation because somebody cancelled its job. */
export function cancelOperation(operation: Operation, state: number): void {
  conclude(operation, () => (operation.plan.cancelled ?? operation.plan.failed)(), state, null);
}

/** Holds the work where it is: a host went down. Does nothing to what is over or already held (a stalled operation stays stalled). */
export function pauseOperation(operation: Operation): void {
  if (operation.phase === 'over' || operation.phase === 'paused' || operation.phase === 'stalled') return;
  hold(operation, 'paused');
}

/** Takes a paused operation to another host. Its job stays behind and is lost. */
export function moveOperation(operation: Operation, host: Host): void {
  if (operation.job) operation.host.jobs.delete(operation.job.id);
  operation.job = null;
  operation.host = host;
}

/** Goes on after {@link pauseOperation}. `restart` begins the work anew. */
export function resumeOperation(operation: Operation, how: 'continue' | 'restart'): void {
  if (operation.phase !== 'paused') return;
  if (how === 'restart') operation.doneMs = 0;
  enter(operation);
}

function workDone(operation: Operation): number {
  const { since, doneMs } = operation;
  return since === null ? doneMs : doneMs + operation.host.world.now() - since;
}

function enter(operation: Operation): void {
  const { host, plan, job } = operation;
  if (!host.running) {
    operation.phase = 'paused';
    return;
  }
  if (plan.job === 'at-acceptance' && job) {
    endJob(host, job, JobState.Completed);
    operation.job = null;
  }
  if (!plan.transfer || host.transfers.size < host.quirks.parallelTransfers) {
    flow(operation);
    return;
  }
  operation.phase = 'queued';
  host.transferQueue.push(operation);
}

function flow(operation: Operation): void {
  const { host, plan } = operation;
  operation.phase = 'flowing';
  operation.since = host.world.now();
  if (plan.transfer) host.transfers.add(operation);
  plan.flows?.();
  host.world.touch(operation.vm);
  scheduleNext(operation);
}

interface Milestone {
  readonly at: number;
  act(): void;
}

function scheduleNext(operation: Operation): void {
  const { host, plan, interference, passed } = operation;
  const milestones: Milestone[] = [];
  const { failAt, vanishAt, stallAt, moveAt } = interference;
  if (vanishAt !== undefined && !passed.has('vanish')) milestones.push({ at: vanishAt * plan.workMs, act: () => vanish(operation) });
  if (stallAt && !passed.has('stall'))
    milestones.push({ at: stallAt.fraction * plan.workMs, act: () => stall(operation, stallAt.seconds) });
  if (moveAt !== undefined && !passed.has('move')) milestones.push({ at: moveAt * plan.workMs, act: () => move(operation) });
  if (failAt) milestones.push({ at: failAt.fraction * plan.workMs, act: () => failOperation(operation, failAt.trouble) });
  else milestones.push({ at: plan.workMs, act: () => complete(operation) });
  const first = milestones.reduce((best, other) => (other.at < best.at ? other : best));
  const due = host.world.now() + Math.max(0, first.at - operation.doneMs);
  operation.next = host.world.timeline.schedule(due, () => {
    operation.doneMs = Math.max(operation.doneMs, first.at);
    operation.since = host.world.now();
    first.act();
  });
}

function vanish(operation: Operation): void {
  operation.passed.add('vanish');
  if (operation.job) operation.host.jobs.delete(operation.job.id);
  operation.job = null;
  scheduleNext(operation);
}

function move(operation: Operation): void {
  operation.passed.add('move');
  const { host, vm } = operation;
  if (!host.world.moveToNextNode(vm)) scheduleNext(operation);
}

function stall(operation: Operation, seconds: number | null): void {
  operation.passed.add('stall');
  hold(operation, 'stalled');
  if (seconds === null) return;
  const { timeline } = operation.host.world;
  operation.next = timeline.schedule(timeline.now() + seconds * 1000, () => enter(operation));
}

function complete(operation: Operation): void {
  const { vm, plan, interference } = operation;
  const trouble = plan.check?.();
  if (trouble) {
    failOperation(operation, trouble);
    return;
  }
  conclude(
    operation,
    () => {
      plan.done();
      if (interference.endState === undefined || !vm.relationship) return;
      vm.relationship.state = interference.endState;
      vm.relationship.shown = null;
    },
    JobState.Completed,
    null,
  );
}

function conclude(operation: Operation, effect: () => void, jobState: number, trouble: JobTrouble | null): void {
  if (operation.phase === 'over') return;
  const { host, vm, job } = operation;
  hold(operation, 'over');
  if (vm.operation === operation) vm.operation = null;
  effect();
  if (job) endJob(host, job, jobState, trouble);
  host.world.touch(vm);
}

function hold(operation: Operation, phase: 'stalled' | 'paused' | 'over'): void {
  const { host } = operation;
  operation.doneMs = Math.min(workDone(operation), operation.plan.workMs);
  operation.since = null;
  operation.next?.cancel();
  operation.next = null;
  operation.phase = phase;
  const waiting = host.transferQueue.indexOf(operation);
  if (waiting >= 0) host.transferQueue.splice(waiting, 1);
  if (!host.transfers.delete(operation)) return;
  const heir = host.transferQueue.shift();
  if (heir) flow(heir);
}
