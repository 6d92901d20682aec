import { describe, expect, it } from 'vitest';
import { job, member } from './support/facts.ts';
import { given, LOST } from './support/lifecycle.ts';

const UP = { state: 14, power: 2 };

describe('after state 14', () => {
  it('the VM is started, seen healthy for as long as the plan says, and the lifecycle completes', () => {
    const lifecycle = given.home();
    expect(lifecycle.calls.at(-1)).toEqual({
      effect: 'startVirtualMachine',
      side: 'home',
      host: 'hv-dr-01',
      partner: null,
      attempt: 1,
      jobId: null,
      fenced: false,
    });
    lifecycle.answer(4096, 'start').look({ state: 14, power: 10 }, [job({ jobId: 'start' })]);
    expect(lifecycle.state).toBe('tracking.going');
    lifecycle.look(UP, [job({ jobId: 'start', jobState: 7 })]);
    expect(lifecycle.state).toBe('proving.waiting');
    expect(lifecycle.delay('proof')).toBe(60_000);
    lifecycle.pass('proof').look(UP);
    expect(lifecycle.status).toBe('completed');
    expect(lifecycle.counted).toEqual(['initiateFailback', 'startVirtualMachine']);
  });

  it('start=false completes without a start', () => {
    const lifecycle = given.copying(member({ start: false })).look({ state: 14 });
    expect(lifecycle.status).toBe('completed');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('stable=0 needs one healthy look', () => {
    const lifecycle = given
      .home(member({ stable: 0 }))
      .answer(4096)
      .look(UP);
    expect(lifecycle.status).toBe('completed');
  });

  it('policy commit', () => {
    const lifecycle = given.copying(member({ start: false, after: 'commit' })).look({ state: 14 });
    expect(lifecycle.calling).toBe('commitFailover');
    expect(lifecycle.answer(4096, 'c').look({ state: 14 }, [job({ jobId: 'c' })]).state).toBe('tracking.going');
    expect(lifecycle.look({ state: 6 }).status).toBe('completed');
  });

  it('policy commit+reverse', () => {
    const lifecycle = given
      .copying(member({ start: false, after: 'commit+reverse' }))
      .look({ state: 14 })
      .answer(0)
      .look({ state: 6 });
    expect(lifecycle.calling).toBe('reverseReplication');
    expect(lifecycle.answer(0).look({ state: 1, mode: 1 }).status).toBe('completed');
    expect(lifecycle.counted).toEqual(['initiateFailback', 'commitFailover', 'reverseReplication']);
  });

  it('policy commit+reverse with start: the VM runs meanwhile', () => {
    const lifecycle = given
      .started(member({ after: 'commit+reverse' }))
      .look(UP)
      .pass('proof')
      .look(UP);
    expect(lifecycle.calling).toBe('commitFailover');
    lifecycle.answer(0).look({ state: 6, power: 2 }).answer(0).look({ state: 1, mode: 1, power: 2 });
    expect(lifecycle.status).toBe('completed');
  });

  it('a platform that commits by itself is not told to', () => {
    const lifecycle = given
      .started(member({ after: 'commit' }))
      .look(UP)
      .pass('proof')
      .look(UP);
    expect(lifecycle.calling).toBe('commitFailover');
    const skipped = given
      .checking(member({ start: false, after: 'commit' }))
      .look({ state: 14 })
      .answer(32775)
      .look({ state: 6 });
    expect(skipped.status).toBe('completed');
    expect(lifecycle.breaks(LOST).look({ state: 6, power: 2 }).status).toBe('completed');
  });

  it('a commit that is accepted and changes nothing settles, then asks a person', () => {
    const lifecycle = given
      .copying(member({ start: false, after: 'commit' }))
      .look({ state: 14 })
      .answer(0)
      .look({ state: 14 });
    expect(lifecycle.pass('settle').lookAgain().failure.message).toMatch(
      /^CommitFailover was accepted and it has no job, but replication state is 14/,
    );
  });

  it.each([5, 6, 13, 8, 97])('the VM is not started when the state turns to %d before', (state) => {
    const lifecycle = given.home().answer(32774).pass('backOff').look({ state });
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toContain(`replication state went from 14 to ${state}`);
    expect(lifecycle.calls).toHaveLength(2);
  });

  it('a start whose report was lost is found by the power of the VM', () => {
    const lifecycle = given.home().breaks(LOST).look({ state: 14, power: 10 });
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.look(UP).state).toBe('proving.waiting');
    expect(lifecycle.calls).toHaveLength(2);
  });

  it('a start that failed is tried again', () => {
    const jobs = [job({ jobId: 'start', jobState: 10, errorCode: 32778 })];
    const lifecycle = given.home().answer(4096, 'start').look({ state: 14 }, jobs);
    expect(lifecycle.state).toBe('backingOff');
    expect(lifecycle.failure.remedy).not.toContain('Do not start the VM');
  });
});

describe('proof of stability', () => {
  it('that is broken in between begins anew', () => {
    const lifecycle = given
      .started()
      .look(UP)
      .look({ ...UP, healthState: 25 });
    expect(lifecycle.state).toBe('tracking.settling');
    lifecycle.look(UP);
    expect(lifecycle.state).toBe('proving.waiting');
    expect(lifecycle.delay('proof')).toBe(60_000);
  });

  it('that is broken for good asks a person, who may retry', () => {
    const lifecycle = given.started().look(UP).look({ state: 14, power: 3 }).pass('settle').lookAgain();
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/^the VM is not seen running and healthy: it is 3 \(off\)/);
    lifecycle.command('retry').command('admit').look(UP).pass('proof').look(UP);
    expect(lifecycle.status).toBe('completed');
    expect(lifecycle.calls).toHaveLength(2);
  });

  it('that ends with a last look at a VM that is not well begins anew', () => {
    expect(
      given
        .started()
        .look(UP)
        .pass('proof')
        .look({ ...UP, status: 3 }).state,
    ).toBe('tracking.settling');
  });

  it('that does not find the VM any more asks a person', () => {
    expect(given.started().look(UP).look(null).failure.code).toBe('vm.not-found');
  });
});
