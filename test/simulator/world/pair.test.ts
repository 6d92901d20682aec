import { describe, expect, it } from 'vitest';
import type { MethodOutcome } from '../../../src/simulator/cim.ts';
import type { VmEntry } from '../../../src/simulator/world/scenario.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

const A = 'hv-home-01';
const B = 'hv-dr-01';

/** A pair: `a` at home, `b` on the recovery site, 1,000 seconds of data. */
function pair(entry: Partial<VmEntry> = {}) {
  const test = new TestWorld({
    hosts: [{ name: B }, { name: A, role: 'home' }],
    vms: [{ names: ['sql01'], host: B, partner: A, ...secondsOfData(1000), ...entry }],
  });
  return { test, a: test.vm('sql01', A), b: test.vm('sql01', B) };
}

async function accepted(outcome: Promise<MethodOutcome>): Promise<void> {
  expect((await outcome).returnValue).toBe(4096);
}

describe('a host-to-host pair', () => {
  it('goes through the whole way: failover, commit, reverse, seeded copy, planned failover home, reverse', async () => {
    const { test, a, b } = pair({ state: 3, health: 1, power: 3 });
    expect([test.seen(a), test.seen(b)]).toEqual([
      [1, 3, 2],
      [2, 3, 3],
    ]);

    a.automaticStartupAction = 2;
    test.world.host(A).crash(null);
    await accepted(test.replication(b, 'InitiateFailover'));
    expect(test.seen(b)).toEqual([2, 12, 3]);
    test.advance(6);
    expect(test.seen(b)).toEqual([2, 5, 3]);
    await accepted(test.power(b, 2));
    test.advance(3);
    await accepted(test.replication(b, 'CommitFailover'));
    test.advance(4);
    expect(test.seen(b)).toEqual([2, 6, 2]);

    test.world.host(A).comeUp();
    await accepted(test.changeState(a, 2));
    test.advance(3);
    expect(test.seen(a)).toEqual([2, 2, 3]);
    await accepted(test.replication(b, 'ReverseReplicationRelationship', { ReplicationSettingData: test.reversed(b) }));
    test.advance(5);
    expect([test.seen(a), test.seen(b)]).toEqual([
      [2, 2, 3],
      [1, 1, 2],
    ]);
    expect(b.relationship).toMatchObject({ primaryConnectionPoint: `${B}.example.net`, recoveryConnectionPoint: `${A}.example.net` });

    await accepted(test.replication(b, 'StartReplication', { InitialReplicationType: 3 }));
    expect([test.seen(a), test.seen(b)]).toEqual([
      [2, 2, 3],
      [1, 2, 2],
    ]);
    test.advance(99);
    expect(test.seen(b)[1]).toBe(2);
    test.advance(1);
    expect([test.seen(a), test.seen(b)]).toEqual([
      [2, 3, 3],
      [1, 3, 2],
    ]);

    expect((await test.changeState(b, 4)).returnValue).toBe(32775);
    expect(
      (await test.invoke('Msvm_ShutdownComponent', 'InitiateShutdown', { Force: false, Reason: 'failback' }, { SystemName: b.id }, B))
        .returnValue,
    ).toBe(0);
    test.advance(20);
    expect(test.seen(b)[2]).toBe(3);
    await accepted(test.changeState(b, 4));
    test.advance(7);
    expect(test.seen(b)).toEqual([1, 4, 3]);
    expect((await test.power(b, 2)).returnValue).toBe(32775);

    await accepted(test.replication(a, 'InitiateFailover', { SnapshotSettingData: null }));
    test.advance(5);
    expect(test.seen(a)).toEqual([2, 5, 3]);
    expect(a.relationship?.failedOverType).toBe(3);
    await accepted(test.replication(a, 'ReverseReplicationRelationship', { ReplicationSettingData: test.reversed(a) }));
    test.advance(4);
    expect([test.seen(a), test.seen(b)]).toEqual([
      [1, 3, 3],
      [2, 3, 3],
    ]);
    await accepted(test.power(a, 2));
    test.advance(2);
    expect([test.seen(a), test.seen(b)]).toEqual([
      [1, 3, 2],
      [2, 3, 3],
    ]);
    expect((await test.power(b, 2)).returnValue).toBe(32775);
    expect(test.world.incidents).toEqual([]);
  });

  it('starts, by default, after an unplanned failover: the old primary is off and critical, the replica runs committed', () => {
    const { test, a, b } = pair();
    expect([test.seen(a), test.seen(b)]).toEqual([
      [1, 8, 3],
      [2, 6, 2],
    ]);
  });

  it('refuses steps out of order with 32775', async () => {
    const { test, a, b } = pair();
    expect((await test.replication(b, 'StartReplication', { InitialReplicationType: 3 })).returnValue).toBe(32775);
    expect((await test.replication(b, 'CommitFailover')).returnValue).toBe(32775);
    expect((await test.replication(b, 'RevertFailover')).returnValue).toBe(32775);
    expect((await test.replication(a, 'InitiateFailover')).returnValue).toBe(32775);
    expect((await test.replication(a, 'ReverseReplicationRelationship', { ReplicationSettingData: test.reversed(a) })).returnValue).toBe(
      32775,
    );
    expect((await test.replication(b, 'Resynchronize')).returnValue).toBe(32775);
    expect((await test.changeState(b, 2)).returnValue).toBe(32775);
    expect((await test.changeState(a, 99)).returnValue).toBe(32773);
  });

  it('notices when both sides run', async () => {
    const { test, a } = pair();
    await accepted(test.power(a, 2));
    test.advance(3);
    expect(test.world.incidents).toMatchObject([{ kind: 'both-sides-running', host: A, vmName: 'sql01' }]);
  });

  it('reverses only onto a side that is ready, up and a replica server: else the job fails and nothing changes', async () => {
    const notReady = pair();
    const reverse = ({ test, b }: ReturnType<typeof pair>, settings = test.reversed(b)) =>
      test.replication(b, 'ReverseReplicationRelationship', { ReplicationSettingData: settings });
    const first = await reverse(notReady);
    notReady.test.advance(5);
    expect(notReady.test.job(first, B)?.values).toMatchObject({ JobState: 10, ErrorDescription: expect.stringContaining('0x80070057') });
    expect(notReady.test.seen(notReady.b)).toEqual([2, 6, 2]);

    const down = pair();
    down.test.world.host(A).crash(null);
    const second = await reverse(down);
    down.test.advance(5);
    expect(down.test.job(second, B)?.values.ErrorDescription).toContain('0x00002EFD');

    const unknown = pair();
    const third = await reverse(unknown, unknown.test.settings(unknown.b, { RecoveryConnectionPoint: 'nowhere.example.net' }));
    unknown.test.advance(5);
    expect(unknown.test.job(third, B)?.values.ErrorDescription).toContain('0x00002EE7');
  });

  it('reverts a failover, and a prepared primary', async () => {
    const { test, a, b } = pair({ state: 3, power: 3 });
    await test.replication(b, 'InitiateFailover');
    test.advance(2);
    await accepted(test.replication(b, 'RevertFailover'));
    test.advance(5);
    expect(test.seen(b)).toEqual([2, 3, 3]);
    test.world.setPower(a, 3);
    await test.changeState(a, 4);
    test.advance(7);
    expect(test.seen(a)).toEqual([1, 4, 3]);
    await accepted(test.replication(a, 'RevertFailover'));
    test.advance(5);
    expect(test.seen(a)).toEqual([1, 3, 3]);
  });

  it('suspends and resumes both sides together', async () => {
    const { test, a, b } = pair({ state: 3, power: 3 });
    await accepted(test.changeState(a, 7));
    test.advance(3);
    expect([test.seen(a)[1], test.seen(b)[1]]).toEqual([7, 7]);
    await accepted(test.changeState(b, 3));
    test.advance(3);
    expect([test.seen(a)[1], test.seen(b)[1]]).toEqual([3, 3]);
  });

  it('resynchronises, can be suspended and cancelled in it, and loses its recovery points', async () => {
    const { test, a, b } = pair({ state: 3, power: 3 });
    for (const side of [a, b]) if (side.relationship) side.relationship.state = side === a ? 9 : 3;
    expect((await test.replication(b, 'Resynchronize')).returnValue).toBe(32775);
    await accepted(test.replication(a, 'Resynchronize'));
    test.advance(10);
    expect([test.seen(a)[1], test.seen(b)[1]]).toEqual([10, 10]);
    await accepted(test.changeState(a, 7));
    test.advance(3);
    expect(test.seen(a)[1]).toBe(11);
    await accepted(test.changeState(a, 3));
    test.advance(10);
    await accepted(test.changeState(a, 9));
    test.advance(3);
    expect(test.seen(a)[1]).toBe(9);
    await accepted(test.replication(a, 'Resynchronize', { StartTime: null }));
    test.advance(100);
    expect([test.seen(a)[1], test.seen(b)[1]]).toEqual([3, 3]);
    expect(b.recoveryPoints).toEqual([]);
  });

  it('stops copying while either host is down', async () => {
    const { test, a, b } = pair({ state: 3, power: 3 });
    if (a.relationship) a.relationship.state = 9;
    await test.replication(a, 'Resynchronize');
    test.advance(50);
    test.world.host(B).crash(600_000);
    test.advance(300);
    expect(test.seen(a)[1]).toBe(10);
    test.advance(300 + 50);
    expect([test.seen(a)[1], test.seen(b)[1]]).toEqual([3, 3]);
  });

  it('moves LastReplicationTime on with the interval while it replicates', () => {
    const { test, b } = pair({ state: 3, power: 3 });
    const read = () =>
      test.all('Msvm_ReplicationRelationship', B).find((one) => String(one.values.InstanceID).includes(b.id))?.values.LastReplicationTime;
    const before = read();
    test.advance(301);
    expect(read()).not.toBe(before);
  });

  it('fails over to a named recovery point only if it has it', async () => {
    const { test, b } = pair({ state: 3, power: 3 });
    const reference = (id: string) => ({
      namespace: 'root/virtualization/v2',
      className: 'Msvm_VirtualSystemSettingData',
      keys: { InstanceID: `Microsoft:${id}` },
    });
    expect((await test.replication(b, 'InitiateFailover', { SnapshotSettingData: reference('nobody') })).returnValue).toBe(32773);
    const consistent = b.recoveryPoints.find(({ kind }) => kind === 'ApplicationConsistent');
    await accepted(test.replication(b, 'InitiateFailover', { SnapshotSettingData: reference(consistent?.id ?? '') }));
    test.advance(5);
    expect(b.relationship?.failedOverType).toBe(2);
  });
});

describe('the replication service', () => {
  it('tests a connection: the job tells', async () => {
    const { test } = pair();
    const connect = (RecoveryConnectionPoint: string) =>
      test.invoke('Msvm_ReplicationService', 'TestReplicationConnection', { RecoveryConnectionPoint }, {}, B);
    const [good, unknown] = [await connect(`${A}.example.net`), await connect('nowhere')];
    test.advance(3);
    expect(test.job(good, B)?.values.JobState).toBe(7);
    expect(test.job(unknown, B)?.values).toMatchObject({ JobState: 10, ErrorDescription: expect.stringContaining('0x00002EE7') });
  });

  it('gives statistics, and issues when health is not OK', async () => {
    const { test, b } = pair();
    const outcome = await test.replication(b, 'GetReplicationStatisticsEx');
    expect(outcome.out.ReplicationStatistics).toEqual([expect.stringContaining('Msvm_ReplicationStatistics')]);
    expect(outcome.out.ReplicationHealthIssues).toEqual([expect.stringContaining('Msvm_Error')]);
  });
});
