import { describe, expect, it } from 'vitest';
import { RequestedState } from '../../../src/domain/power.ts';
import type { CallControl, HyperVHost, ReplicationSettings } from '../../../src/hyperv/hyperv-host.ts';
import { failureOf } from '../wsman/hosts.ts';
import { type Access, AWAY, HOME, HOUR, pair, replicatingHome, type Scene, scenes, soon } from './scene.ts';

interface Case {
  readonly method: string;
  readonly at: string;
  /** From a pair that was committed: what has to be done before the method is accepted. */
  ready(scene: Scene, vmId: string): Promise<unknown>;
  call(host: HyperVHost, vmId: string, control: CallControl, settings: ReplicationSettings): Promise<unknown>;
}

const atOnce = async (): Promise<void> => undefined;

async function afterwards(scene: Scene, ...calls: (() => Promise<unknown>)[]): Promise<void> {
  for (const call of calls) {
    await call();
    scene.clock.advance(60_000);
  }
}

/** What is lost comes after everything else. */
const FAULTS_AT_MS = 4 * HOUR;

/** Every method of a machine with an effect, where it is accepted. */
const CASES: readonly Case[] = [
  {
    method: 'RequestReplicationStateChangeEx',
    at: HOME,
    ready: atOnce,
    call: (host, vmId, control) => host.requestReplicationStateChange(vmId, 2, control),
  },
  {
    method: 'ReverseReplicationRelationship',
    at: AWAY,
    ready: (scene, vmId) => afterwards(scene, () => scene.host(HOME).requestReplicationStateChange(vmId, 2, soon())),
    call: (host, vmId, control, settings) =>
      host.reverseReplicationRelationship({ vmId, settings, recoveryConnectionPoint: null, certificateThumbprint: null }, control),
  },
  {
    method: 'StartReplication',
    at: AWAY,
    ready: (scene, vmId) =>
      afterwards(
        scene,
        () => scene.host(HOME).requestReplicationStateChange(vmId, 2, soon()),
        async () => {
          const request = { vmId, settings: await scene.settingsOf('pair'), recoveryConnectionPoint: null, certificateThumbprint: null };
          return scene.host(AWAY).reverseReplicationRelationship(request, soon());
        },
      ),
    call: (host, vmId, control) => host.startReplication(vmId, { type: 1, startTime: null }, control),
  },
  {
    method: 'Resynchronize',
    at: AWAY,
    ready: async (scene, vmId) => {
      await replicatingHome(scene);
      await afterwards(scene, () => scene.host(AWAY).requestReplicationStateChange(vmId, 7, soon()));
    },
    call: (host, vmId, control) => host.resynchronize(vmId, null, control),
  },
  {
    method: 'InitiateShutdown',
    at: AWAY,
    ready: replicatingHome,
    call: (host, vmId, control) => host.initiateShutdown(vmId, { force: false, reason: 'goes home' }, control),
  },
  {
    method: 'RequestStateChange',
    at: AWAY,
    ready: replicatingHome,
    call: (host, vmId, control) => host.requestStateChange(vmId, RequestedState.TurnOff, control),
  },
  {
    method: 'InitiateFailover',
    at: HOME,
    ready: replicatingHome,
    call: (host, vmId, control) => host.initiateFailover(vmId, null, control),
  },
  {
    method: 'TestReplicaSystem',
    at: HOME,
    ready: replicatingHome,
    call: (host, vmId, control) => host.testReplicaSystem(vmId, control),
  },
  {
    method: 'DestroySystem',
    at: HOME,
    ready: async (scene, vmId) => {
      await replicatingHome(scene);
      await afterwards(scene, () => scene.host(HOME).testReplicaSystem(vmId, soon()));
    },
    call: async (host, vmId, control) => host.destroyTestReplica((await host.testReplicaOf(vmId)) ?? '', control),
  },
  {
    method: 'CommitFailover',
    at: HOME,
    ready: async (scene, vmId) => {
      await replicatingHome(scene);
      await afterwards(scene, () => scene.host(HOME).initiateFailover(vmId, null, soon()));
    },
    call: (host, vmId, control) => host.commitFailover(vmId, control),
  },
  {
    method: 'RevertFailover',
    at: HOME,
    ready: async (scene, vmId) => {
      await replicatingHome(scene);
      await afterwards(scene, () => scene.host(HOME).initiateFailover(vmId, null, soon()));
    },
    call: (host, vmId, control) => host.revertFailover(vmId, control),
  },
];

/** Everything of a side that a method could have changed, and its jobs. */
async function standing(scene: Scene, host: string): Promise<unknown> {
  const { vm, jobs } = await scene.look('pair', host);
  return {
    power: vm?.power,
    mode: vm?.mode,
    state: vm?.replication?.state,
    testReplica: vm?.testReplica,
    jobs: [...jobs.values()].map(({ jobType, jobState }) => [jobType, jobState]),
  };
}

export function lostAnswerRules(access: Access): void {
  describe('a call whose answer is lost', () => {
    const start = scenes(access);

    it.each(
      CASES.flatMap((each) => [
        { ...each, drop: 'before' as const },
        { ...each, drop: 'after' as const },
      ]),
    )('$method, cut $drop its effect, is in doubt: only looking tells', async ({ method, at, ready, call, drop }) => {
      const scene = await start(pair({ faults: [{ host: at, method, from: FAULTS_AT_MS / 1000, do: { drop } }] }));
      const begun = scene.clock.now();
      await ready(scene, scene.idOf('pair'));
      const settings = await scene.settingsOf('pair', at);
      scene.clock.advance(FAULTS_AT_MS - (scene.clock.now() - begun));
      const before = await standing(scene, at);
      const failure = await failureOf(call(scene.host(at), scene.idOf('pair'), soon(), settings));
      expect(failure).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
      if (drop === 'before') expect(await standing(scene, at)).toEqual(before);
      else expect(await standing(scene, at)).not.toEqual(before);
    });
  });
}
