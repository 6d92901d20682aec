import { describe, expect, it } from 'vitest';
import type { MemberSettings } from '../../src/domain/member.ts';
import { HOME, job, member, type VmFacts } from './support/facts.ts';
import { given } from './support/lifecycle.ts';

const adopted = () => given.checking(member({}, true));

describe('a failback that somebody else started', () => {
  it('is followed by its job', () => {
    const lifecycle = given.checking().look({ state: 13 }, [job({ jobId: 'theirs' })]);
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: 'theirs', allJobs: false, pace: 'copy' });
    expect(lifecycle.calls).toHaveLength(0);
    expect(lifecycle.counted).toEqual([]);
  });

  it.each([123, 124])('is known by job type %d, before the state shows it', (jobType) => {
    expect(given.checking().look({ state: 6 }, [job({ jobType })]).state).toBe('tracking.going');
  });

  it('is followed by its state when no job is known', () => {
    const lifecycle = given.checking().look({ state: 13 });
    expect(lifecycle.watching).toEqual({ ...HOME, jobId: null, allJobs: true, pace: 'copy' });
    expect(lifecycle.look({ state: 14 }).calling).toBe('startVirtualMachine');
  });

  it('that is complete is skipped', () => {
    const lifecycle = given.checking().look({ state: 14 });
    expect(lifecycle.calling).toBe('startVirtualMachine');
    expect(lifecycle.counted).toEqual([]);
  });

  it('and whose VM was started is only proved', () => {
    const lifecycle = given.checking().look({ state: 14, power: 2 });
    expect(lifecycle.state).toBe('proving.waiting');
    expect(lifecycle.pass('proof').look({ state: 14, power: 2 }).status).toBe('completed');
    expect(lifecycle.calls).toHaveLength(0);
  });

  it('and that vanishes is taken over after the time of doubt', () => {
    const lifecycle = given.checking().look({}, [job()]).look({}, []).pass('doubt').look();
    expect(lifecycle.calling).toBe('initiateFailback');
    expect(lifecycle.context.attempt).toBe(1);
  });
});

describe('an adopted run', () => {
  it('looks and waits for the time of doubt before its first call', () => {
    const lifecycle = adopted().look();
    expect(lifecycle.state).toBe('reconciling.looking');
    lifecycle.look().pass('doubt');
    expect(lifecycle.state).toBe('reconciling.confirming');
    expect(lifecycle.look().calling).toBe('initiateFailback');
    expect(lifecycle.context.attempt).toBe(1);
  });

  it('takes up what it finds at once, and does not count it as its own call', () => {
    const lifecycle = adopted().look({ state: 13 }, [job()]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.counted).toEqual([]);
  });

  it('waits while the host is busy', () => {
    const lifecycle = adopted().pass('doubt').look({ status: 11 });
    expect(lifecycle.state).toBe('reconciling.confirming');
    expect(lifecycle.look().calling).toBe('initiateFailback');
  });

  it.each<[string, Partial<MemberSettings>, VmFacts]>([
    ['runs, under the policy that does not commit', {}, { power: 2 }],
    ['runs, under commit', { after: 'commit' }, { power: 2 }],
    ['runs, under commit+reverse', { after: 'commit+reverse' }, { power: 2 }],
    ['is off, under commit', { after: 'commit', start: false }, {}],
    ['is the primary, under commit+reverse', { after: 'commit+reverse' }, { state: 3, mode: 1, power: 2 }],
  ])('can not tell whether a committed VM is still to come home, and asks: it %s', (_, settings, facts) => {
    const lifecycle = given.checking(member(settings, true)).look(facts);
    expect(lifecycle.state).toBe('reconciling.looking');
    lifecycle.pass('doubt').look(facts);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/: either .* before the records of its run were lost/);
    expect(lifecycle.failure.remedy).toMatch(/If its data is home, cancel: nothing is called and the VM stays as it is\./);
    expect(lifecycle.calls).toHaveLength(0);
    expect(lifecycle.command('cancel').status).toBe('cancelled');
    expect(lifecycle.calls).toHaveLength(0);
  });

  it('takes a retry for the answer that the VM is still to come home', () => {
    const asked = given
      .checking(member({ after: 'commit' }, true))
      .pass('doubt')
      .look();
    expect(asked.failure.remedy).toMatch(/retry: InitiateFailback is called and overwrites its disks here\.$/);
    expect(asked.command('retry').command('admit').look().calling).toBe('initiateFailback');
  });

  it('never calls for a VM that runs, even after a retry', () => {
    const lifecycle = adopted().pass('doubt').look({ power: 2 }).command('retry').command('admit').look({ power: 2 });
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.remedy).toMatch(/a failback overwrites its disks/);
  });

  it('waits until a busy VM can be judged before it asks', () => {
    const lifecycle = given
      .checking(member({ after: 'commit' }, true))
      .pass('doubt')
      .look({ status: 11 });
    expect(lifecycle.state).toBe('reconciling.confirming');
  });

  it('says of a cancel before anything was known that it was not known', () => {
    const lifecycle = adopted().pass('doubt').look({ state: 8 }).command('cancel').look({ state: 8 });
    expect(lifecycle.failure.message).toMatch(/^cancelled before it was known whether a failback had begun/);
  });

  it('asks a person when the VM is in a state nobody can go on from', () => {
    expect(adopted().pass('doubt').look({ state: 8 }).state).toBe('needsOperator');
  });

  it('is in doubt before its first call only', () => {
    const lifecycle = adopted().look({ state: 14 });
    expect(lifecycle.calling).toBe('startVirtualMachine');
    expect(lifecycle.answer(32774).pass('backOff').look({ state: 14 }).calling).toBe('startVirtualMachine');
  });
});
