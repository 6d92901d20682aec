import { describe, expect, it } from 'vitest';
import { EnabledState, RequestedState } from '../../../src/domain/power.ts';
import { ReplicationMode, ReplicationState, ReplicationType, RequestedReplicationState } from '../../../src/domain/replication.ts';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { failureOf } from '../wsman/hosts.ts';
import { type Access, AWAY, HOME, HOUR, pair, replicatingHome, type Scene, scenes, soon } from './scene.ts';

const { Primary, Replica } = ReplicationMode;
const { Running, Off } = EnabledState;
const ACCEPTED = [0, 4096];

/** Mode, state and power of both sides. */
async function sides(scene: Scene): Promise<readonly (readonly (number | undefined)[])[]> {
  return Promise.all(
    [AWAY, HOME].map(async (host) => {
      const { vm } = await scene.look('pair', host);
      return [vm?.mode, vm?.replication?.state, vm?.power];
    }),
  );
}

async function accepted(scene: Scene, call: Promise<{ returnValue: number }>): Promise<void> {
  expect(ACCEPTED).toContain((await call).returnValue);
  scene.clock.advance(120_000);
}

async function reverse(scene: Scene, host: string, target: string | null): Promise<void> {
  const request = { vmId: scene.idOf('pair', host), settings: await scene.settingsOf('pair', host), certificateThumbprint: null };
  await accepted(scene, scene.host(host).reverseReplicationRelationship({ ...request, recoveryConnectionPoint: target }, soon()));
}

/** Replicating home, shut down and prepared. */
async function preparedHome(scene: Scene): Promise<void> {
  await replicatingHome(scene);
  const away = scene.host(AWAY);
  const vmId = scene.idOf('pair');
  await accepted(scene, away.initiateShutdown(vmId, { force: false, reason: 'moves <home> & back' }, soon()));
  await accepted(scene, away.requestReplicationStateChange(vmId, RequestedReplicationState.PrepareFailover, soon()));
}

export function wayHomeRules(access: Access): void {
  describe('the way home between two hosts', () => {
    const start = scenes(access);

    it('goes commit, replica, reverse, copy, shutdown, prepare, failover, start, reverse again', async () => {
      const scene = await start(pair({ vms: [{ ...pair().vms?.[0], state: ReplicationState.Recovered }] }));
      const vmId = scene.idOf('pair');
      const [away, home] = [scene.host(AWAY), scene.host(HOME)];
      await accepted(scene, away.commitFailover(vmId, soon()));
      await accepted(scene, home.requestReplicationStateChange(vmId, RequestedReplicationState.BecomeReplica, soon()));
      expect(await sides(scene)).toEqual([
        [Replica, ReplicationState.Committed, Running],
        [Replica, ReplicationState.WaitingToCompleteInitialReplication, Off],
      ]);
      await reverse(scene, AWAY, `${HOME}.example.net`);
      expect((await sides(scene))[0]).toEqual([Primary, ReplicationState.ReadyForReplication, Running]);
      expect((await scene.settingsOf('pair')).recoveryConnectionPoint).toBe(`${HOME}.example.net`);
      expect(ACCEPTED).toContain((await away.startReplication(vmId, { type: 3, startTime: null }, soon())).returnValue);
      expect((await sides(scene))[0]).toEqual([Primary, ReplicationState.WaitingToCompleteInitialReplication, Running]);
      scene.clock.advance(HOUR);
      expect(await sides(scene)).toEqual([
        [Primary, ReplicationState.Replicating, Running],
        [Replica, ReplicationState.Replicating, Off],
      ]);
      await accepted(scene, away.initiateShutdown(vmId, { force: true, reason: 'goes home' }, soon()));
      await accepted(scene, away.requestReplicationStateChange(vmId, RequestedReplicationState.PrepareFailover, soon()));
      expect((await sides(scene))[0]).toEqual([Primary, ReplicationState.SyncedReplicationComplete, Off]);
      await accepted(scene, home.initiateFailover(vmId, null, soon()));
      const { vm } = await scene.look('pair', HOME);
      expect(vm?.replication).toMatchObject({ state: ReplicationState.Recovered, failedOverType: ReplicationType.Planned });
      await accepted(scene, home.requestStateChange(vmId, RequestedState.Start, soon()));
      await reverse(scene, HOME, null);
      expect(await sides(scene)).toEqual([
        [Replica, ReplicationState.Replicating, Off],
        [Primary, ReplicationState.Replicating, Running],
      ]);
    });

    it('can be taken back on both sides until the machine is reversed at home', async () => {
      const scene = await start(pair());
      await preparedHome(scene);
      const vmId = scene.idOf('pair');
      const [away, home] = [scene.host(AWAY), scene.host(HOME)];
      await accepted(scene, home.initiateFailover(vmId, null, soon()));
      expect((await away.requestStateChange(vmId, RequestedState.Start, soon())).returnValue).toBe(32775);
      await accepted(scene, home.revertFailover(vmId, soon()));
      await accepted(scene, away.revertFailover(vmId, soon()));
      await accepted(scene, away.requestStateChange(vmId, RequestedState.Start, soon()));
      expect(await sides(scene)).toEqual([
        [Primary, ReplicationState.Replicating, Running],
        [Replica, ReplicationState.Replicating, Off],
      ]);
    });

    it('fails over to a point in time that the host has, and to no other', async () => {
      const scene = await start({ vms: [{ names: ['vm'], provider: 'in-box', state: ReplicationState.Replicating, recoveryPoints: 2 }] });
      const point = scene.simulator.world.host(AWAY).vms.get(scene.idOf('vm'))?.recoveryPoints[1]?.id;
      const unknown = 'Microsoft:00000000-0000-4000-8000-000000000000';
      expect((await scene.host().initiateFailover(scene.idOf('vm'), unknown, soon())).returnValue).toBe(32773);
      await accepted(scene, scene.host().initiateFailover(scene.idOf('vm'), `Microsoft:${point}`, soon()));
      expect((await scene.look('vm')).vm?.replication?.failedOverType).toBe(ReplicationType.ApplicationConsistent);
    });

    it('suspends, resumes, and compares again at a time that was asked for', async () => {
      const scene = await start(pair());
      await replicatingHome(scene);
      const away = scene.host(AWAY);
      const vmId = scene.idOf('pair');
      const state = async () => (await scene.look('pair')).vm?.replication?.state;
      await accepted(scene, away.requestReplicationStateChange(vmId, 7, soon()));
      expect(await state()).toBe(ReplicationState.Suspended);
      await accepted(scene, away.requestReplicationStateChange(vmId, RequestedReplicationState.Replicate, soon()));
      expect(await state()).toBe(ReplicationState.Replicating);
      await accepted(scene, away.requestReplicationStateChange(vmId, 7, soon()));
      const startTime = new Date(scene.clock.now() + 6 * HOUR);
      const { jobId } = await away.resynchronize(vmId, startTime, soon());
      const percent = async () => (await scene.look('pair')).jobs.get(jobId ?? '')?.percentComplete;
      scene.clock.advance(5.9 * HOUR);
      expect(await percent()).toBe(0);
      expect(await state()).not.toBe(ReplicationState.Replicating);
      scene.clock.advance(HOUR);
      expect(await state()).toBe(ReplicationState.Replicating);
    });

    it('tells how much there is left to send, in bytes and as the host puts it', async () => {
      const scene = await start(pair());
      await replicatingHome(scene);
      const { statistics, issues } = await scene.host(AWAY).replicationStatistics(scene.idOf('pair'));
      expect(issues).toEqual([]);
      expect(statistics).toMatchObject({ missCount: 0, failureCount: 0, networkFailureCount: 0, health: 1, lastTestFailover: null });
      expect(statistics?.pendingBytes).toBeGreaterThanOrEqual(0);
      expect(statistics?.averageBytes).toBeLessThanOrEqual(statistics?.maxBytes ?? -1);
      expect(Date.parse(statistics?.until ?? '')).toBe(scene.clock.now());
      expect(Date.parse(statistics?.since ?? '')).toBeLessThan(scene.clock.now());
    });

    it('says why the health is not OK', async () => {
      const scene = await start(pair());
      const { issues } = await scene.host(AWAY).replicationStatistics(scene.idOf('pair'));
      expect(issues).toHaveLength(1);
      expect(issues[0]).toMatchObject({ message: expect.any(String), messageId: '29310' });
    });

    it('asks no guest that has nobody to ask', async () => {
      const scene = await start(pair());
      const shutdown = { force: false, reason: 'goes home' };
      expect(await failureOf(scene.host(HOME).initiateShutdown(scene.idOf('pair'), shutdown, soon()))).toMatchObject({
        code: 'vm.no-guest-services',
        class: 'operator',
        details: { sent: false },
      });
    });

    it('finds out only by looking that the guest ignores a shutdown; turning off helps', async () => {
      const scene = await start(pair({ quirks: { vms: { ignoresShutdown: true } } }));
      const vmId = scene.idOf('pair');
      await accepted(scene, scene.host().initiateShutdown(vmId, { force: false, reason: 'goes home' }, soon()));
      expect((await scene.host().powerOf(vmId))?.power).toBe(Running);
      await accepted(scene, scene.host().requestStateChange(vmId, RequestedState.TurnOff, soon()));
      expect((await scene.host().powerOf(vmId))?.power).toBe(Off);
    });

    it.each<[string, (host: HyperVHost, vmId: string) => Promise<{ returnValue: number }>]>([
      ['RevertFailover', (host, vmId) => host.revertFailover(vmId, soon())],
      ['InitiateFailover', (host, vmId) => host.initiateFailover(vmId, null, soon())],
      ['CommitFailover', (host, vmId) => host.commitFailover(vmId, soon())],
      ['StartReplication', (host, vmId) => host.startReplication(vmId, { type: 1, startTime: null }, soon())],
      ['Resynchronize', (host, vmId) => host.resynchronize(vmId, null, soon())],
      ['becoming a replica', (host, vmId) => host.requestReplicationStateChange(vmId, RequestedReplicationState.BecomeReplica, soon())],
      ['preparing', (host, vmId) => host.requestReplicationStateChange(vmId, RequestedReplicationState.PrepareFailover, soon())],
      ['TestReplicaSystem', (host, vmId) => host.testReplicaSystem(vmId, soon())],
    ])('%s is refused in the wrong state, and nothing changes', async (_, call) => {
      const scene = await start(pair());
      const before = await sides(scene);
      expect(await call(scene.host(AWAY), scene.idOf('pair'))).toMatchObject({ returnValue: 32775, jobId: null });
      expect(await sides(scene)).toEqual(before);
    });

    it('is told by a return value that a machine is not replicated', async () => {
      const scene = await start({ vms: [{ names: ['vm'], mode: 0 }] });
      expect(await failureOf(scene.host().replicationStatistics(scene.idOf('vm')))).toMatchObject({
        code: 'wmi.invalid-state',
        details: { returnValue: 32775 },
      });
    });
  });
}
