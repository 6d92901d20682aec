import { describe, expect, it } from 'vitest';
import { HOME, member, SETTINGS, job as theJob } from './support/facts.ts';
import { given } from './support/lifecycle.ts';

const ALL_STATES = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 32768, 0, 1, 13, 99];
const RUNNING = [2, 3, 4, 5, 6];
const SUCCEEDED = [7, 32768];
const ENDED_BY_SOMEBODY = [8, 9];

describe('a failback job while the state is 13', () => {
  it.each([...RUNNING, ...SUCCEEDED])('in state %d: goes on, the replication state decides', (jobState) => {
    expect(given.tracking().look({ state: 13 }, [theJob({ jobState })]).state).toBe('tracking.going');
  });

  it.each(ALL_STATES.filter((state) => ![...RUNNING, ...SUCCEEDED].includes(state)))(
    'in state %d: settles, then asks a person',
    (jobState) => {
      const lifecycle = given.tracking().look({ state: 13 }, [theJob({ jobState })]);
      expect(lifecycle.state).toBe('tracking.settling');
      lifecycle.pass('settle').lookAgain();
      expect(lifecycle.state).toBe('needsOperator');
      expect(lifecycle.failure.message).toContain(`state ${jobState} (`);
      expect(lifecycle.failure.message).toContain('replication state is 13 (failback in progress)');
    },
  );
});

describe('a failback job while the VM is in its start state', () => {
  it.each(RUNNING)('in state %d: goes on', (jobState) => {
    expect(given.tracking().look({ state: 6 }, [theJob({ jobState })]).state).toBe('tracking.going');
  });

  it.each([...SUCCEEDED, 11, 12, 0, 1, 13, 99])('in state %d: settles, then asks a person, and never calls again by itself', (jobState) => {
    const lifecycle = given.tracking().look({ state: 6 }, [theJob({ jobState })]);
    expect(lifecycle.state).toBe('tracking.settling');
    // The job disappears five minutes after its end: that says nothing new.
    lifecycle.look({ state: 6 }, []);
    expect(lifecycle.state).toBe('tracking.settling');
    lifecycle.pass('settle').lookAgain();
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure).toMatchObject({ class: 'operator', code: 'job.stuck' });
    expect(lifecycle.failure.message).toContain(`its job is in state ${jobState} (`);
    expect(lifecycle.calls).toHaveLength(1);
  });

  it.each(ENDED_BY_SOMEBODY)('in state %d: somebody ended it, a person must act', (jobState) => {
    const lifecycle = given.tracking().look({ state: 6 }, [theJob({ jobState })]);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.remedy).toMatch(/^Do not start the VM: its disks may be half copied\. Somebody ended the job/);
  });

  it('in state 10: is tried again after a while', () => {
    const lifecycle = given.tracking().look({ state: 6 }, [theJob({ jobState: 10, errorCode: 32768 })]);
    expect(lifecycle.state).toBe('backingOff');
    expect(lifecycle.failure).toMatchObject({ class: 'retryable', code: 'job.failed' });
    expect(lifecycle.pass('backOff').look().calling).toBe('initiateFailback');
  });

  it('in state 10 with the last attempt: failed', () => {
    const lifecycle = given.tracking(member({ retry: { ...SETTINGS.retry, attempts: 1 } })).look({ state: 6 }, [theJob({ jobState: 10 })]);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toContain('given up after 1 of 1 calls');
    expect(lifecycle.failure.remedy).toContain('Do not start the VM');
  });

  it.each([
    ['0x80070005', 'needsOperator'],
    ['0x80070057', 'failed'],
    ['0x00002EE2', 'backingOff'],
    ['0x80004005', 'backingOff'],
  ])('that failed with %s in its text leads to %s', (hresult, state) => {
    const jobs = [theJob({ jobState: 10, errorCode: 32768, errorDescription: `Fehler (${hresult}).` })];
    expect(given.tracking().look({ state: 6 }, jobs).state).toBe(state);
  });

  it('in a success state with an error code counts as failed', () => {
    expect(given.tracking().look({ state: 6 }, [theJob({ jobState: 7, errorCode: 32774 })]).state).toBe('backingOff');
  });
});

describe('a failback job while the state is 14', () => {
  it.each(ALL_STATES)('in state %d: the step is achieved, whatever the job says', (jobState) => {
    const lifecycle = given.tracking().look({ state: 14 }, [theJob({ jobState, errorCode: jobState === 10 ? 32768 : 0 })]);
    expect(lifecycle.context.step).toBe(1);
    expect(lifecycle.context.failure).toBeNull();
  });

  it('but runs on: the VM is not started before it has ended', () => {
    const lifecycle = given.tracking().look({ state: 14 }, [theJob({ jobState: 4 })]);
    expect(lifecycle.state).toBe('checking');
    lifecycle.look({ state: 14 }, [theJob({ jobState: 4 })]);
    expect(lifecycle.failure.message).toMatch(/^waiting: job .* is running on the VM/);
    expect(lifecycle.look({ state: 14 }, []).calling).toBe('startVirtualMachine');
  });
});

describe('a failback job while the state is something else', () => {
  it.each([0, 8, 9, 16, 17, 97])('state %d and the job has ended: settles, then asks a person', (state) => {
    for (const jobState of [7, 10, 32768]) {
      const lifecycle = given.tracking().look({ state }, [theJob({ jobState })]);
      expect(lifecycle.state).toBe('tracking.settling');
      expect(lifecycle.pass('settle').lookAgain().failure.message).toContain(`replication state is ${state} (`);
    }
  });

  it('the relationship is gone: settles, then asks a person', () => {
    const lifecycle = given.tracking().look({ state: null }, [theJob({ jobState: 7 })]);
    expect(lifecycle.pass('settle').lookAgain().failure.message).toContain('replication state is none');
  });

  it('and recovers while settling: goes on', () => {
    const lifecycle = given.tracking().look({ state: 97 }, [theJob({ jobState: 7 })]);
    expect(lifecycle.state).toBe('tracking.settling');
    lifecycle.look({ state: 13 }, [theJob({ jobState: 7 })]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.context.failure).toBeNull();
  });
});

describe('a job that has vanished', () => {
  it('with state 13: only the state is followed from now on', () => {
    const lifecycle = given.copying().look({ state: 13 }, []);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.look({ state: 14 }, []).context.step).toBe(1);
  });

  it('with state 14: done', () => {
    expect(given.copying().look({ state: 14 }, []).context.step).toBe(1);
  });

  it('with the start state: looks for the time of doubt, then tries again', () => {
    const lifecycle = given.copying().look({ state: 6 }, []);
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.failure).toMatchObject({ class: 'reconcile', code: 'job.vanished' });
    expect(lifecycle.pass('doubt').look({ state: 6 }).state).toBe('backingOff');
    expect(lifecycle.failure.code).toBe('job.vanished');
    expect(lifecycle.pass('backOff').look().calls).toHaveLength(2);
  });

  it('with the start state, but another failback job has come: follows that one', () => {
    const lifecycle = given
      .copying()
      .look({ state: 6 }, [])
      .look({ state: 6 }, [theJob({ jobId: 'other', jobType: 123 })]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.watching?.jobId).toBe('other');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it.each([8, 97, 3])('with state %d: looks for the time of doubt, then asks a person', (state) => {
    const lifecycle = given.copying().look({ state }, []).pass('doubt').look({ state });
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toContain(`replication state is ${state} (`);
  });

  it('with a state that passes by itself: waits for it', () => {
    const lifecycle = given.copying().look({ state: 10 }, []).pass('doubt').look({ state: 10 });
    expect(lifecycle.state).toBe('reconciling.confirming');
  });
});

describe('a job that is found late', () => {
  it('is followed from then on', () => {
    const lifecycle = given
      .calling()
      .answer(4096, null)
      .look({ state: 6 }, [theJob({ jobId: 'late' })]);
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: 'late', allJobs: false, pace: 'copy' });
  });

  it('is not mistaken for ours when it is of another type', () => {
    const lifecycle = given
      .calling()
      .answer(4096, null)
      .look({ state: 13 }, [theJob({ jobId: 'backup', jobType: 1 })]);
    expect(lifecycle.watching?.jobId).toBeNull();
  });
});
