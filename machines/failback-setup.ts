import { assign, fromPromise, setup } from 'xstate';
import { JobState } from '../src/domain/cim-job.ts';
import type { EffectInput, EffectName, EffectOutput, WatchInput } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberInput } from '../src/domain/member.ts';
import { ReplicationState } from '../src/domain/replication.ts';
import { isAccepted, returnValueFailure } from '../src/domain/return-value.ts';
import { backOffDelay } from './back-off.ts';
import { type FailbackContext, type FailbackEvent, type HostObserved, lookOf, seenIn, stepOf, stepsOf } from './failback-context.ts';
import {
  type Before,
  type During,
  deadlinePassed,
  failureOfJob,
  judgeBefore,
  judgeDuring,
  obstacle,
  unsettled,
  vanished,
  waitingFor,
} from './judgement.ts';

/** An actor with types but no body: the work happens in a worker. */
function remote<Output, Input>() {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('effects run in workers')));
}

interface GuardArgs {
  readonly context: FailbackContext;
  readonly event: { readonly type: string };
}

function before({ context, event }: GuardArgs, is: Before): boolean {
  return event.type === 'host.observed' && judgeBefore(context, event as never) === is;
}

function during({ context, event }: GuardArgs, is: During): boolean {
  return event.type === 'host.observed' && judgeDuring(context, event as never) === is;
}

/** The data of the VM may be on its way home at this moment. */
function mayBeCopying({ step, inDoubt, seen }: FailbackContext): boolean {
  return (
    step === 0 &&
    (inDoubt || seen?.state === ReplicationState.FailbackInProgress || (seen?.job?.state ?? JobState.Completed) < JobState.Completed)
  );
}

function isNews({ seen }: FailbackContext, event: HostObserved): boolean {
  const now = seenIn(event);
  return now !== null && JSON.stringify({ ...now, at: 0 }) !== JSON.stringify({ ...seen, at: 0 });
}

/** The call of the current step; only asked for in steps that make one. */
export function effectOf(context: FailbackContext): EffectName {
  const { effect, name } = stepOf(context);
  if (effect === null) throw new Error(`step ${name} only watches`);
  return effect;
}

function answer(event: { readonly type: string }): EffectOutput | null {
  return (event as { output?: EffectOutput }).output ?? null;
}

/** The failure an effect reports: a refusal of the host, or a call that did not come back. */
function refusal(context: FailbackContext, event: { readonly type: string }): Failure | null {
  const { error } = event as { error?: Failure };
  if (error) return error;
  const output = answer(event);
  return output && !isAccepted(output.returnValue) ? returnValueFailure(stepOf(context).label, output.returnValue) : null;
}

/** Everything the statechart in `failback.ts` names: guards in words, actions as verbs, delays by their reason. */
export const failbackSetup = setup({
  types: {
    input: {} as MemberInput,
    context: {} as FailbackContext,
    events: {} as FailbackEvent,
    tags: {} as 'pending' | 'working' | 'paused' | 'attention' | 'completed' | 'failed' | 'cancelled' | 'quarantined',
  },
  actors: { callHost: remote<EffectOutput, EffectInput>(), watchHost: remote<never, WatchInput>() },
  delays: {
    backOff: ({ context }) => backOffDelay(context.member.settings.retry, context.attempt, context.member.vmId),
    stepDeadline: ({ context }) => context.member.settings.timeouts.step,
    jobDeadline: ({ context }) => context.member.settings.timeouts.job,
    doubt: ({ context }) => context.member.settings.timeouts.doubt,
    settle: ({ context }) => context.member.settings.timeouts.settle,
    proof: ({ context }) => stepOf(context).proof(context.member.settings),
  },
  guards: {
    'adopts a run': ({ context }) => context.member.adopt,
    'something new': ({ context, event }) => event.type === 'host.observed' && isNews(context, event),
    'pause requested': ({ context }) => context.pauseRequested,
    'cancel requested': ({ context }) => context.cancelRequested,
    'copy is interrupted by cancel': ({ context }) => context.cancelRequested && stepOf(context).cancel === 'quarantine',
    'nothing is under way': ({ context }) => !mayBeCopying(context),
    'job is known': ({ context }) => context.jobId !== null,
    'no step left': ({ context }) => context.step >= stepsOf(context).length,
    'VM is not here': (args) => before(args, 'missing'),
    'already done': (args) => before(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
    'done, to be proved': (args) => before(args, 'done'),
    'already under way': (args) => before(args, 'under-way'),
    'may start, paused': (args) => args.context.pauseRequested && before(args, 'ready'),
    'may start': (args) => before(args, 'ready'),
    blocked: (args) => before(args, 'blocked'),
    'waits for something new': (args) =>
      before(args, 'wait') && waitingFor(args.context, args.event as never)?.message !== args.context.failure?.message,
    accepted: ({ event }) => isAccepted(answer(event)?.returnValue ?? -1),
    'nothing happened yet, attempts left': ({ context, event }) =>
      refusal(context, event)?.class === 'retryable' && context.attempt < context.member.settings.retry.attempts,
    'in doubt': ({ context, event }) => refusal(context, event)?.class === 'reconcile',
    'a person must act': ({ context, event }) => refusal(context, event)?.class === 'operator',
    'nothing on the host, first call of an adopted run': (args) =>
      args.context.member.adopt && args.context.attempt === 0 && (before(args, 'ready') || before(args, 'wait')),
    'nothing on the host, cancelled': (args) => args.context.cancelRequested && (before(args, 'ready') || before(args, 'wait')),
    'nothing on the host, attempts left': (args) =>
      (before(args, 'ready') || before(args, 'wait')) && args.context.attempt < args.context.member.settings.retry.attempts,
    'nothing on the host': (args) => before(args, 'ready') || before(args, 'wait'),
    'left the host': (args) => during(args, 'missing'),
    achieved: (args) => during(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
    'achieved, to be proved': (args) => during(args, 'done'),
    'still achieved': (args) => during(args, 'done'),
    'not achieved any more': ({ context, event }) => event.type === 'host.observed' && judgeDuring(context, event) !== 'done',
    'job found': (args) => during(args, 'found'),
    'job vanished': (args) => during(args, 'vanished'),
    'job failed, attempts left': (args) =>
      during(args, 'failed') &&
      failureOfJob(args.event as never).class === 'retryable' &&
      args.context.attempt < args.context.member.settings.retry.attempts,
    'job failed, a person must act': (args) => during(args, 'failed') && failureOfJob(args.event as never).class === 'operator',
    'job failed': (args) => during(args, 'failed'),
    'not settled': (args) => during(args, 'unsettled'),
    'going on': (args) => during(args, 'going'),
    'copy is over': ({ event }) => {
      const look = lookOf(event);
      return look !== null && look.vm.replication?.state !== ReplicationState.FailbackInProgress && !(look.job && look.job.jobState < 7);
    },
    'copy was complete': ({ event }) => lookOf(event)?.vm.replication?.state === ReplicationState.FailbackComplete,
  },
  actions: {
    /** Becomes a counter of the run: calls that are known to have reached the host. */
    count: (_, _params: { readonly calls: EffectName }) => undefined,
    see: assign({ seen: ({ context, event }) => (event.type === 'host.observed' ? seenIn(event) : context.seen) }),
    requestPause: assign({ pauseRequested: true }),
    withdrawPause: assign({ pauseRequested: false }),
    requestCancel: assign({ cancelRequested: true }),
    startOver: assign({ attempt: 0, failure: null, cancelRequested: false }),
    clearFailure: assign({ failure: null }),
    intend: assign({ attempt: ({ context }) => context.attempt + 1, jobId: null }),
    rememberJob: assign({ jobId: ({ event }) => answer(event)?.jobId ?? null, failure: null }),
    adoptJob: assign({
      jobId: ({ context, event }) => {
        const look = lookOf(event);
        return (look && stepOf(context).underWay(look)?.jobId) ?? context.jobId;
      },
      failure: null,
      inDoubt: false,
    }),
    doubt: assign({ inDoubt: true }),
    settleDoubt: assign({ inDoubt: false }),
    nextStep: assign({ step: ({ context }) => context.step + 1, attempt: 0, jobId: null, failure: null, inDoubt: false }),
    noteRefusal: assign({ failure: ({ context, event }) => refusal(context, event) }),
    noteWait: assign({ failure: ({ context, event }) => (event.type === 'host.observed' ? waitingFor(context, event) : context.failure) }),
    noteObstacle: assign({
      failure: ({ context, event }) => (event.type === 'host.observed' ? obstacle(context, event) : context.failure),
    }),
    noteJobFailure: assign({ failure: ({ context, event }) => (event.type === 'host.observed' ? failureOfJob(event) : context.failure) }),
    noteVanished: assign({ failure: ({ context }) => vanished(context) }),
    noteUnsettled: assign({
      failure: ({ context, event }) => {
        const look = lookOf(event);
        return look ? unsettled(context, look) : context.failure;
      },
    }),
    noteStepDeadline: assign({ failure: ({ context }) => deadlinePassed(context, 'step') }),
    noteJobDeadline: assign({ failure: ({ context }) => deadlinePassed(context, 'job') }),
    noteNothingThere: assign({
      failure: ({ context }) =>
        context.failure ?? {
          class: 'retryable',
          code: 'state.unexpected',
          message: `${stepOf(context).label} left no trace on the host`,
          remedy: 'Nothing to do while attempts are left.',
        },
    }),
    noteCancelledCopy: assign({
      failure: {
        class: 'operator',
        code: 'state.unexpected',
        message: 'the data copy was interrupted: the disks at home are inconsistent',
        remedy: 'Do not start the VM. Run the failback of this VM again (failback retry) before anything else.',
      },
    }),
    noteLateCancel: assign({
      failure: {
        class: 'operator',
        code: 'command.refused',
        message: 'the failback was complete before the cancel took effect: the data at home is whole, nothing further was done',
        remedy: 'Nothing to do; start the VM by hand or run the plan again to go on.',
      },
    }),
  },
});
