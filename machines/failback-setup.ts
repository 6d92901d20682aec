import { assign, fromPromise, setup } from 'xstate';
import type { EffectInput, EffectName, EffectOutput, WatchInput } from '../src/domain/effect.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberInput, Side } from '../src/domain/member.ts';
import { isAccepted, returnValueFailure } from '../src/domain/return-value.ts';
import { backOffDelay } from './back-off.ts';
import {
  canTurnBack,
  copyBrokeOff,
  type FailbackContext,
  type FailbackEvent,
  type HostObserved,
  mayBeAtWork,
  mayBeCopying,
  patienceOf,
  retryOf,
  seenIn,
  stepOf,
  stepsOf,
} from './failback-context.ts';
import { type Before, type During, isOver, jobHasEnded, judgeBefore, judgeDuring, openRung } from './judgement.ts';
import { nextStep } from './next-step.ts';
import { isStale, lookOf, type Sights, unseenSide, withSight } from './sight.ts';
import type { StepName } from './step.ts';
import {
  brokenOff,
  cancelledBefore,
  copyInterrupted,
  copyNotEnded,
  deadlinePassed,
  failureOfJob,
  givenUp,
  heldAfter,
  nothingThere,
  obstacle,
  overdue,
  unclear,
  unknownOutcome,
  unsettled,
  vanished,
  waitingFor,
} from './wording.ts';
import { approvalNeeded, leftHalfway, otherUnseen, takenBack } from './wording-two-sided.ts';

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

function isNews({ seen, member, sights }: FailbackContext, event: HostObserved): boolean {
  if (member.partner !== null) return !sights.fresh.includes(event.side) || !isSame(sights[event.side], event);
  const now = seenIn(event);
  return now !== null && JSON.stringify({ ...now, at: 0 }) !== JSON.stringify({ ...seen, at: 0 });
}

function isSame(before: Sights['home'], { vm, job, running, statistics }: HostObserved): boolean {
  return JSON.stringify({ ...before, at: 0 }) === JSON.stringify({ at: 0, vm, job, running, statistics });
}

/** The call of the current step; only asked for in steps that make one. */
export function effectOf(context: FailbackContext): EffectName {
  const { effect: gentle, harder, name } = stepOf(context);
  const effect = (context.forced && harder?.(context.member.settings)) || gentle;
  if (effect === null) throw new Error(`step ${name} only watches`);
  return effect;
}

function answer(event: { readonly type: string }): EffectOutput | null {
  return (event as { output?: EffectOutput }).output ?? null;
}

/** The failure an effect reports: a refusal of the host, or a call that did not come back. Null when the call was accepted. */
function refusal(context: FailbackContext, event: { readonly type: string }): Failure | null {
  const { error } = event as { error?: Partial<Failure> };
  const output = answer(event);
  if (error || !output) return isKnown(error) ? error : unknownOutcome(context, error?.message);
  return isAccepted(output.returnValue) ? null : returnValueFailure(stepOf(context).label, output.returnValue);
}

/** A defect of our own, or a report nobody can read, says nothing about what the host has made of the call. */
function isKnown(error: Partial<Failure> | undefined): error is Failure {
  return error?.class !== undefined && error.code !== 'internal';
}

function attemptsLeft(context: FailbackContext): boolean {
  return context.attempt < retryOf(context).attempts;
}

/** There is a harder call than the one whose time is over, and the plan permits it. */
function canForce({ forced, member, ...rest }: FailbackContext): boolean {
  return !forced && (stepOf({ forced, member, ...rest }).harder?.(member.settings) ?? null) !== null;
}

/** The plan wants a failover taken back when the started VM does not verify; what a drill made is always removed. */
function wantsBack(context: FailbackContext): boolean {
  const { strategy, reverse } = context.member.settings;
  if (!canTurnBack(context)) return false;
  return strategy === 'drill' || (reverse.commit === 'rollback' && TRIAL.includes(stepOf(context).name));
}

const TRIAL: readonly StepName[] = ['start', 'verify', 'probe', 'hold'];

/** A look after the deadline at which the step is still not achieved. */
function isLate(context: FailbackContext, event: HostObserved): boolean {
  const found = judgeDuring(context, event);
  return found === 'going' || found === 'unsettled' || found === 'vanished';
}

/** What is at work may be left alone: a cancel need not wait for it. */
function needsNoEnd(context: FailbackContext): boolean {
  const { cancel, effect } = stepOf(context);
  return cancel === 'leave' || (cancel === 'revert' && effect === null);
}

function otherSide(context: FailbackContext): Side {
  return stepOf(context).side === 'home' ? 'away' : 'home';
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
    backOff: ({ context }) => backOffDelay(retryOf(context), context.attempt, context.member.vmId),
    stepDeadline: ({ context }) => context.member.settings.timeouts.step,
    jobDeadline: ({ context }) => patienceOf(context),
    doubt: ({ context }) => context.member.settings.timeouts.doubt,
    settle: ({ context }) => {
      const { settle } = context.member.settings.timeouts;
      return stepOf(context).patience ? Math.max(settle, patienceOf(context)) : settle;
    },
    proof: ({ context }) => stepOf(context).proof(context.member.settings),
    /** One host knows nothing of the other: a side out of sight is waited for this long where a person may vouch for it. */
    unseen: ({ context: { member, ...rest } }) =>
      stepOf({ member, ...rest }).fencing && member.partner !== null ? member.settings.reverse.unseen : member.settings.timeouts.step,
    /** For a look that decides whether a deadline is believed: its requests must have time to be answered. */
    lastLook: ({ context: { member } }) => Math.max(member.settings.timeouts.settle, member.settings.timeouts.call),
  },
  guards: {
    'calls may be at work': ({ context }) => mayBeAtWork(context),
    'arrival was in doubt': ({ context }) => context.doubt === 'arrival',
    'something new': ({ context, event }) => event.type === 'host.observed' && isNews(context, event),
    'not paused yet': ({ context }) => !context.pauseRequested,
    'pause requested': ({ context }) => context.pauseRequested,
    'may be cancelled': ({ context }) => context.course === 'forth',
    'not cancelled yet': ({ context }) => !context.cancelRequested && context.course === 'forth',
    'cancel requested': ({ context }) => context.cancelRequested && context.course === 'forth',
    'cancel requested, can be taken back': ({ context }) => context.cancelRequested && canTurnBack(context),
    'on the way back': ({ context }) => context.course === 'back',
    'needs no end': ({ context }) => context.course === 'forth' && needsNoEnd(context),
    'can be taken back': ({ context }) => canTurnBack(context),
    'given up, to be taken back': ({ context, event }) => wantsBack(context) && refusal(context, event)?.class !== 'reconcile',
    'blocked, to be taken back': (args) => before(args, 'blocked') && wantsBack(args.context),
    'to be cleaned up': ({ context }) =>
      context.step >= stepsOf(context).length && context.course === 'forth' && context.member.settings.strategy === 'drill',
    'taken back': ({ context }) => context.step >= stepsOf(context).length && context.course === 'back',
    'taken back on demand': ({ context }) =>
      context.step >= stepsOf(context).length && context.course === 'back' && context.cancelRequested,
    'cleaned up': ({ context }) =>
      context.step >= stepsOf(context).length && context.course === 'back' && !context.cancelRequested && context.because === null,
    'a person must approve': (args) => before(args, 'ready') && stepOf(args.context).approval === true && !args.context.approved,
    'may start, looks lie apart': (args) =>
      args.event.type === 'host.observed' && isStale(args.context, args.event as never) && before(args, 'ready'),
    'an earlier rung is open': ({ context, event }) => event.type === 'host.observed' && openRung(context, event) >= 0,
    'only watching, an earlier rung is open': ({ context, event }) =>
      event.type === 'host.observed' && stepOf(context).effect === null && openRung(context, event) >= 0,
    'a side is out of sight': ({ context }) => stepOf(context).fencing === true && unseenSide(context) !== null,
    'both sides in sight': ({ context, event }) => event.type === 'host.observed' && lookOf(context, event) !== null,
    'the other copy is out of sight, its name is right': ({ context, event }) =>
      event.type === 'failback.fence' && event.vm === context.member.vm && unseenSide(context) === otherSide(context),
    'accepted, nothing is to be seen': ({ context, event }) =>
      stepOf(context).answered === true && isAccepted(answer(event)?.returnValue ?? -1),
    'a person must act, force permitted': ({ context, event }) => {
      const failure = refusal(context, event);
      return (failure?.class === 'operator' || failure?.class === 'permanent') && canForce(context);
    },
    'late, force permitted': ({ context, event }) => event.type === 'host.observed' && canForce(context) && isLate(context, event),
    'late, to be taken back': ({ context, event }) => event.type === 'host.observed' && wantsBack(context) && isLate(context, event),
    'copy is interrupted by cancel': ({ context }) => context.cancelRequested && stepOf(context).cancel === 'quarantine',
    'a copy may be under way': ({ context }) => mayBeCopying(context),
    'a copy with a known job': ({ context }) => mayBeCopying(context) && context.jobId !== null && context.ended === null,
    'a copy broke off': ({ context }) => copyBrokeOff(context),
    'no step left': ({ context }) => context.step >= stepsOf(context).length,
    'no call so far': ({ context }) => context.attempt === 0,
    'attempts left': ({ context }) => attemptsLeft(context),
    'VM is not here': (args) => before(args, 'missing'),
    'done or under way': (args) => before(args, 'done') || before(args, 'under-way'),
    'already done': (args) => before(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
    'done, to be proved': (args) => before(args, 'done'),
    'may start, paused': (args) => args.context.pauseRequested && before(args, 'ready'),
    'may start': (args) => before(args, 'ready'),
    'not begun, or long home': ({ context, event }) => event.type === 'host.observed' && unclear(context, event) !== null,
    'nothing on the host': (args) => before(args, 'ready'),
    blocked: (args) => before(args, 'blocked'),
    'waits for something new': (args) =>
      before(args, 'wait') && waitingFor(args.context, args.event as never)?.message !== args.context.failure?.message,
    accepted: ({ event }) => isAccepted(answer(event)?.returnValue ?? -1),
    'nothing happened yet, attempts left': ({ context, event }) => refusal(context, event)?.class === 'retryable' && attemptsLeft(context),
    'in doubt': ({ context, event }) => refusal(context, event)?.class === 'reconcile',
    'a person must act': ({ context, event }) => refusal(context, event)?.class === 'operator',
    'left the host': (args) => during(args, 'missing'),
    achieved: (args) => during(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
    'achieved, to be proved': (args) => during(args, 'done'),
    'still achieved': (args) => during(args, 'done'),
    'not achieved any more': ({ context, event }) => event.type === 'host.observed' && judgeDuring(context, event) !== 'done',
    'job found': (args) => during(args, 'found'),
    'job has ended': ({ context, event }) => event.type === 'host.observed' && context.ended === null && jobHasEnded(event),
    'job vanished': (args) => during(args, 'vanished'),
    'job vanished, its end unseen': (args) =>
      args.context.failure?.code === 'deadline.passed' && args.context.ended === null && during(args, 'vanished'),
    'job failed, attempts left': (args) =>
      during(args, 'failed') && failureOfJob(args.context, args.event as never).class === 'retryable' && attemptsLeft(args.context),
    'job failed, a person must act': (args) =>
      during(args, 'failed') && failureOfJob(args.context, args.event as never).class === 'operator',
    'job failed, to be taken back': (args) => during(args, 'failed') && wantsBack(args.context),
    'job failed': (args) => during(args, 'failed'),
    'not settled': (args) => during(args, 'unsettled'),
    'going on': (args) => during(args, 'going'),
    'at work, only slow to settle': (args) =>
      args.context.failure?.code !== 'deadline.passed' && (during(args, 'going') || during(args, 'found')),
    looked: ({ event }) => event.type === 'host.observed',
    'copy was complete': (args) => during(args, 'done'),
    'copy is over': ({ context, event }) => event.type === 'host.observed' && isOver(context, event),
  },
  actions: {
    /** Becomes a counter of the run: calls that are known to have reached the host. */
    count: (_, _params: { readonly calls: EffectName }) => undefined,
    see: assign(({ context, event }) => {
      if (event.type !== 'host.observed') return {};
      const seen = event.side === stepOf(context).side ? { seen: seenIn(event) } : {};
      if (context.member.partner === null) return seen;
      // What a person vouched for was about a host out of sight.
      const fenced = context.fenced && event.side === stepOf(context).side;
      return { ...seen, fenced, sights: withSight(context.sights, event) };
    }),
    /** What was seen before the watch that begins now proves nothing. */
    lookAfresh: assign(({ context }) => (context.sights.fresh.length === 0 ? {} : { sights: { ...context.sights, fresh: [] } })),
    requestPause: assign({ pauseRequested: true }),
    withdrawPause: assign({ pauseRequested: false }),
    requestCancel: assign({ cancelRequested: true }),
    startOver: assign({
      attempt: 0,
      failure: null,
      pauseRequested: false,
      // A way back that was asked for stays asked for.
      cancelRequested: ({ context }) => context.course === 'back' && context.cancelRequested,
      fenced: false,
      forced: false,
    }),
    approve: assign({ approved: true, failure: null }),
    fence: assign({ fenced: true, failure: null }),
    force: assign({ forced: true, failure: null }),
    stepBack: assign(({ context, event }) =>
      event.type === 'host.observed'
        ? {
            step: openRung(context, event),
            attempt: 0,
            jobId: null,
            doubt: null,
            touched: false,
            ended: null,
            forced: false,
            fenced: false,
          }
        : {},
    ),
    turnBack: assign(({ context }) => ({
      course: 'back' as const,
      because: context.cancelRequested ? null : context.failure,
      step: 0,
      attempt: 0,
      jobId: null,
      failure: null,
      doubt: null,
      touched: false,
      ended: null,
      forced: false,
      fenced: false,
      approved: false,
    })),
    /** Back where it was before: a retry begins anew. */
    arriveBack: assign(({ context }) => ({ course: 'forth' as const, step: 0, failure: takenBack(context), because: null })),
    clearFailure: assign({ failure: null }),
    intend: assign({ attempt: ({ context }) => context.attempt + 1, jobId: null, failure: null }),
    rememberJob: assign({ jobId: ({ event }) => answer(event)?.jobId ?? null, ended: null, failure: null }),
    adoptJob: assign({
      jobId: ({ context, event }) => {
        const look = lookOf(context, event);
        return (look && stepOf(context).underWay(look)?.jobId) ?? (context.ended === null ? context.jobId : null);
      },
      ended: null,
      failure: null,
    }),
    forgetJob: assign({ jobId: null }),
    endJob: assign({ ended: 'job' }),
    endOperation: assign({ ended: ({ context }) => (context.touched ? 'operation' : null), jobId: null }),
    touch: assign({ touched: true }),
    doubt: assign({ doubt: (_, params: { readonly its: 'arrival' | 'effect' }) => params.its }),
    settleDoubt: assign({ doubt: null }),
    nextStep: assign(({ context, event }) => nextStep(context, event)),
    noteRefusal: assign({ failure: ({ context, event }) => refusal(context, event) }),
    noteWait: assign({ failure: ({ context, event }) => (event.type === 'host.observed' ? waitingFor(context, event) : context.failure) }),
    noteUnclear: assign({ failure: ({ context, event }) => (event.type === 'host.observed' ? unclear(context, event) : context.failure) }),
    noteOverdue: assign({ failure: ({ context, event }) => (event.type === 'host.observed' ? overdue(context, event) : context.failure) }),
    noteObstacle: assign({
      failure: ({ context, event }) => (event.type === 'host.observed' ? obstacle(context, event) : context.failure),
    }),
    noteJobFailure: assign({
      failure: ({ context, event }) => (event.type === 'host.observed' ? failureOfJob(context, event) : context.failure),
    }),
    noteVanished: assign({ failure: ({ context }) => vanished(context) }),
    noteUnsettled: assign({
      failure: ({ context, event }) => {
        const look = lookOf(context, event);
        return look ? unsettled(context, look) : context.failure;
      },
    }),
    noteApproval: assign({ failure: ({ context }) => approvalNeeded(context) }),
    noteUnseen: assign({ failure: ({ context }) => otherUnseen(context, unseenSide(context) ?? otherSide(context)) }),
    noteLeftHalfway: assign({ failure: ({ context }) => leftHalfway(context) }),
    noteStepDeadline: assign({ failure: ({ context }) => deadlinePassed(context, 'step') }),
    noteJobDeadline: assign({ failure: ({ context }) => deadlinePassed(context, 'job') }),
    noteNothingThere: assign({ failure: ({ context }) => context.failure ?? nothingThere(context) }),
    noteGivenUp: assign({ failure: ({ context }) => context.failure && givenUp(context, context.failure) }),
    noteHeld: assign({ failure: ({ context }) => heldAfter(context) }),
    noteCancelled: assign({ failure: ({ context }) => cancelledBefore(context) }),
    noteBrokenOff: assign({ failure: ({ context }) => brokenOff(context) }),
    noteInterrupted: assign({ failure: ({ context }) => copyInterrupted(context) }),
    noteNotEnded: assign({ failure: ({ context }) => copyNotEnded(context) }),
  },
});
