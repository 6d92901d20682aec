import { describe, expect, it } from 'vitest';
import { HOME, JOB_ID, job, member, SETTINGS, type VmFacts } from './support/facts.ts';
import { given, type Lifecycle } from './support/lifecycle.ts';

const UP = { state: 14, power: 2 };
const DONE = [job({ jobState: 7 })];

/** Lifecycles whose deadline is the first thing that happens to them after an outage of all workers. */
const late = {
  copying: () => given.copying().pass('jobDeadline'),
  settling: () => given.tracking().look({}, DONE).pass('settle'),
  starting: () => given.home().answer(4096, 'start').pass('jobDeadline'),
  verifying: () =>
    given
      .started()
      .look({ ...UP, healthState: 25 })
      .pass('settle'),
};

describe('a deadline that passed during an outage is believed only after a look', () => {
  it.each<[string, () => Lifecycle, Lifecycle['watching']]>([
    ['for the copy', late.copying, { ...HOME, jobId: JOB_ID, allJobs: false, pace: 'soon' }],
    [
      'for a copy without a job',
      () => given.calling().answer(0).pass('jobDeadline'),
      { ...HOME, jobId: null, allJobs: true, pace: 'soon' },
    ],
    ['to settle', late.settling, { ...HOME, jobId: JOB_ID, allJobs: false, pace: 'soon' }],
    ['for the start', late.starting, { ...HOME, jobId: 'start', allJobs: false, pace: 'soon' }],
    ['to get healthy', late.verifying, { ...HOME, jobId: null, allJobs: true, pace: 'soon' }],
  ])('%s: a watch of its own asks for it soon, and nobody is called meanwhile', (_, reach, watch) => {
    const lifecycle = reach();
    expect(lifecycle.state).toBe('overdue');
    expect(lifecycle.status).toBe('working');
    expect(lifecycle.watching).toEqual(watch);
  });

  it.each<[string, () => Lifecycle, VmFacts, string]>([
    ['the copy is complete', late.copying, { state: 14 }, 'calling'],
    ['the copy is complete after all', late.settling, { state: 14 }, 'calling'],
    ['the VM runs', late.starting, { ...UP, healthState: 25 }, 'tracking.settling'],
    ['the VM is healthy', late.verifying, UP, 'proving.waiting'],
  ])('%s: it goes on with what comes next', (_, reach, facts, state) => {
    const lifecycle = reach().look(facts);
    expect(lifecycle.state).toBe(state);
    expect(lifecycle.context.failure?.code).not.toBe('deadline.passed');
  });

  it('a VM that turned out to be well is not said to have failed', () => {
    expect(late.verifying().look(UP).context.failure).toBeNull();
  });

  it('a VM that was copied meanwhile gets home without a person', () => {
    const lifecycle = late.copying().look({ state: 14 }).answer(0).look(UP).pass('proof').look(UP);
    expect(lifecycle.status).toBe('completed');
    expect(lifecycle.counted).toEqual(['initiateFailback', 'startVirtualMachine']);
  });

  it.each<[string, VmFacts, Parameters<typeof job>[0] | null]>([
    ['the copy still runs', { state: 13 }, {}],
    ['the copy runs without a job', { state: 13 }, null],
    ['the job has ended without state 14', { state: 6 }, { jobState: 7 }],
    ['the job has failed and the state is critical', { state: 8 }, { jobState: 10, errorCode: 32768 }],
  ])('%s: the deadline of the operation holds, and a person is asked', (_, facts, followed) => {
    const lifecycle = late.copying().look(facts, followed ? [job(followed)] : []);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('deadline.passed');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it.each<[string, number, string]>([
    ['may pass: it is tried again', 32778, 'backingOff'],
    ['a person must fix', 32769, 'needsOperator'],
    ['is for good', 32773, 'failed'],
  ])('the job has failed, and the reason %s, as if nobody had been away', (_, errorCode, state) => {
    const lifecycle = late.copying().look({ state: 6 }, [job({ jobState: 10, errorCode })]);
    expect(lifecycle.state).toBe(state);
    expect(lifecycle.failure.code).toBe('job.failed');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('the job is gone, and nobody saw its end: what became of it is found out first', () => {
    const lifecycle = late.copying().look({ state: 6 });
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.failure.code).toBe('job.vanished');
    expect(lifecycle.pass('doubt').look({ state: 8 }).failure.message).toMatch(/replication state is 8/);
  });

  it('what a person is told is what the last look shows', () => {
    const { failure } = late.copying().look({ state: 8 }, [job({ jobState: 7 })]);
    expect(failure.message).toMatch(
      /^InitiateFailback has begun but is not achieved within 14400 s \(.*its job is in state 7 \(completed\), but replication state is 8 \(critical\)/,
    );
  });

  it.each<[string, VmFacts, Parameters<typeof job>[0] | null]>([
    ['nothing has changed', {}, { jobState: 7 }],
    ['the job is gone', {}, null],
    ['the state is critical', { state: 8 }, null],
  ])('%s: it has not settled, and a person is asked', (_, facts, followed) => {
    const lifecycle = late.settling().look(facts, followed ? [job(followed)] : []);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('job.stuck');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('a copy that only took long to settle is followed again', () => {
    const lifecycle = late.settling().look({ state: 13 }, DONE);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.context.failure).toBeNull();
    expect(lifecycle.delay('jobDeadline')).toBe(SETTINGS.timeouts.job);
  });

  it('a job that is found only now is followed', () => {
    const lifecycle = given.calling().answer(0).look({}).pass('settle').look({}, [job()]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.watching?.jobId).toBe(JOB_ID);
    expect(lifecycle.context.failure).toBeNull();
  });

  it('both deadlines have passed: the one of the operation holds', () => {
    const lifecycle = given.tracking().look({}, DONE).pass('jobDeadline').look({ state: 13 }, DONE);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('deadline.passed');
  });

  it.each([late.copying, late.settling])('the VM has left the host: that is what a person is told', (reach) => {
    expect(reach().look(null).failure.code).toBe('vm.not-found');
  });

  it('a host that can not be looked at: a person is asked in the end', () => {
    const lifecycle = late.copying();
    expect(lifecycle.delay('stepDeadline')).toBe(SETTINGS.timeouts.step);
    lifecycle.pass('stepDeadline');
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/^InitiateFailback has begun but is not achieved within 14400 s/);
  });
});

describe('a step whose time to get ready is over has one more look', () => {
  const waiting = () => given.checking().look({ status: 11 }).pass('stepDeadline');

  it('which is a fresh one, sees every job, and is bounded by the time a look may take', () => {
    const lifecycle = waiting();
    expect(lifecycle.state).toBe('lastLook');
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: null, allJobs: true, pace: 'soon' });
    expect(lifecycle.delay('lastLook')).toBe(SETTINGS.timeouts.settle);
    const quick = given.checking(member({ timeouts: { ...SETTINGS.timeouts, settle: 1000 } })).pass('stepDeadline');
    expect(quick.delay('lastLook')).toBe(SETTINGS.timeouts.call);
  });

  it('the host is ready: the call is made', () => {
    expect(waiting().look().calling).toBe('initiateFailback');
  });

  it('the copy is complete, or runs: it goes on', () => {
    expect(waiting().look({ state: 14 }).calling).toBe('startVirtualMachine');
    expect(waiting().look({ state: 13 }, [job()]).state).toBe('tracking.going');
  });

  it('a pause is honoured, and the wait that is over is not shown any more', () => {
    const lifecycle = waiting().command('pause').look();
    expect(lifecycle.state).toBe('holding');
    expect(lifecycle.context.failure).toBeNull();
  });

  it('a cancel is free', () => {
    expect(waiting().command('cancel').status).toBe('cancelled');
  });

  it.each<[string, VmFacts | null, RegExp]>([
    ['it waits for something else now', { state: 10 }, /within 86400 s \(waiting: replication state is 10/],
    ['it is blocked now', { state: 8 }, /replication state is 8 \(critical\)/],
    ['it has left the host', null, /does not have the VM/],
  ])('%s: that is what a person is told', (_, facts, message) => {
    const lifecycle = waiting().look(facts);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(message);
  });

  it('of a call in doubt shows that it worked, or that it did not', () => {
    const inDoubt = () => given.inDoubt().pass('doubt').look({ status: 11 }).pass('stepDeadline');
    expect(inDoubt().state).toBe('reconciling.lastLook');
    expect(inDoubt().look({ state: 13 }, [job()]).state).toBe('tracking.going');
    expect(inDoubt().look().state).toBe('backingOff');
    expect(inDoubt().lookAgain().failure.code).toBe('deadline.passed');
  });

  it('of a VM that had to stay up shows that it did, or that it did not', () => {
    const proving = () => given.started().look(UP).pass('proof').pass('stepDeadline');
    expect(proving().state).toBe('proving.lastLook');
    expect(proving().look(UP).status).toBe('completed');
    expect(proving().look({ state: 14, power: 3 }).state).toBe('tracking.settling');
  });
});

describe('before the look that decides about a deadline', () => {
  it('a cancel interrupts the copy', () => {
    const lifecycle = late.copying().command('cancel');
    expect(lifecycle.calling).toBe('terminateJob');
    expect(lifecycle.answer(0).look({ state: 14 }).status).toBe('cancelled');
  });

  it('a cancel lets a start be finished', () => {
    const lifecycle = late.starting().command('cancel');
    expect(lifecycle.state).toBe('overdue');
    expect(lifecycle.accepts('cancel')).toBe(false);
    expect(lifecycle.look(UP).status).toBe('cancelled');
  });

  it('a cancel of a start that is not finished ends cancelled, too', () => {
    const lifecycle = late.starting().command('cancel').look({ state: 14 });
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.pass('doubt').look({ state: 14 }).status).toBe('cancelled');
  });

  it('a pause holds before the next call', () => {
    const lifecycle = late.copying().command('pause');
    expect(lifecycle.state).toBe('overdue');
    expect(lifecycle.look({ state: 14 }).state).toBe('holding');
  });

  it('a cancel lets a commit be finished', () => {
    const lifecycle = given
      .copying(member({ start: false, after: 'commit' }))
      .look({ state: 14 })
      .answer(4096, 'c')
      .pass('jobDeadline');
    expect(lifecycle.command('cancel').look({ state: 6 }).status).toBe('completed');
  });
});
