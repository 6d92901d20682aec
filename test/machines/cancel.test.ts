import { describe, expect, it } from 'vitest';
import { HOME, JOB_ID, job, member, SETTINGS } from './support/facts.ts';
import { given, type Lifecycle, LOST, NOT_SENT } from './support/lifecycle.ts';

const UP = { state: 14, power: 2 };

describe('a cancel is free, and ends at once', () => {
  it.each<[string, () => Lifecycle]>([
    ['before the admission', () => given.pending()],
    ['before the first look', () => given.checking()],
    ['while the VM is busy', () => given.checking().look({ status: 11 })],
    ['while backing off after a refusal', () => given.calling().answer(32774)],
    ['while backing off after a call that did not leave', () => given.calling().breaks(NOT_SENT)],
    ['while backing off after a call that left no trace', () => given.inDoubt().pass('doubt').look()],
    ['while held', () => given.checking().command('pause').look()],
    ['when a person is waited for before the call', () => given.checking().look({ power: 2 })],
    ['after a refusal a person must look at', () => given.calling().answer(32769)],
    ['after a refusal for good', () => given.calling().answer(32773)],
    ['when the data is home and the VM can not be started', () => given.home().answer(32769)],
    [
      'when the VM does not get healthy',
      () =>
        given
          .started()
          .look({ ...UP, healthState: 25 })
          .pass('settle')
          .lookAgain(),
    ],
    [
      'when the VM does not get healthy, after a retry',
      () =>
        given
          .started()
          .look({ ...UP, healthState: 25 })
          .pass('settle')
          .lookAgain()
          .command('retry'),
    ],
  ])('%s', (_, reach) => {
    const lifecycle = reach();
    const calls = lifecycle.calls.length;
    lifecycle.command('cancel');
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.calls).toHaveLength(calls);
    expect(lifecycle.pending).toEqual([]);
  });
});

describe('a cancel while a call is made', () => {
  it('waits for its report', () => {
    const lifecycle = given.calling().command('cancel');
    expect(lifecycle.state).toBe('calling');
    expect(lifecycle.accepts('cancel')).toBe(false);
  });

  it.each([32774, 32769, 32773])('ends cancelled when the host refuses with %d', (value) => {
    const lifecycle = given.calling().command('cancel').answer(value);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toContain(String(value));
  });

  it('ends the job when the host accepts', () => {
    const lifecycle = given.calling().command('cancel').answer(4096);
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'terminateJob', jobId: JOB_ID });
  });

  it('finds the job of an accepted call that named none, and ends it', () => {
    const lifecycle = given.calling().command('cancel').answer(4096, null);
    expect(lifecycle.state).toBe('cancelling.ending');
    lifecycle.look({}, [job({ jobId: 'late' })]);
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'terminateJob', jobId: 'late' });
  });
});

it.each<[string, () => Lifecycle]>([
  ['calling', () => given.calling()],
  ['reconciling.looking', () => given.inDoubt()],
  ['tracking.going', () => given.home().answer(4096)],
  ['overdue', () => given.home().answer(4096).pass('jobDeadline')],
  ['proving.waiting', () => given.started().look(UP)],
])('a cancel that has to wait is accepted once: %s', (state, begin) => {
  const lifecycle = begin().command('cancel');
  expect([lifecycle.state, lifecycle.context.cancelRequested]).toEqual([state, true]);
  expect(lifecycle.accepts('cancel')).toBe(false);
});

describe('a cancel in doubt', () => {
  it('waits for the time of doubt and ends cancelled when nothing is there', () => {
    const lifecycle = given.inDoubt().command('cancel').look();
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.pass('doubt').look().status).toBe('cancelled');
  });

  it('tells what is known of the call, not that it was given up, when no attempt is left', () => {
    const lifecycle = given
      .inDoubt(member({ retry: { ...SETTINGS.retry, attempts: 1 } }))
      .command('cancel')
      .pass('doubt')
      .look();
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toMatch(
      /^cancelled before InitiateFailback was seen to begin \(host hv-dr-01 did not answer within 60 s\)$/,
    );
  });

  it('ends the job when the call had arrived', () => {
    const lifecycle = given.inDoubt().command('cancel').look({ state: 13 }, [job()]);
    expect(lifecycle.calling).toBe('terminateJob');
    expect(lifecycle.counted).toEqual(['initiateFailback']);
  });

  it.each<[string, () => Lifecycle]>([
    ['when the VM is not there', () => given.inDoubt().pass('doubt').look(null)],
    ['when the host does not answer', () => given.inDoubt().pass('doubt').pass('stepDeadline').pass('lastLook')],
    ['after an answer that said nothing', () => given.calling().answer(32772).pass('doubt').look({ state: 8 })],
  ])('ends quarantined %s', (_, reach) => {
    const lifecycle = reach();
    expect(lifecycle.state).toBe('needsOperator');
    lifecycle.command('cancel');
    expect(lifecycle.state).toBe('cancelling.ending');
    expect(lifecycle.pass('settle').pass('lastLook').status).toBe('quarantined');
    expect(lifecycle.failure.remedy).toMatch(/^Do not start the VM\./);
  });

  it('that was asked for earlier is honoured, not forgotten, when a person would have to act', () => {
    const lifecycle = given.inDoubt().command('cancel').pass('doubt').look(null);
    expect(lifecycle.state).toBe('cancelling.ending');
  });
});

describe('a cancel while data is copied is never silent', () => {
  const interrupted = () => given.copying().command('cancel');

  it('asks the host to end the job', () => {
    const lifecycle = interrupted();
    expect(lifecycle.state).toBe('cancelling.terminating');
    expect(lifecycle.calls.at(-1)).toEqual({
      effect: 'terminateJob',
      side: 'home',
      host: 'hv-dr-01',
      partner: null,
      fenced: false,
      attempt: 1,
      jobId: JOB_ID,
    });
  });

  it.each<[string, (lifecycle: Lifecycle) => Lifecycle]>([
    ['when the host agrees', (lifecycle) => lifecycle.answer(0)],
    ['when the host refuses', (lifecycle) => lifecycle.answer(4097)],
    ['when the host does not answer', (lifecycle) => lifecycle.breaks(LOST)],
  ])('and looks what came of it %s', (_, report) => {
    const lifecycle = report(interrupted());
    expect(lifecycle.state).toBe('cancelling.ending');
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: JOB_ID, allJobs: false, pace: 'soon' });
  });

  it.each([8, 9, 10])('ends quarantined when the job is in state %d', (jobState) => {
    const lifecycle = interrupted()
      .answer(0)
      .look({ state: 6 }, [job({ jobState })]);
    expect(lifecycle.status).toBe('quarantined');
    expect(lifecycle.failure).toMatchObject({
      message: 'cancelled after the failback had begun: the disks at home may be inconsistent',
      remedy: expect.stringMatching(/^Do not start the VM\./),
    });
  });

  it.each([11, 12, 4, 6])('goes on looking while the job is in state %d', (jobState) => {
    expect(
      interrupted()
        .answer(0)
        .look({ state: 6 }, [job({ jobState })]).state,
    ).toBe('cancelling.ending');
  });

  it('says so when the copy was not seen to end', () => {
    const lifecycle = interrupted().answer(4097).look({ state: 13 }, [job()]).pass('settle').lookAgain();
    expect(lifecycle.status).toBe('quarantined');
    expect(lifecycle.failure.message).toMatch(/not seen to end within 600 s; last seen: replication state 13 .*: the copy may still run$/);
  });

  it('ends cancelled when the copy turns out to be complete, and says that the data is whole', () => {
    const lifecycle = interrupted()
      .answer(0)
      .look({ state: 14 }, [job({ jobState: 7 })]);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toBe('InitiateFailback was complete before the cancel took effect: nothing after it was done');
  });

  it('ends completed when the copy was complete and nothing was left to do', () => {
    const lifecycle = given
      .copying(member({ start: false }))
      .command('cancel')
      .answer(0)
      .look({ state: 14 });
    expect(lifecycle.status).toBe('completed');
  });

  it.each<[string, () => Lifecycle]>([
    ['after an accepted call that was never seen', () => given.tracking().command('cancel')],
    ['after a deadline', () => given.copying().pass('jobDeadline').lookAgain()],
    [
      'after a deadline and a retry',
      () => given.copying().pass('jobDeadline').lookAgain().command('retry').command('cancel').look({ state: 13 }, [job()]),
    ],
    ['after the VM left the host', () => given.copying().look(null)],
    [
      'after the job ended without its state',
      () =>
        given
          .tracking()
          .look({ state: 13 }, [job({ jobState: 11 })])
          .pass('settle')
          .lookAgain(),
    ],
  ])('%s', (_, reach) => {
    const lifecycle = reach();
    if (lifecycle.status === 'attention') lifecycle.command('cancel');
    expect(lifecycle.calling).toBe('terminateJob');
  });

  it('nor before an adopted run has looked', () => {
    const lifecycle = given.pending(member({}, true)).command('cancel');
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.look({ state: 13 }, [job()]).calling).toBe('terminateJob');
  });
});

describe('a cancel finishes what can only be finished, then holds', () => {
  it('while the VM starts', () => {
    const lifecycle = given.home().answer(4096).command('cancel');
    expect(lifecycle.state).toBe('tracking.going');
    lifecycle.look(UP);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toBe(
      'RequestStateChange (start) was complete before the cancel took effect: nothing after it was done',
    );
  });

  it('while stability is proved', () => {
    const lifecycle = given.started().look(UP).command('cancel').pass('proof').look(UP);
    expect(lifecycle.status).toBe('completed');
  });

  it('while stability is proved, before a commit', () => {
    const lifecycle = given
      .started(member({ after: 'commit' }))
      .look(UP)
      .command('cancel')
      .pass('proof')
      .look(UP);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.calls.map(({ effect }) => effect)).toEqual(['initiateFailback', 'startVirtualMachine']);
  });

  it('when it can not be finished', () => {
    const lifecycle = given
      .home()
      .answer(4096, 'start')
      .command('cancel')
      .look({ state: 14 }, [job({ jobId: 'start', jobState: 10 })]);
    expect(lifecycle.status).toBe('cancelled');
  });
});
