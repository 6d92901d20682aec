/** Where an effect's report leads. */
export const afterCall = {
  partner: { guard: 'the other copy runs', target: 'needsOperator' },
  retry: { guard: 'nothing happened yet, attempts left', target: 'backingOff' },
  unseen: { guard: 'the other copy is out of sight', target: 'unseen' },
  doubt: { guard: 'in doubt', target: 'reconciling' },
  force: { guard: 'a person must act, force permitted', target: 'checking' },
  back: { guard: 'given up, to be taken back', target: 'turning' },
  operator: { guard: 'a person must act', target: 'needsOperator' },
  failed: { target: 'failed' },
} as const;

/** Cancelled where no operation of ours has to be waited for; `cancelling` decides what that means for the data. */
export const cancel = { target: 'cancelling', actions: 'requestCancel' } as const;
/** The same where a way back goes on by itself: it is not cancelled. */
export const cancelForth = { ...cancel, guard: 'may be cancelled' } as const;
/** Cancelled while an operation is at work or in doubt: honoured when its outcome is known. */
export const cancelNow = { ...cancel, guard: 'needs no end' } as const;
export const cancelSoon = { guard: 'not cancelled yet', actions: 'requestCancel' } as const;
export const honourCancel = { guard: 'cancel requested', target: 'cancelling' } as const;
export const startOver = { target: 'pending', actions: 'startOver' } as const;
export const lookForIt = { target: '#failback.locating' } as const;
const askAboutObstacle = { target: '#failback.needsOperator', actions: 'noteObstacle' } as const;
export const askAboutTime = { target: '#failback.needsOperator', actions: 'noteStepDeadline' } as const;
/** The last entry of a last look: it has shown nothing that lets the step go on, so its time is over. */
export const timeIsOver = { guard: 'looked', target: '#failback.needsOperator', actions: ['noteWait', 'noteStepDeadline'] } as const;

/** What a look may show before a call. */
export const mayItStart = [
  { guard: 'VM is not here, perhaps on another node', ...lookForIt },
  { guard: 'VM is not here', ...askAboutObstacle },
  { guard: 'stopped, the data is behind again', target: 'turning', actions: 'noteBehindAgain' },
  { guard: 'an earlier rung is open', target: 'checking', reenter: true, actions: 'stepBack' },
  { guard: 'done or under way', target: 'found' },
  { guard: 'may start, looks lie apart', target: 'checking', reenter: true },
  { guard: 'may start, too early', target: 'scheduled' },
  { guard: 'a person must approve', target: 'approval' },
  { guard: 'may start, paused', target: 'holding', actions: ['clearFailure', 'leaveSlot'] },
  { guard: 'may start, no transfer slot', target: 'queued' },
  { guard: 'may start', target: 'calling' },
  { guard: 'blocked, to be taken back', target: 'turning', actions: 'noteObstacle' },
  { guard: 'blocked', ...askAboutObstacle },
] as const;

/** What a look may show about calls that may be at work, after the time of doubt. */
export const whatIsThere = [
  { guard: 'VM is not here, perhaps on another node', ...lookForIt },
  { guard: 'VM is not here', ...askAboutObstacle },
  { guard: 'done or under way', target: '#failback.found' },
  { guard: 'not begun, or long home', target: '#failback.needsOperator', actions: ['noteUnclear', 'settleDoubt'] },
  { guard: 'nothing on the host', target: '#failback.notFound' },
  { guard: 'stopped, the data is behind again', target: '#failback.turning', actions: 'noteBehindAgain' },
  { guard: 'an earlier rung is open', target: '#failback.checking', actions: 'stepBack' },
  { guard: 'blocked', ...askAboutObstacle },
] as const;

/** What a look may show about an operation that is followed, in time or not. */
export const whatCameOfIt = [
  { guard: 'copy is interrupted by cancel', target: 'cancelling' },
  { guard: 'left the host, perhaps to another node', ...lookForIt },
  { guard: 'left the host', ...askAboutObstacle },
  { guard: 'only watching, an earlier rung is open', target: 'checking', actions: 'stepBack' },
  { guard: 'achieved', target: 'achieved' },
  { guard: 'achieved, to be proved', target: 'proving', actions: 'clearFailure' },
  { guard: 'job failed, attempts left', target: 'backingOff', actions: ['noteJobFailure', 'endOperation'] },
  { guard: 'job failed, to be taken back', target: 'turning', actions: 'noteJobFailure' },
  { guard: 'job failed, a person must act', target: 'needsOperator', actions: ['noteJobFailure', 'endOperation'] },
  { guard: 'job failed', target: 'failed', actions: ['noteJobFailure', 'endOperation'] },
] as const;
export const toReconciling = { target: '#failback.reconciling', actions: ['noteVanished', 'forgetJob'] } as const;
export const noteJobEnd = { guard: 'job has ended', actions: ['see', 'endJob'] } as const;

/** What a look shows after the time a condition had to hold. */
export const isItProved = [
  { guard: 'still achieved', target: '#failback.achieved', actions: 'see' },
  { target: '#failback.tracking', actions: 'see' },
] as const;

/** What a look may show about a copy that was cancelled. */
export const howItEnded = [
  { guard: 'copy was complete', target: '#failback.achieved' },
  { guard: 'job found', target: 'terminating', actions: 'adoptJob' },
  { guard: 'copy is over', target: '#failback.quarantined', actions: 'noteInterrupted' },
] as const;

/** What a look may show when the time of an operation is over, and there is another way than to ask a person. */
export const anotherWay = [
  { guard: 'late, force permitted', target: 'checking', actions: 'force' },
  { guard: 'late, to be taken back', target: 'turning', actions: 'noteOverdue' },
] as const;
