import { expect, test } from 'vitest';
import { across } from '../../bench/across.ts';
import { compare, type Measured } from '../../bench/comparison.ts';

const place = { members: 10_000, jobMs: 0, workers: 1, appendfsync: 'everysec', killed: false } as const;

function figure(measured: Measured, name: string) {
  return compare(measured).figures.find((one) => one.figure === name);
}

test('a ratio is the median of the ratios of rounds, not the ratio of medians', () => {
  const measured = {
    ...place,
    product: [{ rate: 10 }, { rate: 100 }, { rate: 30 }],
    yardstick: [{ rate: 10 }, { rate: 50 }, { rate: 60 }],
  };
  expect(figure(measured, 'rate')).toMatchObject({ product: 30, yardstick: 50, ratio: 1 });
});

test('a goal is met, reached so far that the milestone is behind, or missed', () => {
  const verdict = (cpu: number) => figure({ ...place, product: [{ cpu }], yardstick: [{ cpu: 1 }] }, 'cpu')?.verdict;
  expect([0.7, 0.71, 1.6, 1.61].map(verdict)).toEqual(['met', 'milestone', 'milestone', 'missed']);
});

test('goals hold where they were set: not for more workers, another fsync, or a worker that is killed', () => {
  const rounds = { product: [{ rate: 1 }], yardstick: [{ rate: 1 }] };
  expect(figure({ ...place, ...rounds }, 'rate')?.goal).not.toBeNull();
  expect(figure({ ...place, workers: 2, ...rounds }, 'rate')?.goal).toBeNull();
  expect(figure({ ...place, appendfsync: 'always', ...rounds }, 'rate')?.goal).toBeNull();
  expect(figure({ ...place, killed: true, ...rounds }, 'rate')?.goal).toBeNull();
});

test('a figure only one side has is no ratio', () => {
  expect(figure({ ...place, product: [{ firstCommit: 5 }], yardstick: [{}] }, 'firstCommit')).toMatchObject({
    product: 5,
    yardstick: null,
    ratio: null,
  });
});

test('growth and fsync are judged between the places they are about', () => {
  const one = (members: number, appendfsync: 'everysec' | 'always', wall: number, cpu: number) =>
    compare({ ...place, members, appendfsync, product: [{ wall, cpu }], yardstick: [] });
  const figures = across([one(1_000, 'everysec', 100, 1), one(10_000, 'everysec', 1_000, 1.5), one(1_000, 'always', 110, 1)]);
  expect(figures.map(({ product, goal, verdict }) => ({ product, goal, verdict }))).toEqual([
    { product: 1.5, goal: 1, verdict: 'missed' },
    { product: 1.1, goal: 1.15, verdict: 'met' },
  ]);
});
