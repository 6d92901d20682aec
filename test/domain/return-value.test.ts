import { describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../src/domain/failure.ts';
import { DOCUMENTED_REFUSALS, isAccepted, returnValueFailure } from '../../src/domain/return-value.ts';

describe('a return value', () => {
  it.each([0, 4096])('%d is no failure', (value) => {
    expect(isAccepted(value)).toBe(true);
    expect(() => returnValueFailure('InitiateFailback', value)).toThrow(RangeError);
  });

  it.each<[number, string, string]>([
    [32768, 'reconcile', 'wmi.failed'],
    [32769, 'operator', 'wmi.access-denied'],
    [32770, 'permanent', 'wmi.not-supported'],
    [32771, 'reconcile', 'wmi.status-unknown'],
    [32772, 'reconcile', 'wmi.timeout'],
    [32773, 'permanent', 'wmi.invalid-parameter'],
    [32774, 'retryable', 'wmi.in-use'],
    [32775, 'reconcile', 'wmi.invalid-state'],
    [32776, 'permanent', 'wmi.incorrect-data-type'],
    [32777, 'retryable', 'wmi.not-available'],
    [32778, 'retryable', 'wmi.out-of-memory'],
    [32779, 'permanent', 'wmi.file-not-found'],
  ])('%d is %s, %s, with words, remedy and evidence', (value, failureClass, code) => {
    expect(isAccepted(value)).toBe(false);
    const failure = returnValueFailure('CommitFailover', value);
    expect(failure).toMatchObject({ class: failureClass, code, details: { method: 'CommitFailover', returnValue: value } });
    expect(failure.message).toMatch(new RegExp(`^CommitFailover returned ${value} \\([A-Z].+\\)$`));
    expect(failure.remedy).toMatch(/\.$/);
    expect(FAILURE_CODES).toContain(failure.code);
  });

  it('is documented from 32768 to 32779', () => {
    expect(DOCUMENTED_REFUSALS).toEqual(Array.from({ length: 12 }, (_, n) => 32768 + n));
  });

  it.each([1, 4097, 32767, 32780, -1, 65535])('%d that nobody documented says nothing about the work', (value) => {
    expect(returnValueFailure('x', value)).toMatchObject({ class: 'reconcile', code: 'wmi.unknown-return-value' });
  });
});
