import { describe, expect, it } from 'vitest';
import { job } from './support/facts.ts';
import { given } from './support/lifecycle.ts';

describe('quarantine', () => {
  const quarantined = () =>
    given
      .copying()
      .command('cancel')
      .answer(0)
      .look({ state: 6 }, [job({ jobState: 8 })]);

  it('is left by a retry only', () => {
    const lifecycle = quarantined();
    for (const name of ['admit', 'cancel', 'resume'] as const) expect(lifecycle.accepts(name)).toBe(false);
    expect(lifecycle.command('retry').status).toBe('pending');
  });

  it('is not left by a retry that is cancelled again', () => {
    const lifecycle = quarantined().command('retry').command('cancel').pass('doubt').look();
    expect(lifecycle.status).toBe('quarantined');
    expect(lifecycle.calls.filter(({ effect }) => effect === 'terminateJob')).toHaveLength(1);
  });

  it('stays on record when it began in doubt: a later cancel is not silent either', () => {
    const lifecycle = given.inDoubt().pass('doubt').look(null).command('cancel').look({ state: 13 }).pass('settle').lookAgain();
    expect(lifecycle.status).toBe('quarantined');
    lifecycle.command('retry').command('cancel').pass('doubt').look();
    expect(lifecycle.status).toBe('quarantined');
  });

  it('runs the failback again after a retry', () => {
    const lifecycle = quarantined().command('retry').command('admit').pass('doubt').look();
    expect(lifecycle.calling).toBe('initiateFailback');
    lifecycle
      .answer(4096, 'second')
      .look({ state: 13 }, [job({ jobId: 'second' })])
      .look({ state: 14 });
    expect(lifecycle.calling).toBe('startVirtualMachine');
  });

  it('adopts the copy that could not be ended', () => {
    const lifecycle = given
      .copying()
      .command('cancel')
      .answer(4097)
      .pass('settle')
      .look({ state: 13 }, [job()])
      .command('retry')
      .command('admit')
      .look({ state: 13 }, [job()]);
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.calls.filter(({ effect }) => effect === 'initiateFailback')).toHaveLength(1);
  });
});
