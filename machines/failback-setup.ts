import { assign, fromPromise, setup } from 'xstate';
import type { EffectInput, EffectName, EffectOutput, WatchInput } from '../src/domain/effect.ts';
import type { MemberInput } from '../src/domain/member.ts';
import { backOffDelay } from './back-off.ts';
import { answer, refusal } from './call-report.ts';
import {
  type FailbackContext,
  type FailbackEvent,
  isStopping,
  notBeforeOf,
  patienceOf,
  retryOf,
  seenIn,
  stepOf,
} from './failback-context.ts';
import { failbackGuards } from './failback-guards.ts';
import { openRung } from './judgement.ts';
import { nextStep, UNTOUCHED } from './next-step.ts';
import { lookOf, missingSide, otherSide, unseenSide, withSight } from './sight.ts';
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
  unsettled,
  vanished,
  waitingFor,
} from './wording.ts';
import { approvalNeeded, behindAgain, leftHalfway, outOfSight, takenBack, tooEarly, waitsForOthers } from './wording-two-sided.ts';

/** An actor with types but no body: the work happens in a worker. */
function remote<Output, Input>() {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('effects run in workers')));
}

/** Everything the statechart in `failback.ts` names: guards in words, actions as verbs, delays by their reason. */
export const failbackSetup = setup({
  types: {
    input: {} as MemberInput,
    context: {} as FailbackContext,
    events: {} as FailbackEvent,
    tags: {} as 'pending' | 'working' | 'paused' | 'attention' | 'completed' | 'failed' | 'cancelled' | 'quarantined',
  },
  actors: { callHost: remote<EffectOutput, EffectInput>(), watchHost: remote<never, WatchInput>(), transferSlot: remote<never, null>() },
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
    unseen: ({ context }) => {
      const { settings, partner } = context.member;
      return partner !== null && stepOf(context).fencing ? settings.reverse.unseen : settings.timeouts.step;
    },
    /** Entered on a look, which carries the time. */
    notBefore: ({ context, event }) => Math.max(0, notBeforeOf(context) - event.at),
    /** For a look that decides whether a deadline is believed: its requests must have time to be answered. */
    lastLook: ({ context: { member } }) => Math.max(member.settings.timeouts.settle, member.settings.timeouts.call),
  },
  guards: failbackGuards,
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
      transfer: false,
    }),
    approve: assign({ approved: true, failure: null }),
    noteLost: assign({ lost: ({ context, event }) => (event.type === 'host.observed' ? missingSide(context, event) : null) }),
    moveTo: assign(({ context, event }) =>
      event.type === 'host.observed' ? { movedTo: { ...context.movedTo, [event.side]: event.host }, lost: null, failure: null } : {},
    ),
    fence: assign({ fenced: true, failure: null }),
    force: assign({ forced: true, failure: null }),
    stepBack: assign(({ context, event }) =>
      event.type === 'host.observed'
        ? {
            step: openRung(context, event),
            ...UNTOUCHED,
            fenced: false,
            approved: false,
            homeAt: null,
            // A guest that was told to shut down may still do so.
            stoppedAt: isStopping(context) ? event.at : context.stoppedAt,
          }
        : {},
    ),
    turnBack: assign(({ context }) => ({
      course: 'back' as const,
      because: context.cancelRequested ? null : context.failure,
      step: 0,
      ...UNTOUCHED,
      failure: null,
      fenced: false,
      approved: false,
    })),
    /** Back where it was before: a retry begins anew. */
    arriveBack: assign(({ context }) => ({
      course: 'forth' as const,
      step: 0,
      failure: takenBack(context),
      because: null,
      skipped: [],
      stoppedAt: null,
      homeAt: null,
    })),
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
    touch: assign({ touched: true, transfer: ({ context }) => stepOf(context).moves === 'data' }),
    takeSlot: assign({ transfer: true, failure: null }),
    leaveSlot: assign({ transfer: false }),
    doubt: assign({ doubt: (_, params: { readonly its: 'arrival' | 'effect' }) => params.its }),
    /** A call in doubt that turns out to have worked was ours, unless it is that of a run that is gone. */
    claim: assign({
      touched: ({ context: { touched, doubt, member, step } }) => touched || (doubt !== null && !(member.adopt && step === 0)),
    }),
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
    noteQueued: assign({ failure: ({ context }) => waitsForOthers(context) }),
    noteScheduled: assign({ failure: ({ context }) => tooEarly(context) }),
    noteApproval: assign({ failure: ({ context }) => approvalNeeded(context) }),
    noteUnseen: assign({ failure: ({ context }) => outOfSight(context, unseenSide(context) ?? otherSide(context)) }),
    noteBehindAgain: assign({ failure: ({ context }) => behindAgain(context) }),
    /** A host that can not be seen is no attempt of ours: it is waited for, or vouched for. */
    forgiveAttempts: assign({ attempt: 0 }),
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
