import type { Strategy } from '../domain/member.ts';
import type { JournalEntry } from '../runtime/journal.ts';
import { splitState } from './state-words.ts';

/** What can not be undone any more once a step was achieved. */
const POINTS: Readonly<Partial<Record<Strategy, Readonly<Record<string, string>>>>> = {
  provider: { commit: 'the failover is committed and can not be undone' },
  reverse: {
    commit: 'the failover is committed: the old copy is given up for a new one',
    protect: 'the failover is final: replication runs the other way now, and the way back is a new failover',
  },
};

/** Phases of a step in which nothing of this run has been at work for it. */
const BEFORE: readonly string[] = ['checking', 'lastLook', 'holding', 'approval', 'unseen', 'needsOperator', 'failed', 'backingOff'];

/**
 * What can not be undone any more since this transition; null where it passes no point of no return. A step that was found done is
 * none: somebody passed that point before.
 */
export function pointOfNoReturn({ from, to }: Pick<JournalEntry, 'from' | 'to'>, strategy: Strategy): string | null {
  const left = splitState(from);
  const next = splitState(to);
  if (left.step === null || next.step === left.step || BEFORE.includes(left.phase)) return null;
  return POINTS[strategy]?.[left.step] ?? null;
}
