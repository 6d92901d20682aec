import { describe, expect, it } from 'vitest';
import type { MemberSettings, ReverseSettings } from '../../src/domain/member.ts';
import { job, SETTINGS } from './support/facts.ts';
import { LOST } from './support/lifecycle.ts';
import { type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

const started = (reverse: Partial<ReverseSettings>, settings: Partial<MemberSettings> = {}): PairLifecycle =>
  pair(pairMember(reverse, settings)).stands('failed over home').answer(0).stands('running at home');

const VERIFY_FAILED = {
  class: 'retryable',
  code: 'verify.failed',
  message: 'probe tcp sql01:1433 did not pass: refused',
  remedy: 'Look at the VM on its console.',
} as const;
const PROBED = { probes: [{ kind: 'tcp', address: 'sql01:1433' }], probing: { within: 20_000, every: 10_000 } } as const;

describe('a failover home becomes final', () => {
  it('with policy commit: as soon as the VM is verified', () => {
    expect(started({ commit: 'commit' }).next).toBe('reverseReplication home');
  });

  it('with policy commit and a hold time: when it has gone on running for that long', () => {
    const lifecycle = started({ commit: 'commit', hold: 3_600_000 });
    expect(lifecycle.state).toBe('proving.waiting');
    expect(lifecycle.delay('proof')).toBe(3_600_000);
    expect(lifecycle.context.homeAt).not.toBeNull();
    expect(lifecycle.pass('proof').stands('running at home').next).toBe('reverseReplication home');
  });

  it('with probes: not before all of them passed', () => {
    const lifecycle = started({ commit: 'commit' }, PROBED);
    expect(lifecycle.next).toBe('probe home');
    expect(lifecycle.context.homeAt).toBeNull();
    lifecycle.answer(0).stands('running at home');
    expect(lifecycle.context.homeAt).not.toBeNull();
    expect(lifecycle.next).toBe('reverseReplication home');
  });

  it('with policy none: when a person approves it', () => {
    const lifecycle = started({ commit: 'none' });
    expect(lifecycle.state).toBe('approval');
    expect(lifecycle.failure).toMatchObject({
      code: 'approval.needed',
      message: expect.stringMatching(/^sql01 runs on host hv-dr-01 and is verified/),
    });
    expect(lifecycle.command('approve').stands('running at home').next).toBe('reverseReplication home');
    expect(lifecycle.answer(0).stands('home').status).toBe('completed');
  });

  it('with policy none: nothing but an approval or a cancel ends the wait', () => {
    const lifecycle = started({ commit: 'none' });
    expect(['retry', 'resume', 'admit'].map((name) => lifecycle.accepts(name as 'retry'))).toEqual([false, false, false]);
    expect(lifecycle.command('cancel').stands('running at home').next).toBe('turnOff home');
  });

  it('an approval is about the failover it was given for', () => {
    const lifecycle = started({ commit: 'none' }).command('approve').stands('prepared');
    expect(lifecycle.next).toBe('initiateFailover home');
    expect(lifecycle.answer(0).stands('failed over home').answer(0).stands('running at home').state).toBe('approval');
  });
});

describe('with policy rollback the failover home is taken back', () => {
  const ends = (lifecycle: PairLifecycle) => {
    for (const stage of ['failed over home', 'prepared', 'stopped', 'replicating']) if (lifecycle.next) lifecycle.answer(0).stands(stage);
    return lifecycle;
  };

  it('when the probes do not pass in time', () => {
    const lifecycle = started({ commit: 'rollback' }, PROBED);
    lifecycle.breaks(VERIFY_FAILED).pass('backOff').stands('running at home').breaks(VERIFY_FAILED).stands('running at home');
    expect(lifecycle.next).toBe('turnOff home');
    ends(lifecycle);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure).toMatchObject({ code: 'verify.failed', message: expect.stringMatching(/^given up: probe tcp/) });
    expect(lifecycle.failure.message).toContain('sql01 runs on host hv-dr-02 again');
    expect(lifecycle.command('retry').command('admit').stands('replicating').next).toBe('shutDownGuest away');
  });

  it('when the VM does not stay up for the hold time', () => {
    const lifecycle = started({ commit: 'rollback', hold: 60_000 }).sees('home', 'failed over home');
    expect(lifecycle.state).toBe('tracking.settling');
    lifecycle.pass('settle').stands('failed over home');
    expect(lifecycle.next).toBe('revertFailover home');
  });

  it('when it does not start', () => {
    const lifecycle = pair(pairMember({ commit: 'rollback' }))
      .stands('failed over home')
      .answer(32773)
      .stands('failed over home');
    expect(lifecycle.next).toBe('revertFailover home');
  });

  it.each<[string, (lifecycle: PairLifecycle) => PairLifecycle]>([
    ['in doubt', (lifecycle) => lifecycle.breaks(LOST)],
    [
      'at work when the VM moved to another node',
      (lifecycle) => lifecycle.answer(0).misses('home', 'failed over home').sees('home', 'failed over home'),
    ],
  ])('when its start has left no trace and may not be called any more: %s', (_, leads) => {
    const once = pairMember({ commit: 'rollback' }, { retry: { ...SETTINGS.retry, attempts: 1 } });
    const cluster = { ...once, nodes: { home: ['hv-dr-01', 'hv-dr-03'], away: [] } };
    const lifecycle = leads(pair(cluster).stands('failed over home')).pass('doubt').stands('failed over home');
    expect(lifecycle.next).toBe('revertFailover home');
    for (const stage of ['prepared', 'stopped', 'replicating']) lifecycle.answer(0).stands(stage);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toMatch(
      /^given up: .*; the failover to hv-dr-01 was taken back and sql01 runs on host hv-dr-02 again$/,
    );
  });

  it('but a person is asked under the other policies', () => {
    const lifecycle = started({ commit: 'commit' }, PROBED);
    lifecycle.breaks({ ...VERIFY_FAILED, class: 'operator' });
    expect(lifecycle.status).toBe('attention');
  });
});

describe('a guest that does not shut down', () => {
  const hangs = (turnOff: boolean) => {
    const changes = { away: { power: 4 } };
    const lifecycle = pair(pairMember({ shutdown: { within: 120_000, turnOff } }))
      .stands('replicating')
      .answer(0)
      .stands('replicating', changes);
    expect(lifecycle.delay('jobDeadline')).toBe(120_000);
    return lifecycle.pass('jobDeadline').stands('replicating', changes);
  };

  it('is turned off when the plan permits it', () => {
    const lifecycle = hangs(true);
    expect(lifecycle.next).toBe('turnOff away');
    expect(lifecycle.answer(0).stands('stopped').next).toBe('prepareFailover away');
  });

  it('is turned off beside the job of its shutdown, and once more when that call was lost', () => {
    const goingDown = { away: { power: 4 } };
    const lifecycle = pair(pairMember({ shutdown: { within: 120_000, turnOff: true } }))
      .stands('replicating')
      .answer(4096);
    const look = () => lifecycle.sees('home', 'replicating').sees('away', 'replicating', goingDown, job());
    lifecycle.pass('jobDeadline');
    look();
    expect(lifecycle.state).toBe('checking');
    expect(look().next).toBe('turnOff away');
    lifecycle.breaks(LOST).pass('doubt');
    expect(look().state).toBe('backingOff');
    lifecycle.pass('backOff');
    expect(look().next).toBe('turnOff away');
  });

  it('is a matter for a person when it does not', () => {
    const lifecycle = hangs(false);
    expect(lifecycle.status).toBe('attention');
    expect(lifecycle.failure.message).toMatch(/^InitiateShutdown has begun but is not achieved within 120 s/);
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('and refuses to is turned off, too, when the plan permits it', () => {
    const lifecycle = pair(pairMember({ shutdown: { within: 1, turnOff: true } }))
      .stands('replicating')
      .answer(32769)
      .stands('replicating');
    expect(lifecycle.next).toBe('turnOff away');
  });
});

describe('a call that reached the host is counted, whatever it led to', () => {
  const permitted = () => pair(pairMember({ shutdown: { within: 1, turnOff: true } })).stands('replicating');

  it.each<[string, () => PairLifecycle, string]>([
    ['nothing of it is to be seen', () => started({}, PROBED).answer(0), 'probe'],
    ['a harder one is next', () => permitted().answer(32769), 'shutDownGuest'],
    [
      'it is taken back',
      () =>
        pair(pairMember({ commit: 'rollback' }))
          .stands('failed over home')
          .answer(32773),
      'startVirtualMachine',
    ],
  ])('%s', (_, begin, call) => {
    expect(begin().counted.at(-1)).toBe(call);
  });

  it('but one that did not reach it is not, and the harder one is made all the same', () => {
    const failure = { class: 'permanent', code: 'host.fault', message: 'the host knows no such method', remedy: 'Update the host.' };
    const lifecycle = permitted().breaks(failure).stands('replicating');
    expect([lifecycle.next, lifecycle.counted]).toEqual(['turnOff away', []]);
  });
});
