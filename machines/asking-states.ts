import { lookAround } from './failback-context.ts';
import { failbackSetup } from './failback-setup.ts';
import { cancel, honourCancel, startOver } from './failback-transitions.ts';

/** The next step is a point of no return that the plan leaves to a person. */
export const approval = failbackSetup.createStateConfig({
  tags: 'attention',
  entry: 'noteApproval',
  on: {
    'failback.approve': { target: 'checking', actions: 'approve' },
    'failback.retry': startOver,
    'failback.cancel': cancel,
  },
});

/** The host of the other copy is out of sight. It may come back, or a person vouches that the copy can not run. */
export const unseen = failbackSetup.createStateConfig({
  tags: 'attention',
  entry: ['noteUnseen', 'lookAfresh'],
  invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
  always: { guard: 'both sides in sight', target: 'checking', actions: 'clearFailure' },
  on: {
    'failback.fence': { guard: 'the other copy is out of sight, its name is right', target: 'checking', actions: 'fence' },
    'failback.retry': startOver,
    'failback.cancel': cancel,
  },
});

export const needsOperator = failbackSetup.createStateConfig({
  tags: 'attention',
  always: honourCancel,
  on: { 'failback.retry': startOver, 'failback.cancel': cancel },
});
