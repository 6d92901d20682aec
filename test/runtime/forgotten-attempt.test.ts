import { expect, test } from 'vitest';
import { type Decision, decide, decideInitial } from '../../src/runtime/decide.ts';
import type { Revised } from '../../src/runtime/row.ts';
import { member } from './support.ts';

const afterCommit = ({ expected, row }: Decision): Revised => ({ revision: expected + 1, row });

test('an effect that Redis forgot and the one that takes its place have different tokens: a late report of the first is dropped', () => {
  const stored = afterCommit(decideInitial('failback', member, 1_000_000));
  const watchAt = (now: number) => {
    const verdict = decide(stored, member, { type: 'failback.admit' }, null, now);
    if (typeof verdict === 'string') throw new Error(verdict);
    return verdict.row.live.watch?.token;
  };
  expect(watchAt(1_000_001)).not.toBe(watchAt(1_000_002));
});
