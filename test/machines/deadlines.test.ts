import { describe, expect, it } from 'vitest';
import { job, SETTINGS } from './support/facts.ts';
import { given } from './support/lifecycle.ts';

const { timeouts } = SETTINGS;

describe('deadlines', () => {
  it('bound the wait for a busy host, and say what it waited for', () => {
    const lifecycle = given.checking().look({ status: 11 });
    expect(lifecycle.delay('stepDeadline')).toBe(timeouts.step);
    lifecycle.pass('stepDeadline').lookAgain();
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toBe(
      'the host was not ready for InitiateFailback within 86400 s (waiting: another operation holds the lock of the VM (a backup?)); last seen: replication state 6 (committed), VM 3 (off)',
    );
  });

  it('bound the wait for a host that never answers', () => {
    expect(given.checking().pass('stepDeadline').pass('lastLook').failure.message).toMatch(/within 86400 s; the VM was never seen$/);
  });

  it('bound the time from the accepted call to the achieved state, and say that the copy may run', () => {
    const lifecycle = given.copying();
    expect(lifecycle.delay('jobDeadline')).toBe(timeouts.job);
    lifecycle.pass('jobDeadline').lookAgain();
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/last seen: replication state 13 \(failback in progress\)/);
    expect(lifecycle.failure.remedy).toMatch(/copy may still run\. Do not start the VM/);
    lifecycle.command('retry').command('admit').look({ state: 13 }, [job()]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('bound how long a job may have ended without the state that should follow', () => {
    expect(
      given
        .tracking()
        .look({}, [job({ jobState: 7 })])
        .delay('settle'),
    ).toBe(timeouts.settle);
  });

  it('bound the time of doubt, and the wait for a look after it', () => {
    const lifecycle = given.inDoubt();
    expect(lifecycle.delay('doubt')).toBe(timeouts.doubt);
    lifecycle.pass('doubt');
    expect(lifecycle.delay('stepDeadline')).toBe(timeouts.step);
    expect(lifecycle.pass('stepDeadline').pass('lastLook').state).toBe('needsOperator');
    expect(lifecycle.context.doubt).toBe('arrival');
    expect(lifecycle.failure.message).toMatch(/^what became of InitiateFailback was not found out within 86400 s/);
    expect(lifecycle.failure.remedy).toMatch(/^Do not start the VM: .* Cancel quarantines\.$/);
  });

  it('bound the wait for the look that proves stability', () => {
    const lifecycle = given.started().look({ state: 14, power: 2 }).pass('proof');
    expect(lifecycle.state).toBe('proving.confirming');
    expect(lifecycle.pass('stepDeadline').pass('lastLook').failure.message).toMatch(
      /^the VM was not seen running and healthy within 86400 s/,
    );
  });

  it('bound how long a started VM may take to get healthy', () => {
    const lifecycle = given.started().look({ state: 14, power: 2, healthState: 25 });
    expect(lifecycle.state).toBe('tracking.settling');
    lifecycle.pass('settle').lookAgain();
    expect(lifecycle.failure.message).toBe(
      'the VM is not seen running and healthy: it is 2 (running), health state 25, operational status 2',
    );
  });

  it('begin anew when a job is found', () => {
    const lifecycle = given.calling().answer(4096, null).look({}, [job()]);
    expect(lifecycle.delay('jobDeadline')).toBe(timeouts.job);
  });
});
