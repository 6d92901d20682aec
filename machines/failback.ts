import { approval, locating, needsOperator, queued, scheduled, unseen } from './asking-states.ts';
import { countCall } from './call-report.ts';
import { calling } from './calling-state.ts';
import { cancelling } from './cancelling-state.ts';
import { follow, lookAround, lookOn, stepOf } from './failback-context.ts';
import { failbackSetup } from './failback-setup.ts';
import {
  anotherWay,
  askAboutTime,
  cancel,
  cancelForth,
  cancelNow,
  cancelSoon,
  honourCancel,
  isItProved,
  mayItStart,
  noteJobEnd,
  startOver,
  timeIsOver,
  toReconciling,
  whatCameOfIt,
  whatIsThere,
} from './failback-transitions.ts';
import { NO_SIGHTS } from './sight.ts';

/**
 * The replication lifecycle of one VM. One sub-lifecycle serves every step of a strategy:
 * checking → calling → tracking (→ proving) → the next step, with reconciling, overdue, backing off, holding and the places where
 * a person is waited for beside it. Which call, which conditions and what cancelling means are the step's data.
 *
 * Guarantees: a call is only made from `calling`, which is only entered on a fresh look that says "may start"; whoever does
 * not know whether a call worked is in `reconciling`; a deadline is only believed after one more fresh look (`lastLook`, `overdue`);
 * `completed` is only reached when every step's condition was seen on the host; an accepted cancel ends in `cancelled`,
 * in `quarantined` if data may have been on its way, or in `completed` if nothing was left to do.
 */
export const failbackMachine = failbackSetup.createMachine({
  id: 'failback',
  context: ({ input }) => ({
    member: input,
    course: 'forth',
    step: 0,
    attempt: 0,
    jobId: null,
    // XState builds the first context again at every transition, then without input.
    doubt: input?.adopt ? 'effect' : null,
    touched: false,
    ended: null,
    seen: null,
    failure: null,
    because: null,
    pauseRequested: false,
    cancelRequested: false,
    approved: false,
    fenced: false,
    forced: false,
    transfer: false,
    movedTo: {},
    lost: null,
    sights: NO_SIGHTS,
    skipped: [],
    stoppedAt: null,
    homeAt: null,
  }),
  initial: 'pending',
  options: { maxIterations: 100 },
  on: {
    'host.observed': { guard: 'something new', actions: 'see' },
    'failback.pause': { guard: 'not paused yet', actions: 'requestPause' },
    'failback.resume': { guard: 'pause requested', actions: 'withdrawPause' },
  },
  states: {
    pending: {
      tags: 'pending',
      on: {
        'failback.admit': [{ guard: 'calls may be at work', target: 'reconciling' }, { target: 'checking' }],
        'failback.cancel': [{ guard: 'a copy may be under way', target: 'reconciling', actions: 'requestCancel' }, cancel],
      },
    },
    checking: {
      tags: 'working',
      entry: 'lookAfresh',
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
      after: { stepDeadline: 'lastLook', unseen: { guard: 'a side is out of sight', target: 'unseen' } },
      // A cancel that was accepted before is honoured first: nothing more is called.
      always: [honourCancel, ...mayItStart],
      on: {
        'host.observed': { guard: 'waits for something new', actions: ['see', 'noteWait'] },
        'failback.cancel': cancelForth,
      },
    },
    /** The time to get ready is over, but perhaps nobody has looked for hours: the host has one more look to show that it is ready. */
    lastLook: {
      tags: 'working',
      entry: 'lookAfresh',
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
      after: { lastLook: askAboutTime },
      always: [...mayItStart, timeIsOver],
      on: { 'failback.cancel': cancelForth },
    },
    holding: {
      tags: 'paused',
      on: {
        'failback.resume': { target: 'pending', actions: 'withdrawPause' },
        'failback.cancel': cancel,
      },
    },
    calling,
    reconciling: {
      tags: 'working',
      initial: 'looking',
      on: { 'failback.cancel': cancelSoon },
      states: {
        looking: {
          entry: 'lookAfresh',
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
          after: { doubt: 'confirming' },
          always: { guard: 'done or under way, nothing comes late', target: '#failback.found' },
        },
        confirming: {
          entry: 'lookAfresh',
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
          after: { stepDeadline: 'lastLook' },
          always: whatIsThere,
        },
        lastLook: {
          entry: 'lookAfresh',
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
          after: { lastLook: askAboutTime },
          always: [...whatIsThere, timeIsOver],
        },
      },
    },
    /** The look shows that the step is done or at work: a call in doubt worked, or somebody else made one. */
    found: {
      tags: 'working',
      exit: ['claim', 'settleDoubt'],
      always: [{ guard: 'arrival was in doubt', target: 'adopting', actions: countCall }, { target: 'adopting' }],
    },
    adopting: {
      tags: 'working',
      always: [
        { guard: 'already done', target: 'achieved' },
        { guard: 'done, to be proved', target: 'proving' },
        { target: 'tracking', actions: 'adoptJob' },
      ],
    },
    /** The look shows, after the time of doubt, that no call is at work and that one may be made. */
    notFound: {
      tags: 'working',
      entry: ['settleDoubt', 'endOperation'],
      always: [
        honourCancel,
        { guard: 'no call so far', target: 'checking' },
        { guard: 'its worker died, attempts left', target: 'checking' },
        { guard: 'attempts left', target: 'backingOff', actions: 'noteNothingThere' },
        { guard: 'no attempt left, to be taken back', target: 'turning', actions: 'noteNothingThere' },
        { target: 'failed', actions: 'noteNothingThere' },
      ],
    },
    tracking: {
      tags: 'working',
      entry: ['touch', 'lookAfresh'],
      initial: 'going',
      invoke: {
        id: 'watch',
        src: 'watchHost',
        input: ({ context }) => follow(context, stepOf(context).name === 'failback' ? 'copy' : 'soon'),
      },
      after: { jobDeadline: { target: 'overdue', actions: 'noteJobDeadline' } },
      always: [...whatCameOfIt, { guard: 'job found', target: 'tracking', reenter: true, actions: 'adoptJob' }],
      on: { 'host.observed': noteJobEnd, 'failback.cancel': [cancelNow, cancelSoon] },
      states: {
        going: {
          always: [
            { guard: 'not settled', target: 'settling', actions: 'noteUnsettled' },
            { guard: 'job vanished', ...toReconciling },
          ],
        },
        /** How the job ended is known, so that it disappears later means nothing. */
        settling: {
          after: { settle: '#failback.overdue' },
          always: { guard: 'going on', target: 'going', actions: 'clearFailure' },
        },
      },
    },
    /** As `lastLook`, for an operation that is followed: whatever a look in time would have led to, this one leads to. */
    overdue: {
      tags: 'working',
      entry: 'lookAfresh',
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => follow(context, 'soon') },
      after: { stepDeadline: 'needsOperator' },
      always: [
        ...whatCameOfIt,
        { guard: 'job vanished, its end unseen', ...toReconciling },
        { guard: 'at work, only slow to settle', target: 'tracking', actions: 'clearFailure' },
        ...anotherWay,
        { guard: 'looked', target: 'needsOperator', actions: 'noteOverdue' },
      ],
      on: { 'host.observed': noteJobEnd, 'failback.cancel': [cancelNow, cancelSoon] },
    },
    /** The condition holds; it must go on holding for a while. */
    proving: {
      tags: 'working',
      initial: 'waiting',
      on: { 'failback.cancel': [cancelNow, cancelSoon] },
      states: {
        waiting: {
          entry: 'lookAfresh',
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookOn(context) },
          after: { proof: 'confirming' },
          on: { 'host.observed': { guard: 'not achieved any more', target: '#failback.tracking', actions: 'see' } },
        },
        confirming: {
          entry: 'lookAfresh',
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookOn(context) },
          after: { stepDeadline: 'lastLook' },
          on: { 'host.observed': isItProved },
        },
        lastLook: {
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookOn(context) },
          after: { lastLook: askAboutTime },
          on: { 'host.observed': isItProved },
        },
      },
    },
    achieved: {
      tags: 'working',
      entry: 'nextStep',
      always: [
        { guard: 'to be cleaned up', target: 'turning' },
        { guard: 'cleaned up', target: 'completed' },
        { guard: 'taken back on demand', target: 'cancelled', actions: 'arriveBack' },
        { guard: 'taken back', target: 'failed', actions: 'arriveBack' },
        { guard: 'no step left', target: 'completed' },
        { guard: 'cancel requested, can be taken back', target: 'turning' },
        { guard: 'cancel requested', target: 'cancelled', actions: 'noteHeld' },
        { guard: 'pause requested', target: 'holding' },
        { target: 'checking' },
      ],
    },
    /** What was done since the point where the member could still be left alone is taken back, step by step, by the same rules. */
    turning: { tags: 'working', entry: 'turnBack', always: 'checking' },
    backingOff: {
      tags: 'working',
      after: { backOff: 'checking' },
      always: honourCancel,
      on: { 'failback.cancel': cancelForth },
    },
    locating,
    scheduled,
    queued,
    approval,
    unseen,
    needsOperator,
    cancelling,
    /** Stays on record through retries, until state 14 is seen. */
    quarantined: { tags: 'quarantined', entry: 'touch', on: { 'failback.retry': startOver } },
    failed: {
      tags: 'failed',
      entry: 'noteGivenUp',
      always: honourCancel,
      on: { 'failback.retry': startOver, 'failback.cancel': cancel },
    },
    cancelled: { tags: 'cancelled', type: 'final' },
    completed: { tags: 'completed', type: 'final' },
  },
});
