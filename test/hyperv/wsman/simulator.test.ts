import { afterEach, describe, expect, it } from 'vitest';
import { JobRequestedState, JobState } from '../../../src/domain/cim-job.ts';
import { EnabledState, RequestedState } from '../../../src/domain/power.ts';
import { IN_BOX_PROVIDER, ReplicationMode, ReplicationState } from '../../../src/domain/replication.ts';
import type { HyperVHost, ReplicationSettings } from '../../../src/hyperv/hyperv-host.ts';
import type { WsmanHostOptions } from '../../../src/hyperv/wsman/wsman-host.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { type ManualClock, manualClock } from '../../../src/simulator/world/clock.ts';
import { failureOf, hostAt, soon } from './hosts.ts';

const HOUR = 3_600_000;
const AWKWARD = ['q"uo\'te', '<&>', 'back\\slash\\\\', 'party 🎉 host', '  two  blanks ', ']]>', "x' OR Name != '", '日本語'];

let simulator: Simulator;
let clock: ManualClock;
const opened: HyperVHost[] = [];

async function start(
  scenario: Exclude<SimulatorOptions['scenario'], string | undefined>,
  options: Partial<SimulatorOptions> = {},
): Promise<void> {
  clock = manualClock();
  simulator = await startSimulator({ hosts: 1, vms: 1, seed: 7, clock, scenario, ...options });
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((host) => host.close()));
  await simulator.close();
});

function connect(index = 0, options: Partial<WsmanHostOptions> = {}): HyperVHost {
  const served = simulator.hosts[index];
  if (served === undefined) throw new Error(`no host ${index}`);
  const { username, password } = served;
  const host = hostAt(served.url, { name: served.name, credentials: async () => ({ username, password }), ...options });
  opened.push(host);
  return host;
}

function idOf(name: string, index = 0): string {
  return simulator.hosts[index]?.vms.find((vm) => vm.name === name)?.id ?? name;
}

async function settingsOf(host: HyperVHost, vmId: string): Promise<ReplicationSettings> {
  const settings = (await host.replicationSettings()).get(vmId);
  if (settings === undefined) throw new Error(`no settings for ${vmId}`);
  return settings;
}

const look = (host: HyperVHost, vmId: string) =>
  host.observe({ jobsOfVm: true }).then(({ vms, jobs, jobsOfVm }) => ({ vm: vms.get(vmId), jobs, jobsOfVm }));

describe('against a simulated host', () => {
  it('sees all machines with their names as they are, and not the host itself', async () => {
    await start({ vms: [{ names: AWKWARD }, { names: ['plain'], mode: 0 }, { names: ['third'], extended: true }] });
    const { vms, jobs, takenAt } = await connect().observe({ jobsOfVm: true });
    expect([...vms.values()].map(({ name }) => name).sort()).toEqual([...AWKWARD, 'plain', 'third'].sort());
    expect(vms.get(idOf('<&>'))).toMatchObject({
      power: EnabledState.Off,
      healthState: 5,
      mode: ReplicationMode.Replica,
      extended: false,
      replication: { state: ReplicationState.Committed },
    });
    expect(vms.get(idOf('plain'))?.replication).toBeNull();
    expect(vms.get(idOf('third'))?.extended).toBe(true);
    expect(jobs.size).toBe(0);
    expect(Math.abs(takenAt - Date.now())).toBeLessThan(60_000);
  });

  it('brings a machine home through its provider: call, job, state 14, start, commit', async () => {
    await start({ vms: [{ names: [...AWKWARD], sizeGB: 40 }] });
    const host = connect();
    for (const name of AWKWARD.slice(0, 4)) {
      const vmId = idOf(name);
      const settings = await settingsOf(host, vmId);
      expect(settings.providerId).not.toBe(IN_BOX_PROVIDER);
      const { returnValue, jobId } = await host.initiateFailback({ vmId, settings, recoveryPointIdentifier: null }, soon());
      expect(returnValue).toBe(4096);
      const running = await look(host, vmId);
      expect(running.jobsOfVm?.get(vmId)).toEqual([jobId]);
      expect(running.jobs.get(jobId ?? '')).toMatchObject({
        jobType: 124,
        owner: 'hvadmin',
        errorCode: 0,
        errorDescription: null,
        cancellable: true,
      });
      expect(Date.parse(running.jobs.get(jobId ?? '')?.timeSubmitted ?? '')).toBe(clock.now());
      expect(running.vm?.replication?.state).toBe(ReplicationState.FailbackInProgress);
      clock.advance(2 * HOUR);
      expect((await look(host, vmId)).vm?.replication?.state).toBe(ReplicationState.FailbackComplete);
      expect((await host.requestStateChange(vmId, RequestedState.Start, soon())).returnValue).toBe(4096);
      clock.advance(60_000);
      expect((await look(host, vmId)).vm?.power).toBe(EnabledState.Running);
      expect([0, 4096]).toContain((await host.commitFailover(vmId, soon())).returnValue);
      clock.advance(60_000);
      expect((await look(host, vmId)).vm?.replication?.state).toBe(ReplicationState.Committed);
    }
  });

  it('reverses a pair towards the side the data came from', async () => {
    await start({
      hosts: [{ name: 'hv-dr-01' }, { name: 'hv-home-01', role: 'home' }],
      vms: [{ names: ['pair'], host: 'hv-dr-01', partner: 'hv-home-01', power: 3 }],
    });
    const [dr, home] = [connect(0), connect(1)];
    const vmId = idOf('pair');
    const settings = await settingsOf(dr, vmId);
    expect(settings).toMatchObject({
      providerId: IN_BOX_PROVIDER,
      primaryConnectionPoint: 'hv-home-01.example.net',
      recoveryConnectionPoint: 'hv-dr-01.example.net',
    });
    expect((await dr.initiateFailback({ vmId, settings, recoveryPointIdentifier: null }, soon())).returnValue).toBe(32770);
    const partner = simulator.world.host('hv-home-01').vms.get(vmId);
    if (!partner?.relationship) throw new Error('the pair has no other side');
    // The old primary was made a replica that waits, as Set-VMReplication -AsReplica does.
    partner.mode = ReplicationMode.Replica;
    partner.relationship.state = ReplicationState.WaitingToCompleteInitialReplication;
    const request = { vmId, settings, recoveryConnectionPoint: null, certificateThumbprint: null };
    expect(await dr.reverseReplicationRelationship(request, soon())).toMatchObject({ returnValue: 4096, jobId: expect.any(String) });
    clock.advance(60_000);
    expect((await look(dr, vmId)).vm).toMatchObject({
      mode: ReplicationMode.Primary,
      replication: { state: ReplicationState.ReadyForReplication },
    });
    expect((await settingsOf(dr, vmId)).recoveryConnectionPoint).toBe('hv-home-01.example.net');
    expect((await look(home, vmId)).vm?.mode).toBe(ReplicationMode.Replica);
  });

  it('reads what a job that failed has to say, and misses one that is gone', async () => {
    const description = 'Die Verbindung <abgebrochen> & "weg" 🎈';
    await start({
      vms: [{ names: ['vm'] }],
      faults: [{ do: { jobException: { atPercent: 10, errorCode: 32768, description, hresult: '0x00002EE2' } } }],
    });
    const host = connect();
    const vmId = idOf('vm');
    const { jobId } = await host.initiateFailback({ vmId, settings: await settingsOf(host, vmId), recoveryPointIdentifier: null }, soon());
    expect(await host.jobErrors(jobId ?? '')).toEqual([]);
    clock.advance(HOUR / 60);
    const { jobs } = await look(host, vmId);
    expect(jobs.get(jobId ?? '')).toMatchObject({ jobState: JobState.Exception, errorCode: 32768 });
    const [error] = await host.jobErrors(jobId ?? '');
    expect(error?.message).toContain(description);
    clock.advance(HOUR);
    expect(await failureOf(host.jobErrors(jobId ?? ''))).toMatchObject({ code: 'job.vanished', class: 'reconcile' });
    expect(await failureOf(host.requestJobStateChange(jobId ?? '', JobRequestedState.Terminate, soon()))).toMatchObject({
      code: 'job.vanished',
      details: { sent: false },
    });
  });

  it('cancels a job', async () => {
    await start({ vms: [{ names: ['vm'] }] });
    const host = connect();
    const vmId = idOf('vm');
    const { jobId } = await host.initiateFailback({ vmId, settings: await settingsOf(host, vmId), recoveryPointIdentifier: null }, soon());
    clock.advance(10_000);
    expect([0, 4096]).toContain((await host.requestJobStateChange(jobId ?? '', JobRequestedState.Terminate, soon())).returnValue);
    clock.advance(30_000);
    expect((await look(host, vmId)).jobs.get(jobId ?? '')?.jobState).toBe(JobState.Terminated);
  });

  it('tells a call that was lost on the way from one whose answer was lost only by looking', async () => {
    await start({
      vms: [{ names: ['before', 'after'] }],
      faults: [
        { vm: 'before', do: { drop: 'before' } },
        { vm: 'after', do: { drop: 'after' } },
      ],
    });
    const host = connect();
    for (const [name, state] of [
      ['before', ReplicationState.Committed],
      ['after', ReplicationState.FailbackInProgress],
    ] as const) {
      const vmId = idOf(name);
      const settings = await settingsOf(host, vmId);
      const failure = await failureOf(host.initiateFailback({ vmId, settings, recoveryPointIdentifier: null }, soon()));
      expect(failure).toMatchObject({ code: 'host.disconnected', class: 'reconcile', details: { sent: true } });
      expect((await look(host, vmId)).vm?.replication?.state).toBe(state);
    }
  });

  it('pages through a host whose envelopes are small', async () => {
    await start({ vms: [{ count: 150 }], quirks: { hosts: { maxEnvelopeKb: 8 } } });
    const host = connect();
    expect((await host.observe({ jobsOfVm: true })).vms.size).toBe(150);
    expect((await host.replicationSettings()).size).toBe(150);
  });

  it('describes the host, with clock and missing management service', async () => {
    await start({ hosts: [{ name: 'hv-dr-01', quirks: { managementServiceRuns: false, clockSkewSeconds: 120 } }], vms: [] });
    const identity = await connect().identify();
    expect(identity).toMatchObject({ hostName: 'hv-dr-01', osVersion: '10.0.17763', replicationService: null });
    expect(identity.productVendor).toMatch(/Microsoft/);
    const skew = clock.now() + 120_000 - Date.now();
    expect(Math.abs((identity.clockSkewMs ?? 0) - skew)).toBeLessThan(30_000);
  });

  it('finds no host while it is down, and finds it again', async () => {
    await start({ vms: [{ names: ['vm'] }], events: [{ host: '*', what: 'unreachable', at: 60, for: 60 }] });
    const host = connect();
    await host.observe({ jobsOfVm: false });
    clock.advance(70_000);
    simulator.world.settle();
    // The first call may still meet a connection that was kept; it is a read.
    await failureOf(host.observe({ jobsOfVm: false }));
    expect(await failureOf(host.requestStateChange(idOf('vm'), 2, soon()))).toMatchObject({
      code: 'host.unreachable',
      class: 'retryable',
      details: { sent: false },
    });
    clock.advance(70_000);
    simulator.world.settle();
    await expect
      .poll(() =>
        host.observe({ jobsOfVm: false }).then(
          ({ vms }) => vms.size,
          () => 0,
        ),
      )
      .toBe(1);
  });

  it('is refused with a wrong password', async () => {
    await start({});
    const host = connect(0, { credentials: async () => ({ username: 'hvadmin', password: 'wrong' }) });
    expect(await failureOf(host.identify())).toMatchObject({ code: 'host.unauthorized', class: 'operator', details: { sent: false } });
  });

  it('does all that over HTTPS', async () => {
    await start({ vms: [{ names: ['vm'] }] }, { tls: true });
    const caFile = simulator.hosts[0]?.caFile ?? '';
    expect((await connect(0, { tls: { caFiles: [caFile] }, allowUnencrypted: false }).observe({ jobsOfVm: true })).vms.size).toBe(1);
    expect(await failureOf(connect(0, { allowUnencrypted: false }).observe({ jobsOfVm: true }))).toMatchObject({ code: 'host.tls' });
  });
});
