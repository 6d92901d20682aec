import { type FailbackContext, follow, stepOf } from './failback-context.ts';
import { effectOf, failbackSetup } from './failback-setup.ts';

const countCall = { type: 'count', params: ({ context }: { context: FailbackContext }) => ({ calls: effectOf(context) }) } as const;

/** Where an effect's report leads. */
const afterCall = {
  retry: { guard: 'nothing happened yet, attempts left', target: 'backingOff' },
  doubt: { guard: 'in doubt', target: 'reconciling' },
  operator: { guard: 'a person must act', target: 'needsOperator' },
  failed: { target: 'failed' },
} as const;

/** Cancelled where no operation of ours has to be waited for; `cancelling` decides what that means for the data. */
const cancel = { target: 'cancelling', actions: 'requestCancel' } as const;
/** Cancelled while an operation is at work or in doubt: honoured when its outcome is known. */
const cancelSoon = { guard: 'not cancelled yet', actions: 'requestCancel' } as const;
const honourCancel = { guard: 'cancel requested', target: 'cancelling' } as const;
const startOver = { target: 'pending', actions: 'startOver' } as const;

/** What a look may show about an operation that is followed, in time or not. */
const whatCameOfIt = [
  { guard: 'copy is interrupted by cancel', target: 'cancelling' },
  { guard: 'left the host', target: 'needsOperator', actions: 'noteObstacle' },
  { guard: 'achieved', target: 'achieved' },
  { guard: 'achieved, to be proved', target: 'proving', actions: 'clearFailure' },
] as const;

/**
 * The replication lifecycle of one VM. One sub-lifecycle serves every step of a strategy:
 * checking → calling → tracking (→ proving) → the next step, with reconciling, overdue, backing off, holding and the places where
 * a person is waited for beside it. Which call, which conditions and what cancelling means are the step's data.
 *
 * Guarantees: a call is only made from `calling`, which is only entered on a fresh look that says "may start"; whoever does
 * not know whether a call worked is in `reconciling`; whoever has waited long enough for it to end looks once more (`overdue`);
 * `completed` is only reached when every step's condition was seen on the host; an accepted cancel ends in `cancelled`,
 * in `quarantined` if data may have been on its way, or in `completed` if nothing was left to do.
 */
export const failbackMachine = failbackSetup.createMachine({
  id: 'failback',
  context: ({ input }) => ({
    member: input,
    step: 0,
    attempt: 0,
    jobId: null,
    // XState builds the first context again at every transition, then without input.
    doubt: input?.adopt ? 'effect' : null,
    touched: false,
    seen: null,
    failure: null,
    pauseRequested: false,
    cancelRequested: false,
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
      invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
      after: { stepDeadline: { target: 'needsOperator', actions: 'noteStepDeadline' } },
      always: [
        { guard: 'VM is not here', target: 'needsOperator', actions: 'noteObstacle' },
        { guard: 'done or under way', target: 'found' },
        { guard: 'may start, paused', target: 'holding' },
        { guard: 'may start', target: 'calling' },
        { guard: 'blocked', target: 'needsOperator', actions: 'noteObstacle' },
      ],
      on: {
        'host.observed': { guard: 'waits for something new', actions: ['see', 'noteWait'] },
        'failback.cancel': cancel,
      },
    },
    holding: {
      tags: 'paused',
      on: {
        'failback.resume': { target: 'pending', actions: 'withdrawPause' },
        'failback.cancel': cancel,
      },
    },
    calling: {
      tags: 'working',
      entry: 'intend',
      invoke: {
        id: 'call',
        src: 'callHost',
        input: ({ context }) => ({ effect: effectOf(context), attempt: context.attempt, jobId: null }),
        onDone: [
          { guard: 'accepted', target: 'tracking', actions: ['rememberJob', countCall] },
          { ...afterCall.retry, actions: ['noteRefusal', countCall] },
          { ...afterCall.doubt, actions: ['noteRefusal', { type: 'doubt', params: { its: 'effect' } }, countCall] },
          { ...afterCall.operator, actions: ['noteRefusal', countCall] },
          { ...afterCall.failed, actions: ['noteRefusal', countCall] },
        ],
        onError: [
          { ...afterCall.retry, actions: 'noteRefusal' },
          { ...afterCall.doubt, actions: ['noteRefusal', { type: 'doubt', params: { its: 'arrival' } }] },
          { ...afterCall.operator, actions: 'noteRefusal' },
          { ...afterCall.failed, actions: 'noteRefusal' },
        ],
      },
      on: { 'failback.cancel': cancelSoon },
    },
    reconciling: {
      tags: 'working',
      initial: 'looking',
      on: { 'failback.cancel': cancelSoon },
      states: {
        looking: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
          after: { doubt: 'confirming' },
          always: { guard: 'done or under way', target: '#failback.found' },
        },
        confirming: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
          after: { stepDeadline: { target: '#failback.needsOperator', actions: 'noteStepDeadline' } },
          always: [
            { guard: 'VM is not here', target: '#failback.needsOperator', actions: 'noteObstacle' },
            { guard: 'done or under way', target: '#failback.found' },
            { guard: 'nothing on the host', target: '#failback.notFound' },
            { guard: 'blocked', target: '#failback.needsOperator', actions: 'noteObstacle' },
          ],
        },
      },
    },
    /** The look shows that the step is done or at work: a call in doubt worked, or somebody else made one. */
    found: {
      tags: 'working',
      exit: 'settleDoubt',
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
      entry: 'settleDoubt',
      always: [
        honourCancel,
        { guard: 'no call so far', target: 'checking' },
        { guard: 'attempts left', target: 'backingOff', actions: 'noteNothingThere' },
        { target: 'failed', actions: 'noteNothingThere' },
      ],
    },
    tracking: {
      tags: 'working',
      entry: 'touch',
      initial: 'going',
      invoke: {
        id: 'watch',
        src: 'watchHost',
        input: ({ context }) => follow(context, stepOf(context).name === 'failback' ? 'copy' : 'soon'),
      },
      after: { jobDeadline: { target: 'overdue', actions: 'noteJobDeadline' } },
      always: [
        ...whatCameOfIt,
        { guard: 'job found', target: 'tracking', reenter: true, actions: 'adoptJob' },
        { guard: 'job failed, attempts left', target: 'backingOff', actions: 'noteJobFailure' },
        { guard: 'job failed, a person must act', target: 'needsOperator', actions: 'noteJobFailure' },
        { guard: 'job failed', target: 'failed', actions: 'noteJobFailure' },
      ],
      on: { 'failback.cancel': cancelSoon },
      states: {
        going: {
          always: [
            { guard: 'not settled', target: 'settling', actions: 'noteUnsettled' },
            { guard: 'job vanished', target: '#failback.reconciling', actions: 'noteVanished' },
          ],
        },
        /** How the job ended is known, so that it disappears later means nothing. */
        settling: {
          after: { settle: '#failback.overdue' },
          always: { guard: 'going on', target: 'going', actions: 'clearFailure' },
        },
      },
    },
    /** A deadline has passed, but perhaps nobody has looked for hours: it is believed after a fresh look, or when none succeeds. */
    overdue: {
      tags: 'working',
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => follow(context, 'soon') },
      after: { stepDeadline: 'needsOperator' },
      always: [
        ...whatCameOfIt,
        { guard: 'at work, only slow to settle', target: 'tracking', actions: 'clearFailure' },
        { guard: 'looked', target: 'needsOperator' },
      ],
      on: { 'failback.cancel': cancelSoon },
    },
    /** The condition holds; it must go on holding for a while. */
    proving: {
      tags: 'working',
      initial: 'waiting',
      on: { 'failback.cancel': cancelSoon },
      states: {
        waiting: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: false, pace: 'soon' } },
          after: { proof: 'confirming' },
          on: { 'host.observed': { guard: 'not achieved any more', target: '#failback.tracking', actions: 'see' } },
        },
        confirming: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: false, pace: 'soon' } },
          after: { stepDeadline: { target: '#failback.needsOperator', actions: 'noteStepDeadline' } },
          on: {
            'host.observed': [
              { guard: 'still achieved', target: '#failback.achieved', actions: 'see' },
              { target: '#failback.tracking', actions: 'see' },
            ],
          },
        },
      },
    },
    achieved: {
      tags: 'working',
      entry: 'nextStep',
      always: [
        { guard: 'no step left', target: 'completed' },
        { guard: 'cancel requested', target: 'cancelled', actions: 'noteHeld' },
        { guard: 'pause requested', target: 'holding' },
        { target: 'checking' },
      ],
    },
    backingOff: {
      tags: 'working',
      after: { backOff: 'checking' },
      always: honourCancel,
      on: { 'failback.cancel': cancel },
    },
    needsOperator: {
      tags: 'attention',
      always: honourCancel,
      on: { 'failback.retry': startOver, 'failback.cancel': cancel },
    },
    /**
     * Cancelled. If data may be on its way the copy is interrupted; whatever the host answers, its disks are not to be trusted then,
     * unless the copy turns out to have been complete.
     */
    cancelling: {
      tags: 'working',
      initial: 'deciding',
      states: {
        deciding: {
          always: [
            { guard: 'a copy with a known job', target: 'terminating' },
            { guard: 'a copy may be under way', target: 'ending' },
            { target: '#failback.cancelled' },
          ],
        },
        terminating: {
          invoke: {
            id: 'call',
            src: 'callHost',
            input: ({ context }) => ({ effect: 'terminateJob', attempt: context.attempt, jobId: context.jobId }),
            onDone: 'ending',
            onError: 'ending',
          },
        },
        ending: {
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => follow(context, 'soon') },
          after: { settle: { target: '#failback.quarantined', actions: 'noteNotEnded' } },
          always: [
            { guard: 'copy was complete', target: '#failback.achieved' },
            { guard: 'job found', target: 'terminating', actions: 'adoptJob' },
            { guard: 'copy is over', target: '#failback.quarantined', actions: 'noteInterrupted' },
          ],
        },
      },
    },
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
