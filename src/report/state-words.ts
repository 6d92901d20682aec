import type { Place } from './place.ts';
import { goingWords, titleOf } from './step-words.ts';

/** What the parts of a lifecycle's state mean to a person. States that are not here are shown as they are. */
const PHASES: Readonly<Record<string, string>> = {
  checking: 'looking whether it may start',
  queued: 'waits for a transfer slot',
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
  turning: 'turning back',
  'cancelling.deciding': 'being cancelled',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Phases in which nothing is known of a step yet but that it is the next one to be looked at. */
const LOOKING: readonly string[] = ['checking', 'lastLook'];

/** Phases in which a member waits for a person, or for a host, in words of their own. */
function waitingWords(phase: string, place: Place | undefined): string | null {
  if (phase === 'approval') return `running at ${place?.host ?? 'home'} and verified, waits for approval`;
  return phase === 'unseen' ? 'waits: a host is out of sight' : null;
}

/** A lifecycle at its goal. */
function goalWords(place: Place | undefined): string {
  if (place?.strategy === 'drill') return 'tried out and cleaned up';
  return place?.strategy === 'reverse' ? `running at ${place.host} and protected` : 'home';
}

/**
 * "failback: tracking.going" → "failback: data is on its way home"; "shutdown: tracking.going" → "shutting the VM down at hv-dr-01".
 * @param place names the hosts, and tells apart steps that mean different things in different strategies
 */
export function stateWords(state: string, place?: Place): string {
  if (state === 'pending') return 'waits for its turn';
  if (state === 'completed') return goalWords(place);
  const { step, phase } = splitState(state);
  if (step === null) return state;
  const waiting = waitingWords(phase, place);
  if (waiting !== null) return waiting;
  // The first rung is looked at first, wherever the pair stands: it may never have been failed over.
  if (step === 'commit' && LOOKING.includes(phase) && place?.strategy === 'reverse') return 'looking where it stands';
  const going = phase === 'tracking.going' ? goingWords(step, place) : null;
  const title = titleOf(step, place);
  // What has ended on the way between two hosts has often been taken back: the step it would begin with says nothing.
  if (title !== step && (phase === 'cancelled' || phase === 'failed')) return phase;
  if (going !== null) return title === step ? `${step}: ${going}` : going;
  return `${title}: ${PHASES[phase] ?? phase}`;
}

/** "failback: tracking.going" → step `failback`, phase `tracking.going`; states outside of a step have none. */
export function splitState(state: string): { readonly step: string | null; readonly phase: string } {
  const colon = state.indexOf(': ');
  return colon < 0 ? { step: null, phase: state } : { step: state.slice(0, colon), phase: state.slice(colon + 2) };
}
