import { describe, expect, it } from 'vitest';
import { accepted, HOME, type Pair, pairIn } from './pair-kit.ts';
import { vmReference } from './world-kit.ts';

const drill = ({ test, home }: Pair) => test.replication(home, 'TestReplicaSystem', { SnapshotSettingData: null });
const destroy = ({ test }: Pair, id: string) =>
  test.invoke('Msvm_VirtualSystemManagementService', 'DestroySystem', { AffectedSystem: vmReference({ id }) }, {}, HOME);

async function withTestMachine() {
  const pair = pairIn('replicating');
  const { out } = await accepted(drill(pair));
  pair.test.advance(6);
  return { ...pair, pair, out, machine: pair.test.vm('sql01 - Test', HOME) };
}

describe('a test failover', () => {
  it('makes a machine beside the replica, off, that its association leads to', async () => {
    const { test, home, machine, out } = await withTestMachine();
    expect(test.all('Msvm_ComputerSystem', HOME).find(({ values }) => values.Name === machine.id)?.values).toMatchObject({
      ElementName: 'sql01 - Test',
      ReplicationMode: 3,
      EnabledState: 3,
    });
    const found = [...test.host(HOME).associators(vmReference(home), 'Msvm_ReplicaSystemDependency', null)];
    expect(found.map(({ values }) => values.Name)).toEqual([machine.id]);
    expect(out.ResultingSystem).toMatchObject({ keys: { Name: machine.id } });
    const back = [...test.host(HOME).associators(vmReference(machine), 'Msvm_ReplicaSystemDependency', null)];
    expect(back.map(({ values }) => values.Name)).toEqual([home.id]);
    expect(test.all('Msvm_ReplicaSystemDependency', HOME)).toHaveLength(1);
  });

  it('leaves replication alone, and its machine runs beside the one it was made from', async () => {
    const { test, home, away, machine } = await withTestMachine();
    await accepted(test.power(machine, 2));
    test.advance(60);
    expect([test.seen(away), test.seen(home), machine.power]).toEqual([[1, 3, 2], [2, 3, 3], 2]);
    const heartbeat = test.all('Msvm_HeartbeatComponent', HOME).find(({ values }) => values.SystemName === machine.id);
    expect([heartbeat?.values.OperationalStatus, test.world.incidents]).toEqual([[2], []]);
  });

  it('is one at a time, and its machine goes only when it is destroyed, which needs it off', async () => {
    const { pair, test, home, machine } = await withTestMachine();
    expect((await drill(pair)).returnValue).toBe(32775);
    await accepted(test.power(machine, 2));
    test.advance(5);
    expect((await destroy(pair, machine.id)).returnValue).toBe(32775);
    await accepted(test.power(machine, 3));
    test.world.host(HOME).crash(60_000);
    test.advance(61);
    expect(test.world.host(HOME).vms.has(machine.id)).toBe(true);
    await accepted(destroy(pair, machine.id));
    test.advance(1);
    expect([test.world.host(HOME).vms.has(machine.id), home.testMachine]).toEqual([false, null]);
    await accepted(drill(pair));
  });

  it.each(['resynchronizing', 'home-is-replica', 'failed-over-home', 'home'] as const)('is refused in %s', async (stage) => {
    expect((await drill(pairIn(stage))).returnValue).toBe(32775);
  });

  it('is possible while replication is suspended, and may name its machine later', async () => {
    const pair = pairIn('suspended', { quirks: { testSystemNamed: false } });
    expect((await accepted(drill(pair))).out.ResultingSystem).toBeNull();
  });
});
