import { addressOf, follow } from './failback-context.ts';
import { failbackSetup } from './failback-setup.ts';
import { howItEnded } from './failback-transitions.ts';

/**
 * Cancelled. A copy that may be on its way is interrupted, one that broke off before is left alone; either way the disks are not
 * to be trusted, unless the copy turns out to have been complete. A job that is known to have ended is not called.
 */
export const cancelling = failbackSetup.createStateConfig({
  tags: 'working',
  initial: 'deciding',
  states: {
    deciding: {
      always: [
        { guard: 'a copy with a known job', target: 'terminating' },
        { guard: 'a copy may be under way', target: 'ending' },
        { guard: 'can be taken back', target: '#failback.turning' },
        { guard: 'on the way back', target: '#failback.cancelled', actions: 'noteLeftHalfway' },
        { guard: 'a copy broke off', target: '#failback.quarantined', actions: 'noteBrokenOff' },
        { target: '#failback.cancelled', actions: 'noteCancelled' },
      ],
    },
    terminating: {
      invoke: {
        id: 'call',
        src: 'callHost',
        input: ({ context }) => ({
          effect: 'terminateJob',
          ...addressOf(context),
          attempt: context.attempt,
          jobId: context.jobId,
          fenced: false,
        }),
        onDone: 'ending',
        onError: 'ending',
      },
    },
    ending: {
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => follow(context, 'soon') },
      after: { settle: 'lastLook' },
      always: howItEnded,
    },
    lastLook: {
      invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => follow(context, 'soon') },
      after: { lastLook: { target: '#failback.quarantined', actions: 'noteNotEnded' } },
      always: [...howItEnded, { guard: 'looked', target: '#failback.quarantined', actions: 'noteNotEnded' }],
    },
  },
});
