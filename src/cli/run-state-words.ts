import { standstillOf } from './follow/standstill.ts';

/** State and counts of a run, wherever they come from. */
export type Standing = Parameters<typeof standstillOf>[0];

/** How a run stands, in words: its state, unless nothing moves any more until a person acts. */
export function runStateWords(standing: Standing): string {
  const { state } = standing;
  if (state !== 'running' && state !== 'cancelled') return state;
  return standstillOf(standing) === 'people' ? 'waits for a person' : state;
}
