import { describe, expect, it } from 'vitest';
import { HOME, JOB_ID, job, member } from './support/facts.ts';
import { given, type Lifecycle } from './support/lifecycle.ts';

const once = { attempts: 1, backoff: 'fixed', delay: 1000, max: 1000, jitter: 0 } as const;

describe('a cancel after the copy broke off', () => {
  it.each<[string, () => Lifecycle]>([
    ['while backing off after a failed job', () => given.copying().look({}, [job({ jobState: 10 })])],
    ['after somebody ended the job', () => given.copying().look({}, [job({ jobState: 8 })])],
    ['after the last attempt', () => given.copying(member({ retry: once })).look({}, [job({ jobState: 10 })])],
    [
      'while held after a failed job',
      () =>
        given
          .copying()
          .look({}, [job({ jobState: 10 })])
          .command('pause')
          .pass('backOff')
          .look(),
    ],
    [
      'when the next attempt was refused for good',
      () =>
        given
          .copying()
          .look({}, [job({ jobState: 10 })])
          .pass('backOff')
          .look()
          .answer(32773),
    ],
    [
      'after a retry',
      () =>
        given
          .copying(member({ retry: once }))
          .look({}, [job({ jobState: 10 })])
          .command('retry'),
    ],
    ['when the job vanished and nothing is there', () => given.tracking().look().look().pass('doubt').look()],
  ])('ends quarantined at once, and nothing is called: %s', (_, reach) => {
    const lifecycle = reach();
    const calls = lifecycle.calls.length;
    lifecycle.command('cancel');
    expect(lifecycle.status).toBe('quarantined');
    expect(lifecycle.calls).toHaveLength(calls);
    expect(lifecycle.pending).toEqual([]);
    expect(lifecycle.failure.message).toMatch(/^cancelled after the failback had broken off.*: nothing of it runs/);
    expect(lifecycle.failure.remedy).toMatch(/^Do not start the VM\./);
  });

  it.each([7, 10, 32768])('calls nothing on a job that ended in state %d while the copy goes on', (jobState) => {
    const lifecycle = given
      .copying()
      .look({ state: 13 }, [job({ jobState })])
      .command('cancel');
    expect(lifecycle.state).toBe('cancelling.ending');
    expect(lifecycle.calls).toHaveLength(1);
    expect(lifecycle.look({ state: 6 }).failure.message).toMatch(/^cancelled after the failback had begun/);
  });

  it('finds and ends the job that follows one that has ended', () => {
    const lifecycle = given
      .copying(member({ retry: once }))
      .look({}, [job({ jobState: 10 })])
      .command('retry')
      .command('admit')
      .look({ state: 13 }, [job({ jobId: 'theirs' })])
      .command('cancel');
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'terminateJob', jobId: 'theirs' });
  });
});

describe('a cancelled copy that is not seen to end has one more look', () => {
  const late = () => given.copying().command('cancel').answer(0).pass('settle');

  it('which is a fresh one, and bounded', () => {
    const lifecycle = late();
    expect(lifecycle.state).toBe('cancelling.lastLook');
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: JOB_ID, allJobs: false, pace: 'soon' });
    expect(lifecycle.pass('lastLook').failure.message).toMatch(/^cancelled, but the failback was not seen to end/);
  });

  it('that shows a complete copy: its data is whole', () => {
    expect(late().look({ state: 14 }).status).toBe('cancelled');
  });

  it('that shows the end: quarantined, and nobody is told that the copy may run', () => {
    const lifecycle = late().look({ state: 6 }, [job({ jobState: 8 })]);
    expect(lifecycle.status).toBe('quarantined');
    expect(lifecycle.failure.message).toBe('cancelled after the failback had begun: the disks at home may be inconsistent');
  });

  it.each([null, { state: 13 }])('that shows no end: quarantined, the copy may still run', (facts) => {
    expect(late().look(facts).failure.message).toMatch(/the copy may still run$/);
  });

  it('that shows a job nobody knew: it is asked to end', () => {
    const lifecycle = given
      .calling()
      .command('cancel')
      .answer(0)
      .pass('settle')
      .look({ state: 13 }, [job({ jobId: 'late' })]);
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'terminateJob', jobId: 'late' });
  });
});

describe('a cancelled lifecycle says what is true', () => {
  it('of a VM nobody has touched: nothing', () => {
    expect(given.pending().command('cancel').context.failure).toBeNull();
  });

  it('of a VM whose failback was refused: nothing was begun', () => {
    const { failure } = given.calling().answer(32773).command('cancel');
    expect(failure.message).toMatch(/^cancelled before InitiateFailback was seen to begin \(InitiateFailback returned 32773/);
    expect(failure.remedy).toMatch(/^This run has begun nothing on the VM\./);
  });

  it('of a VM that was not started: its data is home', () => {
    const { failure } = given.home().answer(32769).command('cancel');
    expect(failure.message).toMatch(/^the data is home; cancelled before the VM was seen through RequestStateChange \(start\) \(/);
    expect(failure.remedy).toMatch(/^The data at home is whole\./);
  });

  it('of a VM that may be starting: that it may', () => {
    const { failure } = given.home().answer(4096, 'start').look(null).command('cancel');
    expect(failure.remedy).toMatch(/^RequestStateChange \(start\) may still be at work on the host\./);
  });
});
