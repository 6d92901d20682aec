import { describe, expect, it } from 'vitest';
import { EnabledState, RequestedState } from '../../../src/domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../../src/domain/replication.ts';
import { failureOf } from '../wsman/hosts.ts';
import { type Access, HOME, pair, replicatingHome, scenes, soon } from './scene.ts';

export function drillRules(access: Access): void {
  describe('a test failover', () => {
    const start = scenes(access);

    it('makes a machine beside the replica, which starts, is seen, and is deleted; replication goes on', async () => {
      const scene = await start(pair());
      await replicatingHome(scene);
      const home = scene.host(HOME);
      const vmId = scene.idOf('pair');
      expect(await home.testReplicaOf(vmId)).toBeNull();
      const { returnValue } = await home.testReplicaSystem(vmId, soon());
      expect([0, 4096]).toContain(returnValue);
      scene.clock.advance(60_000);
      const testVmId = (await home.testReplicaOf(vmId)) ?? '';
      const { vm } = await scene.look('pair', HOME);
      expect(vm).toMatchObject({ testReplica: testVmId, replication: { state: ReplicationState.Replicating } });
      expect(await home.powerOf(testVmId)).toMatchObject({ power: EnabledState.Off, mode: ReplicationMode.TestReplica });
      expect((await home.requestStateChange(testVmId, RequestedState.Start, soon())).returnValue).toBe(4096);
      scene.clock.advance(600_000);
      expect(await home.heartbeat(testVmId)).toBe('ok');
      expect((await home.destroyTestReplica(testVmId, soon())).returnValue).toBe(32775);
      await home.requestStateChange(testVmId, RequestedState.TurnOff, soon());
      scene.clock.advance(60_000);
      expect([0, 4096]).toContain((await home.destroyTestReplica(testVmId, soon())).returnValue);
      scene.clock.advance(60_000);
      expect((await scene.look('pair', HOME)).vm).toMatchObject({
        testReplica: null,
        replication: { state: ReplicationState.Replicating },
      });
      expect(await failureOf(home.destroyTestReplica(testVmId, soon()))).toMatchObject({ code: 'vm.not-found', details: { sent: false } });
    });

    it('is the only thing whose machines are deleted', async () => {
      const scene = await start(pair({ vms: [...(pair().vms ?? []), { names: ['plain'], mode: 0 }] }));
      for (const [name, host] of [
        ['pair', scene.host(HOME)],
        ['plain', scene.host()],
      ] as const) {
        expect(await failureOf(host.destroyTestReplica(scene.idOf(name), soon()))).toMatchObject({
          code: 'state.unexpected',
          class: 'permanent',
          details: { sent: false },
        });
        expect(await host.powerOf(scene.idOf(name))).not.toBeNull();
      }
    });
  });
}
