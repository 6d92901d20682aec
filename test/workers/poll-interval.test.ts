import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pollInterval, type WatchedProgress } from '../../workers/poll-interval.ts';

const progress = fc.record<WatchedProgress>({
  pace: fc.constantFrom('soon', 'copy'),
  age: fc.nat(100_000_000),
  percent: fc.option(fc.record({ first: fc.nat(100), now: fc.nat(101) })),
});

test('looks are never far apart enough to miss a finished job, and otherwise no closer than they may be', () => {
  fc.assert(
    fc.property(fc.array(progress), fc.nat(60_000), (watched, atLeast) => {
      const interval = pollInterval(watched, atLeast);
      expect(interval).toBeGreaterThanOrEqual(50);
      expect(interval).toBeLessThanOrEqual(30_000);
      expect(interval).toBeGreaterThanOrEqual(Math.min(30_000, atLeast));
    }),
  );
});

test('looks are frequent at the start and near the end of a copy, rare in between', () => {
  const copy = (age: number, now: number) => pollInterval([{ pace: 'copy', age, percent: { first: 0, now } }], 10);
  expect(copy(1_000, 0)).toBe(125);
  expect(copy(100, 0)).toBe(50);
  expect(copy(1_800_000, 50)).toBe(30_000);
  expect(copy(3_600_000, 99)).toBeLessThan(10_000);
});

test('the most urgent of all decides', () => {
  const slow: WatchedProgress = { pace: 'copy', age: 1_800_000, percent: { first: 0, now: 50 } };
  expect(pollInterval([slow, { pace: 'soon', age: 100, percent: null }], 10)).toBe(50);
});
