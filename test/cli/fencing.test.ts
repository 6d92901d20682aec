import { expect, test } from 'vitest';
import { commandHint } from '../../src/cli/command-hint.ts';
import { questionOf, unconfirmedWords } from '../../src/cli/fencing.ts';
import type { MemberView } from '../../src/runtime/run-view.ts';
import { pair } from '../machines/support/pair-lifecycle.ts';

/** A VM that waits for a host out of sight; nobody has looked at either since, because the last worker has gone. */
function forsaken(): MemberView {
  const { context, state, status } = pair().stands('prepared').answer(32774).pass('backOff').sees('home', 'prepared').pass('unseen');
  const { member: input, failure } = context;
  return { id: 'm0', input, status, state: `failover: ${state}`, context, failure, percent: null, backlog: null, nextTimer: null };
}

const words = (isServed: boolean) => unconfirmedWords(forsaken(), { run: 'night', isServed }, commandHint({}, {}));

test('a word that can not be taken while nobody looks at the hosts says which commands make it count', () => {
  expect(questionOf(forsaken())).toBe('fencing');
  expect(words(false)).toMatch(
    /host hv-dr-01 must be seen first\. Start failback worker .*confirm again: failback approve night --fenced sql01$/,
  );
});

test('a word that can not be taken yet, or not any more, names both hosts', () => {
  expect(words(true)).toMatch(/host hv-dr-01 was not seen yet since hv-dr-02 went out of sight, or hv-dr-02 is back/);
});
