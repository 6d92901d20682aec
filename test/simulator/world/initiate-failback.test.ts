import { describe, expect, it } from 'vitest';
import type { ScenarioInput, VmEntry } from '../../../src/simulator/world/scenario.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

/** One machine with 100 seconds of data; acceptance takes 3 seconds. */
function oneMachine(entry: Partial<VmEntry> = {}, more: ScenarioInput = {}): TestWorld {
  return new TestWorld({ vms: [{ ...secondsOfData(100), ...entry }], ...more });
}

describe('a failback that goes well', () => {
  it('is 13 at once, counts up with the data and ends in 14 with a completed job', async () => {
    const test = oneMachine();
    const vm = test.vm();
    expect(test.seen(vm)).toEqual([2, 6, 3]);
    const outcome = await test.initiateFailback(vm);
    expect(outcome.returnValue).toBe(4096);
    expect(test.seen(vm)).toEqual([2, 13, 3]);
    test.advance(53);
    expect(test.job(outcome)?.values).toMatchObject({ JobState: 4, PercentComplete: 50, JobType: 124, Owner: 'hvadmin', ErrorCode: 0 });
    test.advance(49);
    expect(test.seen(vm)).toEqual([2, 13, 3]);
    test.advance(1);
    expect(test.seen(vm)).toEqual([2, 14, 3]);
    expect(test.job(outcome)?.values).toMatchObject({ JobState: 7, PercentComplete: 100 });
  });

  it('moves LastReplicationTime on', async () => {
    const test = oneMachine();
    const vm = test.vm();
    const before = vm.relationship?.lastReplicationTime ?? 0;
    await test.initiateFailback(vm);
    test.advance(103);
    expect(vm.relationship?.lastReplicationTime).toBe(test.clock.now());
    expect(test.clock.now()).toBeGreaterThan(before);
  });

  it('leaves a machine that can be started and committed, and nobody saw anything forbidden', async () => {
    const test = oneMachine();
    const vm = test.vm();
    await test.initiateFailback(vm);
    test.advance(103);
    expect((await test.power(vm, 2)).returnValue).toBe(4096);
    test.advance(3);
    expect(test.seen(vm)).toEqual([2, 14, 2]);
    expect((await test.replication(vm, 'CommitFailover')).returnValue).toBe(4096);
    test.advance(4);
    expect(test.seen(vm)).toEqual([2, 6, 2]);
    expect(test.world.incidents).toEqual([]);
  });

  it('accepts the name of one of its recovery points in any case', async () => {
    const test = oneMachine();
    const point = test.vm().recoveryPoints[1]?.id.toLowerCase() ?? '';
    expect((await test.initiateFailback(test.vm(), { RecoveryPointIdentifier: point })).returnValue).toBe(4096);
  });
});

describe('a failback is refused and nothing changes', () => {
  const refusals: [rule: string, code: number, entry: Partial<VmEntry>, args: Parameters<TestWorld['initiateFailback']>[1]][] = [
    ['with 32775 for a primary', 32775, { mode: 1 }, {}],
    ['with 32775 in a state outside the start states', 32775, { state: 3 }, {}],
    ['with 32775 for a running machine', 32775, { power: 2 }, {}],
    ['with 32770 by the in-box provider', 32770, { provider: 'in-box' }, {}],
    ['with another code of the in-box provider', 32775, { provider: 'in-box', quirks: { inBoxFailback: 32775 } }, {}],
    ['with 32773 for settings that are no XML', 32773, {}, { ReplicationSettingData: '<INSTANCE' }],
    ['with 32773 for settings of another class', 32773, {}, { ReplicationSettingData: '<INSTANCE CLASSNAME="Msvm_Error"/>' }],
    ['with 32773 without settings', 32773, {}, { ReplicationSettingData: null }],
    ['with 32773 for an unknown recovery point', 32773, {}, { RecoveryPointIdentifier: 'no-such-point' }],
    [
      'with 32773 for a machine the host does not have',
      32773,
      {},
      { ComputerSystem: { namespace: 'root/virtualization/v2', className: 'Msvm_ComputerSystem', keys: { Name: 'nobody' } } },
    ],
    ['with 32776 for a machine given as text', 32776, {}, { ComputerSystem: 'dc01' }],
  ];
  it.each(refusals)('%s', async (_rule, code, entry, args) => {
    const test = oneMachine(entry);
    const vm = test.vm();
    const before = test.seen(vm);
    expect((await test.initiateFailback(vm, args)).returnValue).toBe(code);
    expect(test.seen(vm)).toEqual(before);
    expect(test.all('Msvm_ConcreteJob')).toEqual([]);
  });

  it("with 32773 for another machine's settings or other disks", async () => {
    const test = new TestWorld({ vms: [{ count: 2 }] });
    const [one, other] = [...test.world.host('hv-dr-01').vms.values()];
    if (!one || !other) throw new Error('two machines');
    expect((await test.initiateFailback(one, { ReplicationSettingData: test.settings(other) })).returnValue).toBe(32773);
    const settings = test.settings(one, { IncludedDisks: ['another disk'] });
    expect((await test.initiateFailback(one, { ReplicationSettingData: settings })).returnValue).toBe(32773);
  });

  it('with 32774 while another operation holds the machine', async () => {
    const test = oneMachine();
    await test.initiateFailback(test.vm());
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32774);
    expect((await test.power(test.vm(), 2)).returnValue).toBe(32774);
    expect((await test.replication(test.vm(), 'CommitFailover')).returnValue).toBe(32774);
  });

  it('with 32775 a second time, from 14', async () => {
    const test = oneMachine();
    await test.initiateFailback(test.vm());
    test.advance(200);
    expect((await test.initiateFailback(test.vm())).returnValue).toBe(32775);
  });
});

describe('transfers', () => {
  it('are limited per host; the others wait in line with a job that is starting', async () => {
    const test = new TestWorld({ vms: [{ count: 5, ...secondsOfData(100) }], quirks: { hosts: { parallelTransfers: 2 } } });
    const vms = [...test.world.host('hv-dr-01').vms.values()];
    const outcomes = [];
    for (const vm of vms) outcomes.push(await test.initiateFailback(vm));
    test.advance(53);
    const percents = outcomes.map((outcome) => [test.job(outcome)?.values.JobState, test.job(outcome)?.values.PercentComplete]);
    expect(percents).toEqual([
      [4, 50],
      [4, 50],
      [3, 0],
      [3, 0],
      [3, 0],
    ]);
    test.advance(100);
    expect(vms.map((vm) => vm.relationship?.state)).toEqual([14, 14, 13, 13, 13]);
    test.advance(150);
    expect(vms.map((vm) => vm.relationship?.state)).toEqual([14, 14, 14, 14, 14]);
  });
});
