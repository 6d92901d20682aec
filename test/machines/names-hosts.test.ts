import { expect, it } from 'vitest';
import { type Change, type Changes, type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';
import { STAGES } from './support/pair-model.ts';

/** What a person finds changed about a copy. */
const COPIES: readonly Change[] = [
  {},
  ...[2, 3, 4, 6, 9].map((power) => ({ power })),
  ...[0, 4, 5, 7, 8, 10].map((state) => ({ state })),
  { mode: 0, state: 0 },
  { extended: true },
  { operationalStatus: [2, 32_769] },
  { operationalStatus: [32_768] },
];
const CHANGES: readonly Changes[] = [...COPIES.map((home) => ({ home })), ...COPIES.map((away) => ({ away })), { pendingBytes: 1e9 }];

/** Every way on that ends in words, from where the lifecycle stands. */
function wordsOf(begin: () => PairLifecycle, stage: string, changes: Changes): readonly string[] {
  const ways: readonly ((lifecycle: PairLifecycle) => PairLifecycle)[] = [
    (lifecycle) => lifecycle,
    (lifecycle) => (lifecycle.calling ? lifecycle.answer(0).stands(stage, changes) : lifecycle),
    (lifecycle) => (lifecycle.calling ? lifecycle.answer(32_768).stands(stage, changes) : lifecycle),
    (lifecycle) => lifecycle.command('cancel').stands(stage, changes),
    (lifecycle) => (lifecycle.calling ? lifecycle.command('cancel').answer(0).stands(stage, changes) : lifecycle),
  ];
  return ways.flatMap((way) => {
    const { failure } = way(begin()).context;
    return failure ? [failure.message, failure.remedy ?? ''] : [];
  });
}

/** On the way back, one call made. */
const BACK: readonly (() => PairLifecycle)[] = [
  () => pair().stands('failed over home').command('cancel').answer(0).stands('running at home').answer(0),
  () => pair().stands('replicating').command('cancel').answer(0).stands('stopped').answer(32_774).pass('backOff'),
  () => pair().stands('stopped').command('cancel').answer(0).stands('prepared').answer(32_774).pass('backOff'),
];

// In a planned failover the side the machine calls home is the other site: who reads "home" there starts the wrong copy.
it('names the hosts to people, never home and away', () => {
  const said = new Set<string>();
  const hear = (begin: () => PairLifecycle, changes: readonly Changes[]): void => {
    for (const stage of Object.keys(STAGES))
      for (const change of changes) for (const words of wordsOf(() => begin().stands(stage, change), stage, change)) said.add(words);
  };
  hear(pair, CHANGES);
  hear(() => pair(pairMember({ commit: 'none' })), [{}]);
  // Going back, a few of the changes say what all of them do.
  for (const back of BACK)
    hear(
      back,
      CHANGES.filter((_, n) => n % 8 === 0),
    );
  expect(said.size).toBeGreaterThan(100);
  expect([...said].join()).toContain('the failover to hv-dr-01 is to be taken back');
  const table = 'docs/way-home.md (home is hv-dr-01, away hv-dr-02)';
  const vague = [...said].filter((words) => /\b(home|away)\b/i.test(words.replace(table, '').replace('docs/way-home.md', '')));
  expect(vague).toEqual([]);
}, 300_000);
