import { describe, expect, it } from 'vitest';
import { JOB_ID, job, SETTINGS } from './support/facts.ts';
import { type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

/** What a host says of the job when something else has taken the other copy since the last look, and of a parameter that does not match. */
const BROKE = job({ jobState: 10, errorCode: 32768, errorDescription: 'nicht in einem gültigen Zustand (0x80070057)' });

/** Both reversals: the stage each is called in, and the side it is called on. */
const REVERSALS = [
  ['home is replica', 'away'],
  ['running at home', 'home'],
] as const;

function broken(lifecycle: PairLifecycle, stage: string, side: 'home' | 'away'): PairLifecycle {
  const other = side === 'home' ? 'away' : 'home';
  return lifecycle.answer(4096, JOB_ID).sees(other, stage).sees(side, stage, {}, BROKE);
}

describe.each(REVERSALS)('a reversal from "%s" whose job breaks off because the other copy became busy', (stage, side) => {
  it('is tried again, after both hosts were looked at', () => {
    const lifecycle = broken(pair().stands(stage), stage, side);
    expect(lifecycle.state).toBe('backingOff');
    expect(lifecycle.failure.message).toContain('the other copy was busy, or a parameter does not match');
    lifecycle.pass('backOff').stands(stage, { [side === 'home' ? 'away' : 'home']: { operationalStatus: [11] } });
    expect(lifecycle.failure.message).toContain('a backup');
    expect(lifecycle.stands(stage).next).toBe(`reverseReplication ${side}`);
  });

  it('is given up after the attempts of the plan, with where to look', () => {
    const retry = { ...SETTINGS.retry, attempts: 2 };
    const lifecycle = broken(pair(pairMember({}, { retry })).stands(stage), stage, side)
      .pass('backOff')
      .stands(stage);
    broken(lifecycle, stage, side);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toContain('given up after 2 of 2 calls');
    expect(lifecycle.failure.remedy).toMatch(/replicated disks.*Replica Broker/);
  });
});
