import { describe, expect, it } from 'vitest';
import { JOB_ID, job, member, SETTINGS, type VmFacts } from './support/facts.ts';
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
    ['for the copy', late.copying, { jobId: JOB_ID, allJobs: false, pace: 'soon' }],
    ['for a copy without a job', () => given.calling().answer(0).pass('jobDeadline'), { jobId: null, allJobs: true, pace: 'soon' }],
    ['to settle', late.settling, { jobId: JOB_ID, allJobs: false, pace: 'soon' }],
    ['for the start', late.starting, { jobId: 'start', allJobs: false, pace: 'soon' }],
    ['to get healthy', late.verifying, { jobId: null, allJobs: true, pace: 'soon' }],
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
    ['the job is gone', { state: 6 }, null],
    ['the job has failed', { state: 6 }, { jobState: 10, errorCode: 32768 }],
    ['the job has ended without state 14', { state: 6 }, { jobState: 7 }],
    ['the state is critical', { state: 8 }, null],
  ])('%s: the deadline of the operation holds, and a person is asked', (_, facts, followed) => {
    const lifecycle = late.copying().look(facts, followed ? [job(followed)] : []);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('deadline.passed');
    expect(lifecycle.calls).toHaveLength(1);
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
    expect(lifecycle.failure.message).toMatch(/^InitiateFailback is at work but not achieved within 14400 s/);
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
    expect(late.starting().command('cancel').look({ state: 14 }).status).toBe('cancelled');
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
