import { describe, expect, it } from 'vitest';
import { DOCUMENTED_REFUSALS, returnValueFailure } from '../../src/domain/return-value.ts';
import { HOME, member, SETTINGS } from './support/facts.ts';
import { given, LOST, NOT_SENT } from './support/lifecycle.ts';

const AFTER = { retryable: 'backingOff', reconcile: 'reconciling.looking', operator: 'needsOperator', permanent: 'failed' } as const;

const EXPECTED: Readonly<Record<number, keyof typeof AFTER>> = {
  32768: 'reconcile',
  32769: 'operator',
  32770: 'permanent',
  32771: 'reconcile',
  32772: 'reconcile',
  32773: 'permanent',
  32774: 'retryable',
  32775: 'reconcile',
  32776: 'permanent',
  32777: 'retryable',
  32778: 'retryable',
  32779: 'permanent',
};

describe('what a return value means', () => {
  it('knows every documented refusal', () => {
    expect(Object.keys(EXPECTED).map(Number)).toEqual(DOCUMENTED_REFUSALS);
  });

  it.each(Object.entries(EXPECTED))('%s is %s', (value, failureClass) => {
    const lifecycle = given.calling().answer(Number(value));
    expect(lifecycle.state).toBe(AFTER[failureClass]);
    expect(lifecycle.failure).toMatchObject({ code: returnValueFailure('x', Number(value)).code, class: failureClass });
    expect(lifecycle.failure.message).toContain(`InitiateFailback returned ${value}`);
    expect(lifecycle.failure.remedy).toBeTruthy();
    expect(lifecycle.counted).toEqual(['initiateFailback']);
  });

  it.each([1, 5, 4097, 32767, 32780, 65535, 4294967295])('%d is not documented: the host is looked at before anything else', (value) => {
    const lifecycle = given.calling().answer(value);
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.failure.code).toBe('wmi.unknown-return-value');
  });

  it.each([4096, 0])('%d with a job follows the job', (value) => {
    const lifecycle = given.calling().answer(value, 'the-job');
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: 'the-job', allJobs: false, pace: 'copy' });
    expect(lifecycle.counted).toEqual(['initiateFailback']);
  });

  it.each([0, 4096])('%d without a job looks for one and follows the replication state meanwhile', (value) => {
    const lifecycle = given.calling().answer(value, null);
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: null, allJobs: true, pace: 'copy' });
    expect(lifecycle.look({ state: 13 }).state).toBe('tracking.going');
    expect(lifecycle.look({ state: 14 }).context.step).toBe(1);
  });

  it.each([0, 4096])(
    '%d without a job and without a change of state settles, then asks a person, and never calls again by itself',
    (value) => {
      const lifecycle = given.calling().answer(value, null).look({ state: 6 });
      expect(lifecycle.state).toBe('tracking.settling');
      lifecycle.look({ state: 6 }).pass('settle').lookAgain();
      expect(lifecycle.state).toBe('needsOperator');
      expect(lifecycle.failure.message).toMatch(
        /InitiateFailback was accepted and it has no job, but replication state is 6 \(committed\)/,
      );
      expect(lifecycle.calls).toHaveLength(1);
    },
  );
});

describe('a call that does not come back', () => {
  it('that did not leave is tried again, and is not counted', () => {
    const lifecycle = given.calling().breaks(NOT_SENT);
    expect(lifecycle.state).toBe('backingOff');
    expect(lifecycle.counted).toEqual([]);
  });

  it('that may have arrived is looked for, and is counted when it is found', () => {
    const lifecycle = given.inDoubt().look({ state: 13 });
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.counted).toEqual(['initiateFailback']);
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('that had worked completely is found by state 14', () => {
    const lifecycle = given.inDoubt().look({ state: 14 });
    expect(lifecycle.calling).toBe('startVirtualMachine');
    expect(lifecycle.counted).toEqual(['initiateFailback']);
  });

  it('is believed not to have arrived only by a look after the time of doubt', () => {
    const lifecycle = given.inDoubt().look().look();
    expect(lifecycle.state).toBe('reconciling.looking');
    lifecycle.pass('doubt');
    expect(lifecycle.state).toBe('reconciling.confirming');
    lifecycle.look();
    expect(lifecycle.state).toBe('backingOff');
    expect(lifecycle.context.doubt).toBeNull();
    expect(lifecycle.counted).toEqual([]);
  });

  it('stays in doubt while any other job runs on the VM', () => {
    const lifecycle = given.inDoubt().pass('doubt').look({ status: 11 }).look({ state: 10 });
    expect(lifecycle.state).toBe('reconciling.confirming');
    expect(lifecycle.look().state).toBe('backingOff');
  });

  it.each([{ class: 'permanent', code: 'internal', message: 'x is undefined' }, { message: 'no class' }, {}, 'text'])(
    'and whose report %j says nothing about the host is in doubt, too',
    (error) => {
      const lifecycle = given.calling().breaks(error);
      expect(lifecycle.state).toBe('reconciling.looking');
      expect(lifecycle.context.doubt).toBe('arrival');
      expect(lifecycle.failure.message).toContain('what became of InitiateFailback is not known');
    },
  );

  it('reports that say nothing at all are in doubt, too', () => {
    const lifecycle = given.calling().report({ type: 'xstate.done.actor.call' });
    expect(lifecycle.state).toBe('reconciling.looking');
  });

  it.each(['operator', 'permanent'] as const)('for a reason of class %s stops', (failureClass) => {
    const lifecycle = given
      .calling()
      .breaks({ class: failureClass, code: 'host.unauthorized', message: 'host hv-dr-01 refused', remedy: 'Give the account the right.' });
    expect(lifecycle.state).toBe(AFTER[failureClass]);
  });
});

describe('attempts', () => {
  it('are used up by refusals that may be tried again', () => {
    const lifecycle = given.calling();
    for (const attempt of [1, 2]) {
      expect(lifecycle.calls.at(-1)).toEqual({
        effect: 'initiateFailback',
        side: 'home',
        host: 'hv-dr-01',
        partner: null,
        fenced: false,
        attempt,
        jobId: null,
      });
      lifecycle.answer(32774).pass('backOff').look();
    }
    lifecycle.answer(32774);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toBe('InitiateFailback returned 32774 (System is in use); given up after 3 of 3 calls');
    expect(lifecycle.failure.remedy).toMatch(/wait or stop it.* Then retry\.$/);
  });

  it('are used up by calls that leave no trace', () => {
    const lifecycle = given
      .calling(member({ retry: { ...SETTINGS.retry, attempts: 1 } }))
      .breaks(LOST)
      .pass('doubt')
      .look();
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toContain('given up after 1 of 1 calls');
    expect(lifecycle.failure.remedy).not.toMatch(/nothing to do/i);
  });

  it('are counted anew after a retry', () => {
    const lifecycle = given.calling(member({ retry: { ...SETTINGS.retry, attempts: 1 } })).answer(32774);
    expect(lifecycle.status).toBe('failed');
    lifecycle.command('retry').command('admit').look();
    expect(lifecycle.calling).toBe('initiateFailback');
    expect(lifecycle.context.attempt).toBe(1);
  });

  it('wait longer each time', () => {
    const lifecycle = given.calling().answer(32774);
    const first = lifecycle.delay('backOff') ?? 0;
    lifecycle.pass('backOff').look().answer(32774);
    const second = lifecycle.delay('backOff') ?? 0;
    expect(first).toBeGreaterThanOrEqual(24_000);
    expect(first).toBeLessThanOrEqual(36_000);
    expect(second).toBeGreaterThanOrEqual(48_000);
    expect(second).toBeLessThanOrEqual(72_000);
  });

  it('need a fresh look that says "may start" each time', () => {
    const lifecycle = given.calling().answer(32774).pass('backOff');
    expect(lifecycle.state).toBe('checking');
    lifecycle.look({ state: 6, status: 11 });
    expect(lifecycle.calling).toBeNull();
    expect(lifecycle.look().calling).toBe('initiateFailback');
  });
});
