import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffDelay } from '../../machines/back-off.ts';
import { SETTINGS } from './support/facts.ts';

const retry = { ...SETTINGS.retry, delay: 1000, max: 60_000, jitter: 0 };

describe('back-off', () => {
  it('doubles up to its bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempt) => backOffDelay(retry, attempt, 'x'))).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('stays the same when it is fixed', () => {
    expect([0, 1, 2, 50].map((attempt) => backOffDelay({ ...retry, backoff: 'fixed' }, attempt, 'x'))).toEqual([1000, 1000, 1000, 1000]);
  });

  it('starts with the first delay when a failed operation was not our call', () => {
    expect(backOffDelay(retry, 0, 'x')).toBe(1000);
  });

  it('strays from the plain delay by no more than the jitter, and always by the same amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.uuid(), (attempt, jitter, seed) => {
        const plain = backOffDelay(retry, attempt, seed);
        const delay = backOffDelay({ ...retry, jitter }, attempt, seed);
        expect(Math.abs(delay - plain)).toBeLessThanOrEqual(plain * jitter + 1);
        expect(backOffDelay({ ...retry, jitter }, attempt, seed)).toBe(delay);
      }),
    );
  });

  it('spreads VMs that failed together', () => {
    const delays = Array.from({ length: 1000 }, (_, n) => backOffDelay({ ...retry, jitter: 1 }, 1, `vm-${n}`));
    const quarters = [0, 1, 2, 3].map((quarter) => delays.filter((delay) => Math.min(3, Math.floor(delay / 500)) === quarter).length);
    for (const members of quarters) expect(members).toBeGreaterThan(150);
  });
});
