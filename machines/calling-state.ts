import { countCall, effectOf } from './call-report.ts';
import { addressOf } from './failback-context.ts';
import { failbackSetup } from './failback-setup.ts';
import { afterCall, cancelSoon } from './failback-transitions.ts';

/** The call of the step is made; its report says what came of it, or that nobody knows. */
export const calling = failbackSetup.createStateConfig({
  tags: 'working',
  entry: 'intend',
  invoke: {
    id: 'call',
    src: 'callHost',
    input: ({ context }) => ({
      effect: effectOf(context),
      ...addressOf(context),
      attempt: context.attempt,
      jobId: null,
      fenced: context.fenced,
    }),
    onDone: [
      { guard: 'accepted, nothing is to be seen', target: 'achieved', actions: countCall },
      { guard: 'accepted', target: 'tracking', actions: ['rememberJob', countCall] },
      { ...afterCall.retry, actions: ['noteRefusal', countCall] },
      { ...afterCall.doubt, actions: ['noteRefusal', { type: 'doubt', params: { its: 'effect' } as const }, countCall] },
      // Counted first: what was called is the gentle one.
      { ...afterCall.force, actions: [countCall, 'force'] },
      { ...afterCall.back, actions: ['noteRefusal', countCall] },
      { ...afterCall.operator, actions: ['noteRefusal', countCall] },
      { ...afterCall.failed, actions: ['noteRefusal', countCall] },
    ],
    onError: [
      { ...afterCall.partner, actions: 'noteRefusal' },
      { ...afterCall.retry, actions: 'noteRefusal' },
      { ...afterCall.unseen, actions: 'forgiveAttempts' },
      { ...afterCall.doubt, actions: ['noteRefusal', { type: 'doubt', params: { its: 'arrival' } as const }] },
      { ...afterCall.force, actions: 'force' },
      { ...afterCall.back, actions: 'noteRefusal' },
      { ...afterCall.operator, actions: 'noteRefusal' },
      { ...afterCall.failed, actions: 'noteRefusal' },
    ],
  },
  on: { 'failback.cancel': cancelSoon },
});
