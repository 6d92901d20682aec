import { describe, expect, it } from 'vitest';
import { EnabledState } from '../../../src/domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../../src/domain/replication.ts';
import type { HostQuirkSettings } from '../../../src/simulator/world/quirks.ts';
import { failureOf } from '../wsman/hosts.ts';
import { type Access, AWAY, HOME, HOUR, pair, replicatingHome, scenes, soon } from './scene.ts';

const AWKWARD = ['q"uo\'te', '<&>', 'back\\slash\\\\', 'party 🎉 host', '  two  blanks ', ']]>', "x' OR Name != '", '日本語'];
const GUID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;
const MAY = { may: true };
const ALL_RIGHTS = { windows: MAY, hyperV: MAY, services: true, methods: MAY, vmms: 'Running' };
const NO_SERVICES = { services: false, methods: null };
const UNREADABLE = { windows: MAY, services: null, methods: null, vmms: null };
const NOBODY = '00000000-0000-4000-8000-000000000000';

export function accessRules(access: Access): void {
  describe('looks', () => {
    const start = scenes(access);

    it('see all machines with their names as they are, and not the host itself', async () => {
      const scene = await start({ vms: [{ names: AWKWARD }, { names: ['plain'], mode: 0 }, { names: ['third'], extended: true }] });
      const { vms, jobs, takenAt, statisticsOf } = await scene.host().observe({ jobsOfVm: true });
      expect([...vms.values()].map(({ name }) => name).sort()).toEqual([...AWKWARD, 'plain', 'third'].sort());
      expect(vms.get(scene.idOf('<&>'))).toMatchObject({
        power: EnabledState.Off,
        healthState: 5,
        mode: ReplicationMode.Replica,
        extended: false,
        testReplica: null,
        replication: { state: ReplicationState.Committed },
      });
      expect(vms.get(scene.idOf('plain'))?.replication).toBeNull();
      expect(vms.get(scene.idOf('third'))?.extended).toBe(true);
      expect(jobs.size).toBe(0);
      expect(statisticsOf.size).toBe(0);
      expect(Math.abs(takenAt - Date.now())).toBeLessThan(60_000);
    });

    it('bring statistics of the machines they are asked for, and leave out those that have none', async () => {
      const scene = await start(pair({ vms: [...(pair().vms ?? []), { names: ['plain'], host: AWAY, mode: 0 }] }));
      await replicatingHome(scene);
      const vmId = scene.idOf('pair');
      const asked = [vmId, scene.idOf('plain'), NOBODY];
      const { statisticsOf, vms } = await scene.host().observe({ jobsOfVm: false, statistics: asked });
      expect([...statisticsOf.keys()]).toEqual([vmId]);
      expect(vms.size).toBe(2);
      const { statistics } = await scene.host().replicationStatistics(vmId);
      expect(statisticsOf.get(vmId)).toEqual(statistics);
    });

    it('tell how large the replicated disks of a machine are together', async () => {
      const scene = await start({
        vms: [
          { names: ['sql01'], disks: 3, sizeGB: 30 },
          { names: ['web'], sizeGB: 8 },
          { names: ['plain'], mode: 0 },
        ],
      });
      const disks = scene.simulator.world.host(AWAY).vms.get(scene.idOf('sql01'))?.disks ?? [];
      expect(disks).toHaveLength(3);
      const bytes = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(await scene.host().replicatedDiskBytes(scene.idOf('sql01').toLowerCase())).toBe(bytes);
      expect(Math.round(bytes / 1e9)).toBe(30);
      expect(await failureOf(scene.host().replicatedDiskBytes(scene.idOf('plain')))).toMatchObject({ code: 'host.not-found' });
      expect(await failureOf(scene.host().replicatedDiskBytes(NOBODY))).toMatchObject({ code: 'host.not-found' });
    });

    it('tell power, mode and state of one machine, and null of one that is not there', async () => {
      const scene = await start(pair());
      const vmId = scene.idOf('pair');
      const running = { power: EnabledState.Running, mode: ReplicationMode.Replica, state: ReplicationState.Committed };
      expect(await scene.host(AWAY).powerOf(vmId.toLowerCase())).toEqual(running);
      expect(await scene.host(HOME).powerOf(vmId)).toMatchObject({ power: EnabledState.Off, mode: ReplicationMode.Primary });
      expect(await scene.host().powerOf(NOBODY)).toBeNull();
      expect(await failureOf(scene.host().powerOf("x' OR 'a' = 'a"))).toMatchObject({ code: 'usage.invalid' });
    });

    it('tell whether the guest answers', async () => {
      const scene = await start({ vms: [{ names: ['off'] }, { names: ['up'], mode: 0, power: 3 }] });
      const host = scene.host();
      const vmId = scene.idOf('up');
      expect(['none', 'no-contact']).toContain(await host.heartbeat(scene.idOf('off')));
      expect(await host.heartbeat(NOBODY)).toBe('none');
      await host.requestStateChange(vmId, 2, soon());
      scene.clock.advance(5_000);
      expect(await host.heartbeat(vmId)).toBe('no-contact');
      scene.clock.advance(HOUR);
      expect(await host.heartbeat(vmId)).toBe('ok');
    });

    it('tell who may replicate to the host, and how', async () => {
      const scene = await start({ vms: [] });
      expect(await scene.host().authorizationEntries()).toEqual([
        { allowedPrimaryHostSystem: '*', trustGroup: expect.any(String), replicaStorageLocation: expect.any(String) },
      ]);
      expect(await scene.host().replicationServerSettings()).toEqual({
        enabled: true,
        authenticationType: 1,
        certificateThumbprint: null,
        httpPort: 80,
        httpsPort: 443,
      });
    });

    it('tell that a host does not receive replicas', async () => {
      const scene = await start({ vms: [], quirks: { hosts: { recoveryServerEnabled: false } } });
      expect(await scene.host().replicationServerSettings()).toMatchObject({ enabled: false });
    });

    it('tell who can move data', async () => {
      const scene = await start({ vms: [{ names: ['vm'] }] });
      const providers = await scene.host().replicationProviders();
      expect(providers.map(({ id }) => id)).toContain('22391CDC-272C-4DDF-BA88-9BEFB1A0975C');
      expect(providers).toHaveLength(2);
      for (const { id, name } of providers) expect([id, name]).toEqual([expect.stringMatching(GUID), expect.stringMatching(/\w/)]);
    });

    it.each<[title: string, quirks: HostQuirkSettings, rights: object]>([
      ['an administrator', {}, ALL_RIGHTS],
      ['a Hyper-V administrator', { account: 'hyper-v-administrator' }, { ...ALL_RIGHTS, vmms: null }],
      ['somebody to whom Hyper-V shows nothing', { account: 'remote-user' }, { ...ALL_RIGHTS, ...NO_SERVICES, vmms: null }],
      [
        'somebody who may not open the namespace',
        { account: 'no-namespace' },
        { ...UNREADABLE, hyperV: { may: false, failure: { code: 'host.forbidden' } } },
      ],
      ['an administrator of a stopped Hyper-V', { managementServiceRuns: false }, { ...ALL_RIGHTS, ...NO_SERVICES, vmms: 'Stopped' }],
      [
        'an administrator of a host without Hyper-V',
        { hyperVRole: false },
        { ...UNREADABLE, hyperV: { may: false, failure: { code: expect.stringMatching(/^host\.(not-found|no-hyperv)$/) } } },
      ],
    ])('tell what the account may do, by trying: %s', async (_title, quirks, rights) => {
      const scene = await start({ hosts: [{ name: AWAY, quirks }], vms: [] });
      expect(await scene.host().tryRights()).toMatchObject(rights);
    });

    it('tell that methods may not be called', async () => {
      const scene = await start({ vms: [], faults: [{ method: 'GetSystemCertificates', do: { returnValue: 32769 } }] });
      expect(await scene.host().tryRights()).toMatchObject({
        hyperV: MAY,
        services: true,
        methods: { may: false, failure: { code: 'wmi.access-denied' } },
      });
    });

    it('tell limits as far as they may be read', async () => {
      const quirks = { maxEnvelopeKb: 150, parallelTransfers: 12 };
      const mine = (await start({ hosts: [{ name: AWAY, quirks }], vms: [] })).host();
      const { winrm, activeTransfers } = await mine.limits();
      expect(activeTransfers).toBe(12);
      expect([null, { maxEnvelopeKb: 150, operationsPerUser: 1500, connections: 300 }]).toContainEqual(winrm);
      const foreign = (await start({ hosts: [{ name: AWAY, quirks: { account: 'hyper-v-administrator' } }], vms: [] })).host();
      expect(await foreign.limits()).toEqual({ winrm: null, activeTransfers: 'default' });
    });

    it('describe the host, with clock and missing management service', async () => {
      const quirks = { managementServiceRuns: false, clockSkewSeconds: 120 };
      const scene = await start({ hosts: [{ name: AWAY, quirks }], vms: [] });
      const identity = await scene.host().identify();
      expect(identity).toMatchObject({ hostName: AWAY, osVersion: '10.0.17763', replicationService: null });
      const skew = scene.clock.now() + 120_000 - Date.now();
      expect(Math.abs((identity.clockSkewMs ?? 0) - skew)).toBeLessThan(30_000);
    });

    it('find no host while it is down, and find it again', async () => {
      const scene = await start({ vms: [{ names: ['vm'] }], events: [{ host: '*', what: 'unreachable', at: 60, for: 60 }] });
      const host = scene.host();
      await host.observe({ jobsOfVm: false });
      scene.clock.advance(70_000);
      scene.simulator.world.settle();
      // The first call may still meet a connection that was kept; it is a read.
      await failureOf(host.observe({ jobsOfVm: false }));
      expect(await failureOf(host.requestStateChange(scene.idOf('vm'), 2, soon()))).toMatchObject({
        code: 'host.unreachable',
        class: 'retryable',
        details: { sent: false },
      });
      scene.clock.advance(70_000);
      scene.simulator.world.settle();
      const machines = () =>
        host.observe({ jobsOfVm: false }).then(
          ({ vms }) => vms.size,
          () => 0,
        );
      await expect.poll(machines).toBe(1);
    });
  });
}
