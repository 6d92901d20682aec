import { describe, expect, it } from 'vitest';
import { FAILURE_CODES, FailbackError, toFailure } from '../../src/domain/failure.ts';
import { describePower, EnabledState } from '../../src/domain/power.ts';
import {
  describeReplicationHealth,
  describeReplicationMode,
  describeReplicationState,
  ReplicationState,
} from '../../src/domain/replication.ts';

describe('numbers in words', () => {
  it('replication states are those of WMI: 13 is in progress, 14 is complete', () => {
    expect(describeReplicationState(13)).toBe('13 (failback in progress)');
    expect(describeReplicationState(14)).toBe('14 (failback complete)');
    expect(Object.values(ReplicationState)).toEqual(Array.from({ length: 22 }, (_, n) => n));
  });

  it('powers are those of EnabledState', () => {
    expect(Object.values(EnabledState)).toEqual(Array.from({ length: 11 }, (_, n) => n));
    expect([2, 3, 4, 6, 10].map(describePower)).toEqual(['2 (running)', '3 (off)', '4 (shutting down)', '6 (saved)', '10 (starting)']);
  });

  it('modes and healths', () => {
    expect([0, 1, 2, 3, 4].map(describeReplicationMode)).toEqual([
      '0 (none)',
      '1 (primary)',
      '2 (replica)',
      '3 (test replica)',
      '4 (extended replica)',
    ]);
    expect([0, 1, 2, 3].map(describeReplicationHealth)).toEqual(['0 (not applicable)', '1 (ok)', '2 (warning)', '3 (critical)']);
  });

  it.each([describeReplicationState, describeReplicationMode, describeReplicationHealth, describePower])(
    'what a newer Windows adds is shown, not guessed',
    (words) => {
      expect(words(97)).toBe('97 (unknown)');
    },
  );
});

describe('failures', () => {
  it('have codes of their own', () => {
    expect(new Set(FAILURE_CODES).size).toBe(FAILURE_CODES.length);
  });

  it('are plain JSON without what is not known', () => {
    const failure = { class: 'operator', code: 'vm.not-found', message: 'not there' } as const;
    expect(toFailure(new FailbackError(failure))).toEqual(failure);
    expect(Object.keys(toFailure(new FailbackError(failure)))).toEqual(['class', 'code', 'message']);
  });

  it('keep remedy and details, and survive JSON', () => {
    const failure = { class: 'retryable', code: 'host.busy', message: 'busy', remedy: 'wait', details: { returnValue: 32774 } } as const;
    expect(JSON.parse(JSON.stringify(toFailure(new FailbackError(failure))))).toEqual(failure);
  });

  it.each([new TypeError('x'), 'x'])('of others become internal', (thrown) => {
    expect(toFailure(thrown)).toEqual({ class: 'permanent', code: 'internal', message: 'x' });
  });
});
