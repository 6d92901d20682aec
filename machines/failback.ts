import type { FailbackContext } from './failback-context.ts';
import { stepOf } from './failback-context.ts';
import { effectOf, failbackSetup } from './failback-setup.ts';

const countCall = { type: 'count', params: ({ context }: { context: FailbackContext }) => ({ calls: effectOf(context) }) } as const;

/** Where an effect's report leads. */
const afterCall = {
  retry: { guard: 'nothing happened yet, attempts left', target: 'backingOff', actions: ['noteRefusal'] },
  doubt: { guard: 'in doubt', target: 'reconciling', actions: ['noteRefusal'] },
  operator: { guard: 'a person must act', target: 'needsOperator', actions: ['noteRefusal'] },
  failed: { target: 'failed', actions: ['noteRefusal'] },
} as const;

const cancelUnlessCopying = [{ guard: 'nothing is under way', target: 'cancelled' }, { target: 'cancelling' }] as const;

/**
 * The replication lifecycle of one VM. One sub-lifecycle serves every step of a strategy:
 * checking → calling → tracking (→ proving) → the next step, with reconciling, backing off, holding and the places where a person
 * is waited for beside it. Which call, which conditions and what cancelling means are the step's data.
 *
 * Guarantees: a call is only made from `calling`, which is only entered on a fresh look that says "may start"; whoever does
 * not know whether a call worked is in `reconciling`; `completed` is only reached when every step's condition was seen on the host.
 */
export const failbackMachine = failbackSetup.createMachine({
  id: 'failback',
  context: ({ input }) => ({
    member: input,
    step: 0,
    attempt: 0,
    jobId: null,
    inDoubt: false,
    seen: null,
    failure: null,
    pauseRequested: false,
    cancelRequested: false,
  }),
  initial: 'pending',
  options: { maxIterations: 100 },
  on: {
    'host.observed': { guard: 'something new', actions: 'see' },
    'failback.pause': { guard: ({ context }) => !context.pauseRequested, actions: 'requestPause' },
    'failback.resume': { guard: ({ context }) => context.pauseRequested, actions: 'withdrawPause' },
  },
  states: {
    pending: {
      tags: 'pending',
      on: {
        'failback.admit': [{ guard: 'adopts a run', target: 'reconciling' }, { target: 'checking' }],
        'failback.cancel': cancelUnlessCopying,
      },
    },
    checking: {
      tags: 'working',
      invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
      after: { stepDeadline: { target: 'needsOperator', actions: 'noteStepDeadline' } },
      always: [
        { guard: 'VM is not here', target: 'needsOperator', actions: 'noteObstacle' },
        { guard: 'already done', target: 'found' },
        { guard: 'done, to be proved', target: 'found' },
        { guard: 'already under way', target: 'found' },
        { guard: 'may start, paused', target: 'holding' },
        { guard: 'may start', target: 'calling' },
        { guard: 'blocked', target: 'needsOperator', actions: 'noteObstacle' },
      ],
      on: {
        'host.observed': { guard: 'waits for something new', actions: ['see', 'noteWait'] },
        'failback.cancel': cancelUnlessCopying,
      },
    },
    holding: {
      tags: 'paused',
      on: {
        'failback.resume': { target: 'pending', actions: 'withdrawPause' },
        'failback.cancel': cancelUnlessCopying,
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
          { ...afterCall.doubt, actions: ['noteRefusal', countCall] },
          { ...afterCall.operator, actions: ['noteRefusal', countCall] },
          { ...afterCall.failed, actions: ['noteRefusal', countCall] },
        ],
        onError: [
          { ...afterCall.retry, actions: ['noteRefusal'] },
          { ...afterCall.doubt, actions: ['noteRefusal', 'doubt'] },
          { ...afterCall.operator, actions: ['noteRefusal'] },
          { ...afterCall.failed, actions: ['noteRefusal'] },
        ],
      },
      on: { 'failback.cancel': { guard: ({ context }) => !context.cancelRequested, actions: 'requestCancel' } },
    },
    reconciling: {
      tags: 'working',
      initial: 'looking',
      on: { 'failback.cancel': { guard: ({ context }) => !context.cancelRequested, actions: 'requestCancel' } },
      states: {
        looking: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
          after: { doubt: 'confirming' },
          always: [
            { guard: 'already done', target: '#failback.found' },
            { guard: 'done, to be proved', target: '#failback.found' },
            { guard: 'already under way', target: '#failback.found' },
          ],
        },
        confirming: {
          invoke: { id: 'watch', src: 'watchHost', input: { jobId: null, allJobs: true, pace: 'soon' } },
          after: { stepDeadline: { target: '#failback.needsOperator', actions: 'noteStepDeadline' } },
          always: [
            { guard: 'VM is not here', target: '#failback.needsOperator', actions: 'noteObstacle' },
            { guard: 'already done', target: '#failback.found' },
            { guard: 'done, to be proved', target: '#failback.found' },
            { guard: 'already under way', target: '#failback.found' },
            { guard: 'nothing on the host, cancelled', target: '#failback.cancelled', actions: 'settleDoubt' },
            { guard: 'nothing on the host, first call of an adopted run', target: '#failback.checking' },
            { guard: 'nothing on the host, attempts left', target: '#failback.backingOff', actions: ['settleDoubt', 'noteNothingThere'] },
            { guard: 'nothing on the host', target: '#failback.failed', actions: ['settleDoubt', 'noteNothingThere'] },
            { guard: 'blocked', target: '#failback.needsOperator', actions: 'noteObstacle' },
          ],
        },
      },
    },
    /** The look shows that a call in doubt worked. */
    found: {
      tags: 'working',
      exit: 'settleDoubt',
      always: [{ guard: ({ context }) => context.inDoubt, target: 'adopting', actions: countCall }, { target: 'adopting' }],
    },
    adopting: {
      tags: 'working',
      always: [
        { guard: 'already done', target: 'achieved' },
        { guard: 'done, to be proved', target: 'proving' },
        { target: 'tracking', actions: 'adoptJob' },
      ],
    },
    tracking: {
      tags: 'working',
      initial: 'going',
      invoke: {
        id: 'watch',
        src: 'watchHost',
        input: ({ context }) => ({
          jobId: context.jobId,
          allJobs: context.jobId === null,
          pace: stepOf(context).name === 'failback' ? 'copy' : 'soon',
        }),
      },
      after: { jobDeadline: { target: 'needsOperator', actions: 'noteJobDeadline' } },
      always: [
        { guard: 'copy is interrupted by cancel', target: 'cancelling' },
        { guard: 'left the host', target: 'needsOperator', actions: 'noteObstacle' },
        { guard: 'achieved', target: 'achieved' },
        { guard: 'achieved, to be proved', target: 'proving' },
        { guard: 'job found', target: 'tracking', reenter: true, actions: 'adoptJob' },
        { guard: 'job vanished', target: 'reconciling', actions: 'noteVanished' },
        { guard: 'job failed, attempts left', target: 'backingOff', actions: 'noteJobFailure' },
        { guard: 'job failed, a person must act', target: 'needsOperator', actions: 'noteJobFailure' },
        { guard: 'job failed', target: 'failed', actions: 'noteJobFailure' },
      ],
      on: { 'failback.cancel': { guard: ({ context }) => !context.cancelRequested, actions: 'requestCancel' } },
      states: {
        going: { always: { guard: 'not settled', target: 'settling', actions: 'noteUnsettled' } },
        settling: {
          after: { settle: { target: '#failback.needsOperator' } },
          always: { guard: 'going on', target: 'going', actions: 'clearFailure' },
        },
      },
    },
    /** The condition holds; it must go on holding for a while. */
    proving: {
      tags: 'working',
      initial: 'waiting',
      on: { 'failback.cancel': { guard: ({ context }) => !context.cancelRequested, actions: 'requestCancel' } },
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
        { guard: 'cancel requested', target: 'cancelled' },
        { guard: 'pause requested', target: 'holding' },
        { target: 'checking' },
      ],
    },
    backingOff: {
      tags: 'working',
      after: { backOff: 'checking' },
      always: { guard: 'cancel requested', target: 'cancelled' },
      on: { 'failback.cancel': cancelUnlessCopying },
    },
    needsOperator: {
      tags: 'attention',
      on: {
        'failback.retry': { target: 'pending', actions: 'startOver' },
        'failback.cancel': cancelUnlessCopying,
      },
    },
    /** A data copy is being interrupted on the operator's word; whatever the host answers, the disks are not to be trusted. */
    cancelling: {
      tags: 'working',
      initial: 'deciding',
      states: {
        deciding: { always: [{ guard: 'job is known', target: 'terminating' }, { target: 'ending' }] },
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
          invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => ({ jobId: context.jobId, allJobs: false, pace: 'soon' }) },
          after: { settle: { target: '#failback.quarantined', actions: 'noteCancelledCopy' } },
          always: [
            { guard: 'copy was complete', target: '#failback.cancelled', actions: 'noteLateCancel' },
            { guard: 'copy is over', target: '#failback.quarantined', actions: 'noteCancelledCopy' },
          ],
        },
      },
    },
    quarantined: { tags: 'quarantined', on: { 'failback.retry': { target: 'pending', actions: 'startOver' } } },
    failed: { tags: 'failed', on: { 'failback.retry': { target: 'pending', actions: 'startOver' }, 'failback.cancel': 'cancelled' } },
    cancelled: { tags: 'cancelled', type: 'final' },
    completed: { tags: 'completed', type: 'final' },
  },
});
