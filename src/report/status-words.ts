import type { Intent } from '../domain/intent.ts';
import type { MemberStatus } from '../domain/member.ts';

/** What a status means to a person: of one VM, and of several. */
const WORDS: Readonly<Record<MemberStatus, readonly [one: string, several: string]>> = {
  completed: ['home', 'home'],
  working: ['in work', 'in work'],
  pending: ['waits for its turn', 'wait for their turn'],
  paused: ['paused', 'paused'],
  attention: ['waits for a person', 'wait for a person'],
  failed: ['failed', 'failed'],
  quarantined: ['quarantined', 'quarantined'],
  cancelled: ['cancelled', 'cancelled'],
};

/** The order in which people are told: what is done, what goes on, what needs them. */
export const TOLD_STATUSES = Object.keys(WORDS) as readonly MemberStatus[];
/** All of those who are not home. */
export const NOT_HOME = TOLD_STATUSES.filter((status) => status !== 'completed');

/** What a run that reached its goal has done for a VM. */
export type Goal = 'home' | 'failed over' | 'passed';

/** "waits for a person", of several "wait for a person"; what is completed is at its goal. */
export function statusWords(status: MemberStatus, count = 1, goal: Goal = 'home'): string {
  if (status === 'completed') return goal;
  return WORDS[status][count === 1 ? 0 : 1];
}

/** "11 home", "1 waits for a person": whatever is not zero, of the given statuses. */
export function countWords(
  counts: Readonly<Record<MemberStatus, number>>,
  statuses: readonly MemberStatus[] = TOLD_STATUSES,
  goal: Goal = 'home',
): string[] {
  return statuses.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${statusWords(status, counts[status], goal)}`);
}

const GOALS: Readonly<Record<Intent, Goal>> = { failback: 'home', 'planned-failover': 'failed over', drill: 'passed' };

export function goalOf({ intent = 'failback' }: { readonly intent?: Intent }): Goal {
  return GOALS[intent];
}
