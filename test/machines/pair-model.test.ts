import { describe, expect, it } from 'vitest';
import { failbackMachine } from '../../machines/failback.ts';
import type { CommitPolicy } from '../../src/domain/member.ts';
import { STAGES, type Trouble } from './support/pair-model.ts';
import { explorePair, type PairCase } from './support/pair-rules.ts';

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'cancelled at any moment': { cancel: true },
  'requests that arrive late': { late: true },
  'a host out of sight': { dark: true },
  'replication and machines that break': { breaks: true },
};

/** Troubles that come together: only worth their time once in a while. */
const TOGETHER: Readonly<Record<string, Trouble>> = {
  'cancelled, and requests that arrive late': { cancel: true, late: true },
  'cancelled, and replication and machines that break': { cancel: true, breaks: true },
  'cancelled, and a host out of sight': { cancel: true, dark: true },
};

/** What needs a plan of its own to happen. */
const PLANNED: Readonly<Record<string, Trouble>> = {
  'cancelled, and a VM that moves to another node': { moves: true, cancel: true },
  'a VM that moves to another node': { moves: true },
  'data that may not move yet': { waits: true },
  'cancelled, and machines that are slow to go off': { slow: true, cancel: true },
};

const POLICIES: readonly CommitPolicy[] = ['commit', 'none', 'rollback'];
const NAMES = Object.keys(STAGES);

type Row = readonly [name: string, given: PairCase];

function row(stage: string, trouble: string, commit: CommitPolicy, attempts: number): Row {
  const kind = { ...TROUBLES, ...TOGETHER, ...PLANNED }[trouble] ?? {};
  return [`${stage}; ${trouble}; policy ${commit}; ${attempts} calls a step`, { stage, trouble: kind, commit, attempts }];
}

/** Every stage and every trouble once, the policies in turn: minutes become seconds, and what a change breaks mostly shows. */
const SOME = NAMES.flatMap((stage, index) => {
  const troubles = Object.keys(TROUBLES);
  return [row(stage, troubles[index % troubles.length] as string, index % 3 === 2 ? 'none' : 'commit', 1)];
});
const MORE = [
  row('failed over', 'requests that arrive late', 'commit', 1),
  row('home, off', 'requests that arrive late', 'rollback', 1),
  row('replicating', 'cancelled, and requests that arrive late', 'commit', 1),
  row('home, off', 'cancelled, and a VM that moves to another node', 'commit', 1),
  row('prepared', 'a VM that moves to another node', 'commit', 1),
  row('reversed', 'data that may not move yet', 'commit', 1),
  row('replicating', 'cancelled, and machines that are slow to go off', 'commit', 1),
];

const ALL = [
  ...NAMES.flatMap((stage) => Object.keys(TROUBLES).flatMap((trouble) => POLICIES.map((commit) => row(stage, trouble, commit, 1)))),
  ...Object.keys(TROUBLES).map((trouble) => row('replicating', trouble, 'commit', 2)),
  row('replicating', 'cancelled, and machines that are slow to go off', 'commit', 2),
  ...Object.keys(TOGETHER).map((trouble) => row('replicating', trouble, 'commit', 1)),
  ...Object.keys(PLANNED).flatMap((trouble) => ['reversed', 'prepared'].map((stage) => row(stage, trouble, 'commit', 1))),
];

const isFull = process.env.EXPLORE === 'full';

describe('with two hosts that behave like ones', () => {
  let states = 0;
  let transitions = 0;
  const rests = new Set<string>();
  const eventTypes = new Set<string>();

  it.each(isFull ? ALL : [...new Map([...SOME, ...MORE])])(
    'no copy is ever started beside the other, and every lifecycle can come home or end: %s',
    (name, given) => {
      const explored = explorePair(given);
      states += explored.states;
      transitions += explored.transitions;
      for (const rest of explored.rests) rests.add(rest);
      for (const type of explored.eventTypes) eventTypes.add(type);
      console.log(`pair model: ${name}: ${explored.states} states, ${explored.transitions} transitions`);
      expect(explored.rests).toContain('completed');
    },
    isFull ? 600_000 : 300_000,
  );

  it('says how much was explored', () => {
    console.log(`pair model, together: ${states} states, ${transitions} transitions`);
    expect(states).toBeGreaterThan(10_000);
  });

  // What a member with one side meets is checked where that one is explored.
  it('every state and every event of two sides is on a path', () => {
    expect([...rests]).toEqual(expect.arrayContaining(['approval', 'locating', 'queued', 'scheduled', 'unseen']));
    const events = failbackMachine.events
      .map(String)
      .filter((type) => /\.(unseen|notBefore|lastLook\.failback\.locating)|failback\.(approve|fence)|slot\.granted/.test(type));
    expect([...eventTypes]).toEqual(expect.arrayContaining(events));
  });
});
