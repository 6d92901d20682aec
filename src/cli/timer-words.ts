import { durationWords } from '../report/duration-words.ts';
import { splitState } from '../report/state-words.ts';

/** A deadline that is further away than this tells nobody anything, milliseconds. */
const NEAR_MS = 600_000;

/** Whoever reads of less than this reads it too late, milliseconds. */
const SHORT_MS = 1000;

/** What the timer of a phase means, for timers that end by themselves what they measure. */
const WAITS: Readonly<Record<string, string>> = {
  backingOff: 'tries again in',
  'proving.waiting': 'for another',
  'reconciling.looking': 'decides in',
};

/**
 * What a member's next timer means to a person: "tries again in 40.0 s". Null when it says nothing: there is none, it is all but
 * due, or it is a deadline that is far away.
 * @param state "failback: tracking.going"
 * @param at when the timer is due, and `now`: ms since the epoch
 */
export function timerWords(state: string, at: number | null, now: number): string | null {
  if (at === null || at - now < SHORT_MS) return null;
  const { phase } = splitState(state);
  const left = durationWords(at - now);
  const wait = WAITS[phase];
  if (wait !== undefined) return `${wait} ${left}`;
  return at - now <= NEAR_MS ? `asks a person if nothing has come of it in ${left}` : null;
}
