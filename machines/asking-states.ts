import { lookAround, lookEverywhere } from './failback-context.ts';
import { failbackSetup } from './failback-setup.ts';
import { cancel, cancelSoon, honourCancel, lookForIt, startOver } from './failback-transitions.ts';

/**
 * The VM is not on its host any more, but its cluster has other nodes. Its job and all paths of the old node are stale: what became of an
 * operation that was at work is found out by looking, as after any doubt.
 */
export const locating = failbackSetup.createStateConfig({
  tags: 'working',
  entry: ['noteObstacle', 'noteLost', 'forgetJob', 'lookAfresh'],
  invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookEverywhere(context) },
  after: { lastLook: 'needsOperator' },
  always: [
    { guard: 'found on a node, calls may be at work', target: 'reconciling', actions: 'moveTo' },
    { guard: 'found on a node', target: 'checking', actions: 'moveTo' },
  ],
  on: { 'failback.cancel': cancelSoon },
});

/** The plan says when data may begin to move. */
export const scheduled = failbackSetup.createStateConfig({
  tags: 'working',
  entry: 'noteScheduled',
  after: { notBefore: 'checking' },
  on: { 'failback.cancel': cancel },
});

/** Others move their data first: each of the two hosts has only so many slots for that. */
export const queued = failbackSetup.createStateConfig({
  tags: 'working',
  entry: 'noteQueued',
  invoke: { id: 'slot', src: 'transferSlot', input: null },
  on: {
    'slot.granted': { target: 'checking', actions: 'takeSlot' },
    'failback.pause': { target: 'holding', actions: ['requestPause', 'clearFailure'] },
    'failback.cancel': cancel,
  },
});

/** The next step is a point of no return that the plan leaves to a person. */
export const approval = failbackSetup.createStateConfig({
  tags: 'attention',
  entry: 'noteApproval',
  on: {
    'failback.approve': { target: 'checking', actions: 'approve' },
    'failback.cancel': cancel,
  },
});

/** The host of the other copy is out of sight. It may come back, or a person vouches that the copy can not run. */
export const unseen = failbackSetup.createStateConfig({
  tags: 'attention',
  entry: ['noteUnseen', 'lookAfresh'],
  invoke: { id: 'watch', src: 'watchHost', input: ({ context }) => lookAround(context) },
  always: [
    honourCancel,
    { guard: 'both sides in sight', target: 'checking', actions: 'clearFailure' },
    // A host in sight that does not have the VM any more will not show it.
    { guard: 'VM is not here, perhaps on another node', ...lookForIt },
  ],
  on: {
    'host.observed': { guard: 'something new', actions: ['see', 'noteUnseen'] },
    'failback.fence': { guard: 'the other side is out of sight, the name is right', target: 'checking', actions: 'fence' },
    'failback.cancel': cancel,
  },
});

export const needsOperator = failbackSetup.createStateConfig({
  tags: 'attention',
  always: honourCancel,
  on: { 'failback.retry': startOver, 'failback.cancel': cancel },
});
