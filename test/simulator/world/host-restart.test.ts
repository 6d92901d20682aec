import { describe, expect, it } from 'vitest';
import type { HostQuirkSettings } from '../../../src/simulator/world/quirks.ts';
import { jobId, secondsOfData, TestWorld } from './world-kit.ts';

async function inTheMiddle(hosts: HostQuirkSettings) {
  const test = new TestWorld({ vms: [{ ...secondsOfData(100) }], quirks: { hosts } });
  const outcome = await test.initiateFailback(test.vm());
  test.advance(53);
  return { test, outcome, host: test.world.host('hv-dr-01') };
}

describe('a reboot', () => {
  it('takes the host down for a while and tells whoever listens', async () => {
    const { test, host } = await inTheMiddle({});
    const heard: boolean[] = [];
    test.host().onPower((up) => heard.push(up));
    host.crash(60_000);
    expect(test.host().up).toBe(false);
    test.advance(60);
    expect(test.host().up).toBe(true);
    expect(heard).toEqual([false, true]);
  });

  it('loses all jobs, and the copy goes on where it was', async () => {
    const { test, outcome, host } = await inTheMiddle({});
    host.crash(60_000);
    test.advance(60);
    expect(test.job(outcome)).toBeUndefined();
    expect(test.all('Msvm_AffectedJobElement')).toEqual([]);
    expect(test.seen(test.vm())).toEqual([2, 13, 3]);
    test.advance(49);
    expect(test.seen(test.vm())).toEqual([2, 13, 3]);
    test.advance(1);
    expect(test.seen(test.vm())).toEqual([2, 14, 3]);
  });

  it('keeps the jobs when the quirk says so', async () => {
    const { test, outcome, host } = await inTheMiddle({ jobsSurviveRestart: true });
    host.crash(60_000);
    test.advance(60);
    expect(test.job(outcome)?.values).toMatchObject({ JobState: 4, PercentComplete: 50 });
    test.advance(50);
    expect(test.job(outcome)?.values.JobState).toBe(7);
  });

  it('can make the copy start again', async () => {
    const { test, host } = await inTheMiddle({ transfersAfterRestart: 'restart' });
    host.crash(60_000);
    test.advance(60 + 99);
    expect(test.seen(test.vm())[1]).toBe(13);
    test.advance(1);
    expect(test.seen(test.vm())[1]).toBe(14);
  });

  it('can make the copy fail', async () => {
    const { test, host } = await inTheMiddle({ transfersAfterRestart: 'fail' });
    host.crash(60_000);
    test.advance(60);
    expect(test.seen(test.vm())[1]).toBe(6);
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(4096);
  });

  it('switches machines off and brings those back that ran', () => {
    const test = new TestWorld({ vms: [{ names: ['runs'], power: 2 }, { names: ['is off'] }] });
    const host = test.world.host('hv-dr-01');
    host.crash(60_000);
    expect([test.vm('runs').power, test.vm('is off').power]).toEqual([3, 3]);
    test.advance(60);
    expect([test.vm('runs').power, test.vm('is off').power]).toEqual([2, 3]);
  });

  it('does not let machines that wait in line slip into places that become free', async () => {
    const test = new TestWorld({
      vms: [{ count: 4, ...secondsOfData(100) }],
      quirks: { vms: { waitingState: 'start' }, hosts: { parallelTransfers: 1 } },
    });
    const host = test.world.host('hv-dr-01');
    for (const vm of host.vms.values()) await test.initiateFailback(vm);
    test.advance(10);
    host.crash(60_000);
    test.advance(30);
    expect(host.transfers.size).toBe(0);
    expect([...host.vms.values()].map((vm) => test.seen(vm)[1])).toEqual([13, 6, 6, 6]);
    test.advance(31);
    expect(host.transfers.size).toBe(1);
    test.advance(500);
    expect([...host.vms.values()].map((vm) => vm.relationship?.state)).toEqual([14, 14, 14, 14]);
  });
});

describe('a reboot of both hosts of a pair', () => {
  it('lets work that needs only one of them go on when that one is back', async () => {
    const hosts = [{ name: 'hv-dr-01' }, { name: 'hv-home-01', role: 'home' as const }];
    const test = new TestWorld({ hosts, vms: [{ host: 'hv-dr-01', partner: 'hv-home-01', state: 3, power: 3 }] });
    const vm = test.vm(undefined, 'hv-dr-01');
    await test.replication(vm, 'InitiateFailover');
    test.world.host('hv-home-01').crash(null);
    test.world.host('hv-dr-01').crash(60_000);
    test.advance(66);
    expect(test.seen(vm)).toEqual([2, 5, 3]);
  });
});

describe('a restart of the management service', () => {
  it('loses the jobs but not the connection, and machines go on running', async () => {
    const test = new TestWorld({
      vms: [
        { names: ['runs'], power: 2 },
        { names: ['copies'], ...secondsOfData(100) },
      ],
    });
    await test.initiateFailback(test.vm('copies'));
    test.advance(53);
    test.world.host('hv-dr-01').restartManagementService();
    expect(test.host().up).toBe(true);
    expect(test.all('Msvm_ConcreteJob')).toEqual([]);
    expect(test.vm('runs').power).toBe(2);
    test.advance(50);
    expect(test.seen(test.vm('copies'))[1]).toBe(14);
  });
});

describe('a broken network', () => {
  it('changes nothing on the host', async () => {
    const { test, outcome, host } = await inTheMiddle({});
    host.disconnect(60_000);
    expect(test.host().up).toBe(false);
    test.advance(60);
    expect(test.host().up).toBe(true);
    expect(test.job(outcome)?.values.JobState).toBe(7);
    expect(jobId(outcome)).not.toBe('');
  });
});

describe('a broken network, with more going on', () => {
  it('does not hold work that begins while it is broken', async () => {
    const test = new TestWorld({ vms: [{ ...secondsOfData(100) }] });
    await test.initiateFailback(test.vm());
    test.world.host('hv-dr-01').disconnect(60_000);
    test.advance(103);
    expect(test.seen(test.vm())[1]).toBe(14);
  });

  it('does not spare the host a reboot', () => {
    const test = new TestWorld();
    const host = test.world.host('hv-dr-01');
    host.disconnect(100_000);
    host.crash(30_000);
    test.advance(30);
    expect([host.running, host.up]).toEqual([true, false]);
    test.advance(70);
    expect(host.up).toBe(true);
  });
});

describe('jobs', () => {
  it('are found by id in any case and not at all once they are gone', async () => {
    const { test, outcome, host } = await inTheMiddle({});
    const cls = test.cls('Msvm_ConcreteJob');
    expect(test.host().find(cls, { InstanceID: jobId(outcome).toLowerCase() })).toHaveLength(1);
    host.restartManagementService();
    expect(test.host().find(cls, { InstanceID: jobId(outcome) })).toEqual([]);
  });

  it('answer state changes with codes of their own', async () => {
    const { test, outcome } = await inTheMiddle({});
    expect((await test.cancelJob(test.vm(), outcome, 3)).returnValue).toBe(1);
    expect((await test.cancelJob(test.vm(), outcome, 4)).returnValue).toBe(4096);
    expect(test.job(outcome)?.values.JobState).toBe(6);
    test.advance(1);
    expect(test.job(outcome)?.values.JobState).toBe(8);
    expect((await test.cancelJob(test.vm(), outcome, 4)).returnValue).toBe(4097);
  });

  it('tell their errors as embedded instances, and null when they have none', async () => {
    const faults = [{ method: 'InitiateFailback', nth: 1, do: { jobException: { description: 'a < b', hresult: '0x80070005' } } }];
    const test = new TestWorld({ vms: [{ ...secondsOfData(100) }], faults });
    const failed = await test.initiateFailback(test.vm());
    test.advance(103);
    const second = await test.initiateFailback(test.vm());
    const keys = (id: string) => ({ InstanceID: id });
    const errors = await test.invoke('Msvm_ConcreteJob', 'GetErrorEx', {}, keys(jobId(failed)));
    expect(errors.out.Errors).toEqual([expect.stringContaining('<VALUE>a &lt; b (0x80070005)</VALUE>')]);
    expect((await test.invoke('Msvm_ConcreteJob', 'GetError', {}, keys(jobId(failed)))).out.Error).toContain('Msvm_Error');
    expect((await test.invoke('Msvm_ConcreteJob', 'GetErrorEx', {}, keys(jobId(second)))).out.Errors).toBeNull();
  });
});
