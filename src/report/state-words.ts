/** What the parts of a lifecycle's state mean to a person. States that are not here are shown as they are. */
const PHASES: Readonly<Record<string, string>> = {
  checking: 'looking whether it may start',
  holding: 'paused before the next call',
  calling: 'calling the host',
  'reconciling.looking': 'outcome unknown: looking at the host',
  'reconciling.confirming': 'outcome unknown: making sure',
  backingOff: 'waiting before the next attempt',
  'tracking.settling': 'waiting for the state that should follow',
  'reconciling.lastLook': 'outcome unknown for too long: looking once more',
  overdue: 'took too long, it seems: looking once more',
  lastLook: 'waited too long, it seems: looking once more',
  'proving.waiting': 'must stay up for a while',
  'proving.confirming': 'looking once more',
  'proving.lastLook': 'looking once more',
  needsOperator: 'waits for a person',
  'cancelling.terminating': 'stopping the copy',
  'cancelling.ending': 'waiting for the copy to end',
  'cancelling.lastLook': 'the copy was not seen to end: looking once more',
  quarantined: 'quarantined: disks at home are not to be trusted',
  failed: 'failed',
  cancelled: 'cancelled',
};

const GOING: Readonly<Record<string, string>> = {
  failback: 'data is on its way home',
  start: 'VM is starting',
  verify: 'waiting until the VM runs and is healthy',
  commit: 'failover is being committed',
  reverse: 'replication is being reversed',
};

/** "failback: tracking.going" → "failback: data is on its way home". */
export function stateWords(state: string): string {
  if (state === 'pending') return 'waits for its turn';
  if (state === 'completed') return 'home';
  const { step, phase } = splitState(state);
  if (step === null) return state;
  const words = phase === 'tracking.going' ? GOING[step] : PHASES[phase];
  return `${step}: ${words ?? phase}`;
}

/** "failback: tracking.going" → step `failback`, phase `tracking.going`; states outside of a step have none. */
export function splitState(state: string): { readonly step: string | null; readonly phase: string } {
  const colon = state.indexOf(': ');
  return colon < 0 ? { step: null, phase: state } : { step: state.slice(0, colon), phase: state.slice(colon + 2) };
}
