import type { FailureClass } from '../src/domain/failure.ts';
import { EnabledState } from '../src/domain/power.ts';
import { isAccepted } from '../src/domain/return-value.ts';
import { answer, attemptsLeft, canForce, refusal } from './call-report.ts';
import {
  canTurnBack,
  copyBrokeOff,
  type FailbackContext,
  type FailbackEvent,
  type HostObserved,
  hasStopped,
  isStopping,
  mayBeAtWork,
  mayBeCopying,
  needsTransferSlot,
  notBeforeOf,
  seenIn,
  stepOf,
  stepsOf,
} from './failback-context.ts';
import { type Before, type During, isOver, jobHasEnded, judgeBefore, judgeDuring, openRung } from './judgement.ts';
import { isStale, lookOf, missingSide, otherSideIsOutOfSight, type Sights, unseenSide, wholeLook } from './sight.ts';
import type { StepName } from './step.ts';
import { failureOfJob, unclear, waitingFor } from './wording.ts';

interface GuardArgs {
  readonly context: FailbackContext;
  readonly event: { readonly type: string };
}

function isLook(event: { readonly type: string }): event is HostObserved {
  return event.type === 'host.observed';
}

function before({ context, event }: GuardArgs, is: Before): boolean {
  return isLook(event) && judgeBefore(context, event) === is;
}

function during({ context, event }: GuardArgs, is: During): boolean {
  return isLook(event) && judgeDuring(context, event) === is;
}

/** The side that does not have the VM has more hosts than one. */
function mayHaveMoved({ context, event }: GuardArgs): boolean {
  return isLook(event) && context.member.nodes[missingSide(context, event)].length > 1;
}

function isNews({ seen, member, sights }: FailbackContext, event: HostObserved): boolean {
  if (member.partner !== null) return !sights.fresh.includes(event.side) || !isSame(sights[event.side], event);
  const now = seenIn(event);
  return now !== null && JSON.stringify({ ...now, at: 0 }) !== JSON.stringify({ ...seen, at: 0 });
}

function isSame(before: Sights['home'], { vm, job, running, statistics }: HostObserved): boolean {
  return JSON.stringify({ ...before, at: 0 }) === JSON.stringify({ at: 0, vm, job, running, statistics });
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

/** The VM is down by our doing, and data would have to be moved before it can go on: it is not left down for that. */
function isBehindAgain(context: FailbackContext, event: HostObserved): boolean {
  const open = openRung(context, event);
  const byUs = hasStopped({ ...context, step: open }) || isStopping(context);
  return open >= 0 && byUs && lookOf(context, event)?.away?.power === EnabledState.Off;
}

function classOfJob({ context, event }: GuardArgs): FailureClass | null {
  return isLook(event) ? (failureOfJob(context, event)?.class ?? null) : null;
}

function isFence(event: { readonly type: string }): event is Extract<FailbackEvent, { type: 'failback.fence' }> {
  return event.type === 'failback.fence';
}

/** What the statechart in `failback.ts` asks, in words. The event is whatever was delivered, reports of effects included. */
export const failbackGuards = {
  'calls may be at work': ({ context }) => mayBeAtWork(context),
  'arrival was in doubt': ({ context }) => context.doubt === 'arrival',
  'something new': ({ context, event }) => isLook(event) && isNews(context, event),
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
  'no attempt left, to be taken back': ({ context }) => wantsBack(context),
  'blocked, to be taken back': (args) => before(args, 'blocked') && wantsBack(args.context),
  'to be cleaned up': ({ context }) =>
    context.step >= stepsOf(context).length && context.course === 'forth' && context.member.settings.strategy === 'drill',
  'taken back': ({ context }) => context.step >= stepsOf(context).length && context.course === 'back',
  'taken back on demand': ({ context }) => context.step >= stepsOf(context).length && context.course === 'back' && context.cancelRequested,
  'cleaned up': ({ context }) =>
    context.step >= stepsOf(context).length && context.course === 'back' && !context.cancelRequested && context.because === null,
  'may start, too early': (args) => before(args, 'ready') && isLook(args.event) && notBeforeOf(args.context) > args.event.at,
  'may start, no transfer slot': (args) => before(args, 'ready') && needsTransferSlot(args.context),
  'a person must approve': (args) => before(args, 'ready') && stepOf(args.context).approval === true && !args.context.approved,
  'may start, looks lie apart': (args) => isLook(args.event) && isStale(args.context, args.event) && before(args, 'ready'),
  'an earlier rung is open': ({ context, event }) => isLook(event) && openRung(context, event) >= 0,
  'stopped, the data is behind again': ({ context, event }) => isLook(event) && isBehindAgain(context, event),
  'only watching, an earlier rung is open': ({ context, event }) =>
    isLook(event) && stepOf(context).effect === null && openRung(context, event) >= 0,
  'a side is out of sight': ({ context }) => stepOf(context).fencing === true && unseenSide(context) !== null,
  'both sides in sight': ({ context, event }) => isLook(event) && lookOf(context, event) !== null,
  'the other side is out of sight, the name is right': ({ context, event }) =>
    isFence(event) && event.vm === context.member.vm && otherSideIsOutOfSight(context),
  'the other copy runs': ({ context, event }) => refusal(context, event)?.code === 'partner.running',
  'the other copy is out of sight': ({ context, event }) => refusal(context, event)?.code === 'partner.unseen',
  'accepted, nothing is to be seen': ({ context, event }) =>
    stepOf(context).answered === true && isAccepted(answer(event)?.returnValue ?? -1),
  'a person must act, force permitted': ({ context, event }) => {
    const failure = refusal(context, event);
    return (failure?.class === 'operator' || failure?.class === 'permanent') && canForce(context);
  },
  'late, force permitted': ({ context, event }) => isLook(event) && canForce(context) && isLate(context, event),
  'late, to be taken back': ({ context, event }) => isLook(event) && wantsBack(context) && isLate(context, event),
  'copy is interrupted by cancel': ({ context }) => context.cancelRequested && stepOf(context).cancel === 'quarantine',
  'a copy may be under way': ({ context }) => mayBeCopying(context),
  'a copy with a known job': ({ context }) => mayBeCopying(context) && context.jobId !== null && context.ended === null,
  'a copy broke off': ({ context }) => copyBrokeOff(context),
  'no step left': ({ context }) => context.step >= stepsOf(context).length,
  'no call so far': ({ context }) => context.attempt === 0,
  // The host did nothing wrong, and the time of doubt was waited out: there is nothing to spare it from.
  'its worker died, attempts left': ({ context }) => context.failure?.code === 'worker.gone' && attemptsLeft(context),
  'attempts left': ({ context }) => attemptsLeft(context),
  'VM is not here, perhaps on another node': (args) => before(args, 'missing') && mayHaveMoved(args),
  'VM is not here': (args) => before(args, 'missing'),
  'done or under way': (args) => before(args, 'done') || before(args, 'under-way'),
  // A call that arrives late would undo what comes next: the gentle call may have done it, and the VM be started again by then.
  'done or under way, nothing comes late': (args) =>
    !(args.context.doubt === 'arrival' && args.context.forced) && (before(args, 'done') || before(args, 'under-way')),
  'already done': (args) => before(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
  'done, to be proved': (args) => before(args, 'done'),
  'may start, paused': (args) => args.context.pauseRequested && before(args, 'ready'),
  'may start': (args) => before(args, 'ready'),
  'not begun, or long home': ({ context, event }) => isLook(event) && unclear(context, event) !== null,
  'nothing on the host': (args) => before(args, 'ready'),
  blocked: (args) => before(args, 'blocked'),
  'waits for something new': (args) =>
    isLook(args.event) && before(args, 'wait') && waitingFor(args.context, args.event)?.message !== args.context.failure?.message,
  accepted: ({ event }) => isAccepted(answer(event)?.returnValue ?? -1),
  'nothing happened yet, attempts left': ({ context, event }) => refusal(context, event)?.class === 'retryable' && attemptsLeft(context),
  'in doubt': ({ context, event }) => refusal(context, event)?.class === 'reconcile',
  'a person must act': ({ context, event }) => refusal(context, event)?.class === 'operator',
  'left the host, perhaps to another node': (args) => during(args, 'missing') && mayHaveMoved(args),
  'left the host': (args) => during(args, 'missing'),
  'found on a node, calls may be at work': ({ context, event }) =>
    isLook(event) && event.vm !== null && event.side === context.lost && mayBeAtWork(context),
  'found on a node': ({ context, event }) => isLook(event) && event.vm !== null && event.side === context.lost,
  achieved: (args) => during(args, 'done') && stepOf(args.context).proof(args.context.member.settings) === 0,
  'achieved, to be proved': (args) => during(args, 'done'),
  'still achieved': (args) => during(args, 'done'),
  'not achieved any more': ({ context, event }) => isLook(event) && judgeDuring(context, event) !== 'done',
  'job found': (args) => during(args, 'found'),
  'job has ended': ({ context, event }) => isLook(event) && context.ended === null && jobHasEnded(event),
  'job vanished': (args) => during(args, 'vanished'),
  'job vanished, its end unseen': (args) =>
    args.context.failure?.code === 'deadline.passed' && args.context.ended === null && during(args, 'vanished'),
  'job failed, attempts left': (args) => during(args, 'failed') && classOfJob(args) === 'retryable' && attemptsLeft(args.context),
  'job failed, a person must act': (args) => during(args, 'failed') && classOfJob(args) === 'operator',
  'job failed, to be taken back': (args) => during(args, 'failed') && wantsBack(args.context),
  'job failed': (args) => during(args, 'failed'),
  'not settled': (args) => during(args, 'unsettled'),
  'going on': (args) => during(args, 'going'),
  'at work, only slow to settle': (args) =>
    args.context.failure?.code !== 'deadline.passed' && (during(args, 'going') || during(args, 'found')),
  looked: ({ context, event }) => isLook(event) && wholeLook(context, event) !== 'partial',
  'copy was complete': (args) => during(args, 'done'),
  'copy is over': ({ context, event }) => isLook(event) && isOver(context, event),
} satisfies Readonly<Record<string, (args: GuardArgs) => boolean>>;
