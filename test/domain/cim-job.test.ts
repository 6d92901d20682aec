import { describe, expect, it } from 'vitest';
import { describeJobState, FAILBACK_JOB_TYPES, type JobPhase, jobPhase } from '../../src/domain/cim-job.ts';

const PHASES: readonly [number, JobPhase, string][] = [
  [2, 'running', '2 (new)'],
  [3, 'running', '3 (starting)'],
  [4, 'running', '4 (running)'],
  [5, 'running', '5 (suspended)'],
  [6, 'running', '6 (shutting down)'],
  [7, 'succeeded', '7 (completed)'],
  [8, 'failed', '8 (terminated)'],
  [9, 'failed', '9 (killed)'],
  [10, 'failed', '10 (exception)'],
  [11, 'odd', '11 (service)'],
  [12, 'odd', '12 (query pending)'],
  [32768, 'succeeded', '32768 (completed with warnings)'],
  [0, 'odd', '0 (unknown)'],
  [13, 'odd', '13 (unknown)'],
  [32769, 'odd', '32769 (unknown)'],
];

describe('the phase of a job', () => {
  it.each(PHASES)('in state %d is %s', (state, phase, words) => {
    expect(jobPhase(state, 0)).toBe(phase);
    expect(describeJobState(state)).toBe(words);
  });

  it.each([7, 32768])('in success state %d with an error code is failed', (state) => {
    expect(jobPhase(state, 32768)).toBe('failed');
  });

  it.each([4, 11])('in state %d does not depend on the error code', (state) => {
    expect(jobPhase(state, 32768)).toBe(jobPhase(state, 0));
  });

  it('of a failback is looked for under both job types that are on record', () => {
    expect(FAILBACK_JOB_TYPES).toEqual([124, 123]);
  });
});
