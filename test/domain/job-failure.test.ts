import { describe, expect, it } from 'vitest';
import { hresultsIn, jobFailure } from '../../src/domain/job-failure.ts';
import type { JobObservation } from '../../src/domain/observation.ts';

function job(facts: Partial<JobObservation>): JobObservation {
  return {
    jobId: 'A',
    jobType: 124,
    jobState: 10,
    percentComplete: 0,
    errorCode: 32768,
    errorDescription: null,
    timeSubmitted: null,
    owner: null,
    cancellable: true,
    ...facts,
  };
}

describe('why a job failed', () => {
  it.each<[string, string]>([
    ['0x00002EE2', 'retryable'],
    ['0x00002EE7', 'retryable'],
    ['0x00002EFD', 'retryable'],
    ['0x00002EFE', 'operator'],
    ['0x00002EF3', 'operator'],
    ['0x00002F8F', 'operator'],
    ['0x80090303', 'operator'],
    ['0x8007052E', 'operator'],
    ['0x80070005', 'operator'],
    ['0x80070057', 'permanent'],
    ['0x800700EA', 'operator'],
    ['0x80070032', 'operator'],
    ['0x80070070', 'operator'],
  ])('%s in the text is %s, in any language and any case', (code, failureClass) => {
    for (const text of [`Fehler: ${code}.`, `échec (${code.toLowerCase()})`]) {
      const failure = jobFailure(job({ errorDescription: text }));
      expect(failure).toMatchObject({ class: failureClass, code: 'job.failed', details: { errorDescription: text, errorCode: 32768 } });
      expect(failure.message).toContain(text);
      expect(failure.remedy).toBeTruthy();
    }
  });

  it('is told by the first code that is known', () => {
    expect(jobFailure(job({ errorDescription: '0x80004005 0x80070005 0x00002EE2' })).class).toBe('operator');
    expect(hresultsIn('a 0x80004005, b 0x80070005; 0x12 0xzz')).toEqual(['0X80004005', '0X80070005']);
  });

  it.each([8, 9])('in state %d is that somebody ended it', (jobState) => {
    expect(jobFailure(job({ jobState, errorCode: 0 })).class).toBe('operator');
  });

  it.each<[number, string]>([
    [32768, 'retryable'],
    [32769, 'operator'],
    [32770, 'permanent'],
    [32771, 'retryable'],
    [32772, 'retryable'],
    [32773, 'permanent'],
    [32774, 'retryable'],
    [32775, 'retryable'],
    [32776, 'permanent'],
    [32777, 'retryable'],
    [32778, 'retryable'],
    [32779, 'permanent'],
    [0, 'retryable'],
    [1, 'retryable'],
  ])('with error code %d is %s: the job has ended, nothing is in doubt', (errorCode, failureClass) => {
    expect(jobFailure(job({ errorCode })).class).toBe(failureClass);
  });

  it('names state and error code', () => {
    expect(jobFailure(job({})).message).toBe('the CIM job ended in state 10 (exception), error code 32768');
  });

  it.each([4, 7, 11])('is not asked of a job in state %d', (jobState) => {
    expect(() => jobFailure(job({ jobState, errorCode: 0 }))).toThrow(RangeError);
  });
});
