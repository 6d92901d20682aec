import { describe, expect, it } from 'vitest';
import { job, member } from './support/facts.ts';
import { given, type Lifecycle, NOT_SENT } from './support/lifecycle.ts';

const UP = { state: 14, power: 2 };

describe('a pause', () => {
  it.each<[string, () => Lifecycle]>([
    ['before the first look', () => given.checking().command('pause').look()],
    ['while the VM is busy', () => given.checking().look({ status: 11 }).command('pause').look()],
    ['while backing off', () => given.calling().answer(32774).command('pause').pass('backOff').look()],
    ['while the call is made, and it is refused', () => given.calling().command('pause').breaks(NOT_SENT).pass('backOff').look()],
    ['in doubt, and the call has left no trace', () => given.inDoubt().command('pause').pass('doubt').look().pass('backOff').look()],
    ['while the copy runs, at its end', () => given.copying().command('pause').look({ state: 14 })],
    ['while the VM starts, at its end', () => given.home().answer(4096).command('pause').look(UP)],
    ['before the admission', () => given.pending().command('pause').command('admit').look()],
    ['before the first call of an adopted run', () => given.checking(member({}, true)).command('pause').pass('doubt').look()],
  ])('%s holds before the next call', (_, reach) => {
    const lifecycle = reach();
    const calls = lifecycle.calls.length;
    expect(lifecycle.state).toBe('holding');
    expect(lifecycle.status).toBe('paused');
    expect(lifecycle.pending).toEqual([]);
    lifecycle.command('resume');
    expect(lifecycle.status).toBe('pending');
    expect(lifecycle.calls).toHaveLength(calls);
  });

  it('does not stop the following of a job that runs', () => {
    const lifecycle = given.copying().command('pause');
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.status).toBe('working');
    expect(lifecycle.watching).not.toBeNull();
  });

  it('follows a job that is found while it is asked for', () => {
    expect(given.checking().command('pause').look({ state: 13 }).state).toBe('tracking.going');
    expect(given.calling().command('pause').answer(4096).look({ state: 13 }, [job()]).state).toBe('tracking.going');
    expect(given.inDoubt().command('pause').look({ state: 13 }).state).toBe('tracking.going');
  });

  it('does not hold what needs no call any more', () => {
    const lifecycle = given.started().look(UP).command('pause').pass('proof').look(UP);
    expect(lifecycle.status).toBe('completed');
  });

  it('can be withdrawn before it takes effect', () => {
    const lifecycle = given.copying().command('pause').command('resume').look({ state: 14 });
    expect(lifecycle.calling).toBe('startVirtualMachine');
  });

  it('is taken once', () => {
    expect(given.copying().command('pause').accepts('pause')).toBe(false);
    expect(given.copying().accepts('resume')).toBe(false);
  });

  it('waits for a new admission after it, and looks afresh', () => {
    const lifecycle = given.checking().command('pause').look().command('resume').command('admit');
    expect(lifecycle.state).toBe('checking');
    expect(lifecycle.look().calling).toBe('initiateFailback');
  });

  it('ends with a retry: whoever retries wants it to go on', () => {
    const lifecycle = given.checking().command('pause').look({ power: 2 }).command('retry').command('admit').look();
    expect(lifecycle.calling).toBe('initiateFailback');
  });
});
