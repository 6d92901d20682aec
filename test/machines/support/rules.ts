import type { FailbackContext } from '../../../machines/failback-context.ts';
import type { EffectInput, WatchInput } from '../../../src/domain/effect.ts';
import { ENDED_STATUSES } from '../../../src/domain/member.ts';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import type { Node, Taken } from './explore.ts';
import { type Position, statusOf } from './position.ts';

/** The calls a step started, in order. */
export function callsIn({ requests }: Pick<Taken<unknown>, 'requests'>): readonly EffectInput[] {
  return requests.flatMap((request) => (request.kind === 'start' && request.src === 'callHost' ? [request.input as EffectInput] : []));
}

/** The rules that hold for every transition of every lifecycle, whatever the host and the operator do. */
export function inspect(taken: Taken<unknown>): void {
  const { before, event, after } = taken;
  const was = before.position.snapshot.context;
  const is = after.position.snapshot.context;
  if (was.step === 0) {
    const complete = (event as { vm?: VmObservation | null } | null)?.vm?.replication?.state === 14;
    assert(is.step > 0 || !complete, 'a look at state 14 is not believed');
    assert(is.step === 0 || complete, 'the failback is left without state 14');
  }
  if (after.position === before.position) return;
  for (const call of callsIn(taken)) {
    if (call.effect === 'terminateJob') {
      const { running = [] } = (event ?? {}) as { running?: JobObservation[] };
      const runsAgain = running.some(({ jobId }) => jobId === call.jobId);
      assert(was.ended === null || call.jobId !== was.jobId || runsAgain, 'a job that was seen to have ended is called');
      continue;
    }
    assert(event?.type === 'host.observed', `${call.effect} is called without a look`);
    assert(!was.pauseRequested, `${call.effect} is called while paused`);
    assert(!is.cancelRequested, `${call.effect} is called after a cancel`);
    assert(is.doubt === null, `${call.effect} is called while an earlier call is in doubt`);
    const { vm, job, running } = event as unknown as { vm: VmObservation; job: JobObservation | null; running: JobObservation[] };
    assert(!(job && job.jobState < 7) && running.length === 0, `${call.effect} is called while a job runs`);
    if (call.effect === 'initiateFailback') {
      assert(
        (before.position.live.watch?.input as WatchInput | undefined)?.allJobs === true,
        'InitiateFailback is called without having looked for jobs',
      );
      const ready =
        [2, 4].includes(vm.mode) && [5, 6].includes(vm.replication?.state ?? 0) && vm.power === 3 && vm.replication?.health !== 3;
      assert(ready, 'InitiateFailback is called on a VM that is not ready');
    }
    if (call.effect === 'startVirtualMachine') assert(vm.replication?.state === 14, 'the VM is started before state 14');
  }
  if (/^xstate\.after\.(jobDeadline|settle|stepDeadline\.failback\.(?!overdue))/.test(event?.type ?? '')) {
    assert(statusOf(after.position) === 'working', `${event?.type} is believed without a look`);
  }
}

/** The rules that hold in every state a lifecycle rests in. */
export function inspectState({ position }: Node<unknown>): void {
  const { context } = position.snapshot;
  const status = statusOf(position);
  if (status === 'completed') assert(context.step > 0, 'completed without a failback');
  if (['attention', 'failed', 'quarantined'].includes(status)) assertWords(context, status);
  if (context.cancelRequested && context.course === 'forth' && status !== 'working')
    assert(ENDED_STATUSES.includes(status), `${status} after a cancel`);
  assert(hasWayOut(position), `nothing can happen any more in ${status}`);
  assert(JSON.stringify(JSON.parse(JSON.stringify(context))) === JSON.stringify(context), 'the context does not survive JSON');
  assertPlain(context);
}

function assertWords({ failure }: FailbackContext, status: string): void {
  assert(failure !== null && failure.message.length > 20, `${status} without a word`);
  assert(failure !== null && (failure.remedy?.length ?? 0) > 10, `${status} without a remedy: ${failure?.message}`);
  assert(!failure?.message.includes('undefined') && !failure?.remedy?.includes('undefined'), `${status}: ${failure?.message}`);
}

/** Undefined and functions are lost in JSON without a trace. */
function assertPlain(value: unknown): void {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) assertPlain(part);
  else assert(['string', 'number', 'boolean'].includes(typeof value) || value === null, `the context holds a ${typeof value}`);
}

function hasWayOut(position: Position): boolean {
  if (position.snapshot.status === 'done' || Object.keys(position.live).length > 0 || Object.keys(position.timers).length > 0) return true;
  return ['admit', 'resume', 'retry', 'cancel'].some((name) => position.snapshot.can({ type: `failback.${name}`, at: 0 } as never));
}

export function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
