import type { Failure } from '../domain/failure.ts';
import type { MemberStatus } from '../domain/member.ts';
import type { Place } from './place.ts';
import { stateWords } from './state-words.ts';

/** What is known about where a member stands. */
export interface Standing {
  readonly status: MemberStatus;
  /** "failback: tracking.going" */
  readonly state: string;
  readonly failure: Failure | null;
  /** Who asked for a pause or a cancel of this member, and why, as the journal says it; null when nobody did. */
  readonly asked: string | null;
  /** The same of the whole run. */
  readonly askedOfRun: string | null;
  readonly place?: Place;
}

/** Statuses in which somebody's word matters. */
const HELD: readonly MemberStatus[] = ['pending', 'paused', 'cancelled', 'quarantined'];

/**
 * Why a member is not home: what failed, what a person is waited for, who cancelled or paused it, what it is doing. Null when it is home.
 * Not sanitised: it repeats what hosts and people say.
 */
export function whyOf({ status, state, failure, asked, askedOfRun, place }: Standing): string | null {
  if (status === 'completed') return null;
  const parts = [failure?.message ?? null, HELD.includes(status) ? (asked ?? askedOfRun) : null];
  const said = parts.filter((part) => part !== null);
  return said.length > 0 ? said.join('; ') : stateWords(state, place);
}
