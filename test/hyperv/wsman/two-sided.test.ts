import { afterEach, describe, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { descend, parseXml } from '../../../src/hyperv/xml/xml-reader.ts';
import { failureOf, hostAt, SETTINGS, soon, VM } from './hosts.ts';
import { envelope, fault, http, page, type ScriptedRequest, type ScriptedServer, scriptedServer, subject } from './scripted-server.ts';

const TEST_VM = '7C3F0D8E-0000-4000-8000-00000000BEEF';

let server: ScriptedServer;
let host: HyperVHost;

/** Answers by subject; everything else is an empty enumeration. */
async function serving(answers: Readonly<Record<string, string | ((request: ScriptedRequest) => string)>>): Promise<void> {
  server = await scriptedServer((request) => {
    const answer = answers[subject(request)] ?? http(200, page('Enumerate', '', null, true));
    request.socket.write(typeof answer === 'string' ? answer : answer(request));
  });
  host = hostAt(server.url);
}

afterEach(async () => {
  await host.close();
  await server.close();
});

const items = (...each: readonly string[]): string => http(200, page('Enumerate', each.join(''), null, true));
const output = (...values: readonly string[]): string =>
  http(200, envelope(`<p:X_OUTPUT>${values.join('')}<p:ReturnValue>0</p:ReturnValue></p:X_OUTPUT>`));
const SERVICE = items(
  '<a:EndpointReference><a:Address>x</a:Address><a:ReferenceParameters><w:ResourceURI>urn:x/Msvm_ReplicationService</w:ResourceURI>' +
    '<w:SelectorSet><w:Selector Name="Name">replicasvc</w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference>',
);
const machine = (name: string, mode: number): string =>
  `<w:XmlFragment><p:Name>${name}</p:Name><p:EnabledState>3</p:EnabledState><p:ReplicationMode>${mode}</p:ReplicationMode></w:XmlFragment>`;
const machineReference = (end: string, name: string): string =>
  `<p:${end}><a:ReferenceParameters><w:ResourceURI>urn:x/Msvm_ComputerSystem</w:ResourceURI>` +
  `<w:SelectorSet><w:Selector Name="Name">${name}</w:Selector></w:SelectorSet></a:ReferenceParameters></p:${end}>`;
const dependency = (replica: string, test: string): string =>
  `<w:XmlFragment>${machineReference('Dependent', test)}${machineReference('Antecedent', replica)}</w:XmlFragment>`;

/** Statistics as embedded text, with these properties. */
function statistics(properties: Readonly<Record<string, string>>): string {
  const written = Object.entries(properties).map(([name, value]) => `<PROPERTY NAME="${name}" TYPE="x"><VALUE>${value}</VALUE></PROPERTY>`);
  const xml = `<INSTANCE CLASSNAME="Msvm_ReplicationStatistics">${written.join('')}</INSTANCE>`;
  return `<p:ReplicationStatistics>${xml.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p:ReplicationStatistics>`;
}

/** Parameters of the last call of a method: name and text. */
function parameters(): readonly (readonly [string, string])[] {
  const input = descend(parseXml(server.requests.at(-1)?.body ?? ''), 'Body')?.children[0];
  return input?.children.map(({ local, text }) => [local, text] as const) ?? [];
}

describe('a look at the whole host', () => {
  const answers = { 'Enumerate Msvm_ReplicationService': SERVICE, 'GetReplicationStatistics Msvm_ReplicationService': output() };

  it('costs three enumerations, and one call for each machine whose statistics are wanted', async () => {
    await serving({ ...answers, 'Enumerate Msvm_ComputerSystem': items(machine(VM, 2)) });
    await host.observe({ jobsOfVm: false });
    expect(server.requests).toHaveLength(3);
    await host.observe({ jobsOfVm: false, statistics: [VM] });
    await host.observe({ jobsOfVm: false, statistics: [VM] });
    expect(server.requests).toHaveLength(3 + 5 + 4);
  });

  it('asks for test replicas only while there are some', async () => {
    await serving({
      'Enumerate Msvm_ComputerSystem': items(machine(VM, 2), machine(TEST_VM, 3)),
      'Enumerate Msvm_ReplicaSystemDependency': items(dependency(VM.toLowerCase(), TEST_VM.toLowerCase())),
    });
    const { vms } = await host.observe({ jobsOfVm: false });
    expect(server.requests).toHaveLength(4);
    expect(vms.get(VM)?.testReplica).toBe(TEST_VM);
    expect(vms.get(TEST_VM)?.testReplica).toBeNull();
  });

  it('is not spoiled by statistics that cannot be read', async () => {
    await serving({ ...answers, 'GetReplicationStatistics Msvm_ReplicationService': http(500, fault('w:InternalError')) });
    expect((await host.observe({ jobsOfVm: false, statistics: [VM] })).statisticsOf.size).toBe(0);
  });
});

describe('a look at one machine', () => {
  it('is one query that names it', async () => {
    await serving({ 'Enumerate Msvm_ComputerSystem': items(machine(VM, 2)) });
    expect(await host.powerOf(VM.toLowerCase())).toEqual({ power: 3, mode: 2, state: 0 });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body).toContain(`FROM Msvm_ComputerSystem WHERE Name = '${VM}'`);
  });

  it('finds it among all where the server knows no queries', async () => {
    const noQueries = (request: ScriptedRequest): string =>
      request.body.includes('w:Filter')
        ? http(400, fault('n:FilterDialectRequestedUnavailable'))
        : items(machine(TEST_VM, 3), machine(VM, 1), machine('HOST', 0));
    await serving({ 'Enumerate Msvm_ComputerSystem': noQueries });
    expect(await host.powerOf(VM)).toMatchObject({ mode: 1 });
    expect(await host.powerOf(VM.replace('6', '9'))).toBeNull();
  });

  it.each<[string, string]>([
    ['2', 'ok'],
    ['3', 'ok'],
    ['12', 'no-contact'],
    ['13', 'lost'],
    ['7', 'none'],
    ['15', 'none'],
  ])('takes heartbeat status %s as %s', async (status, heartbeat) => {
    const component = `<w:XmlFragment><p:SystemName>${VM}</p:SystemName><p:OperationalStatus>${status}</p:OperationalStatus></w:XmlFragment>`;
    await serving({ 'Enumerate Msvm_HeartbeatComponent': items(component) });
    expect(await host.heartbeat(VM)).toBe(heartbeat);
  });
});

describe('statistics', () => {
  const of = async (...windows: readonly string[]) => {
    const answer = output(...windows);
    await serving({ 'Enumerate Msvm_ReplicationService': SERVICE, 'GetReplicationStatistics Msvm_ReplicationService': answer });
    return host.replicationStatistics(VM);
  };

  it('are the latest window; totals become averages of the cycles that succeeded', async () => {
    const older = statistics({ PendingReplicationSize: '1', EndStatisticTime: '20260101000000.000000+000' });
    const latest = statistics({
      PendingReplicationSize: '5000000000',
      ReplicationSize: '9000000000',
      MaxReplicationSize: '4000000000',
      ReplicationLatency: '45',
      MaxReplicationLatency: '30',
      ReplicationSuccessCount: '3',
      ReplicationMissCount: '2',
      ReplicationFailureCount: '1',
      NetworkFailureCount: '4',
      ReplicationHealth: '2',
      StartStatisticTime: '20260101000000.000000+000',
      EndStatisticTime: '20260102020000.000000+120',
      LastTestFailoverTime: '16010101000000.000000+000',
    });
    expect((await of(older, latest, older)).statistics).toEqual({
      pendingBytes: 5e9,
      replicatedBytes: 9e9,
      averageBytes: 3e9,
      maxBytes: 4e9,
      latencySeconds: 15,
      maxLatencySeconds: 30,
      successCount: 3,
      missCount: 2,
      failureCount: 1,
      networkFailureCount: 4,
      health: 2,
      since: '2026-01-01T00:00:00.000Z',
      until: '2026-01-02T00:00:00.000Z',
      lastTestFailover: null,
    });
  });

  it('of a window without a cycle divide by nothing', async () => {
    expect((await of(statistics({ PendingReplicationSize: '7' }))).statistics).toMatchObject({
      pendingBytes: 7,
      averageBytes: 0,
      latencySeconds: 0,
      maxLatencySeconds: null,
    });
  });

  it.each<[string, string]>([
    ['all ones', statistics({ PendingReplicationSize: '18446744073709551615' })],
    ['missing', statistics({ ReplicationSize: '5' })],
    ['negative', statistics({ PendingReplicationSize: '-1' })],
    ['in no XML', '<p:ReplicationStatistics>garbage</p:ReplicationStatistics>'],
  ])('are not believed to be zero when what is pending is %s', async (_, window) => {
    expect(await failureOf(of(window))).toMatchObject({ code: 'host.malformed-answer', class: 'retryable' });
  });

  it('may not be there yet', async () => {
    expect(await of()).toEqual({ statistics: null, issues: [] });
  });
});

describe('parameters', () => {
  const DONE = output();
  const accepting = () =>
    serving({
      'Enumerate Msvm_ReplicationService': SERVICE,
      'StartReplication Msvm_ReplicationService': DONE,
      'Resynchronize Msvm_ReplicationService': DONE,
      'InitiateFailover Msvm_ReplicationService': DONE,
      'ReverseReplicationRelationship Msvm_ReplicationService': DONE,
      'RequestReplicationStateChangeEx Msvm_ComputerSystem': DONE,
      'TestReplicaSystem Msvm_ReplicationService': output(machineReference('ResultingSystem', TEST_VM.toLowerCase())),
    });

  it('are numbers as text and moments as CIM text in UTC; those that are null are left out', async () => {
    await accepting();
    const startTime = new Date('2026-03-01T22:15:00.250Z');
    await host.startReplication(VM, { type: 3, startTime }, soon());
    expect(parameters().slice(1)).toEqual([
      ['InitialReplicationType', '3'],
      ['StartTime', '20260301221500.250000+000'],
    ]);
    await host.startReplication(VM, { type: 1, startTime: null }, soon());
    expect(parameters().slice(1)).toEqual([['InitialReplicationType', '1']]);
    await host.resynchronize(VM, startTime, soon());
    expect(parameters().at(-1)).toEqual(['StartTime', '20260301221500.250000+000']);
    await host.initiateFailover(VM, null, soon());
    expect(parameters()).toHaveLength(1);
    await host.requestReplicationStateChange(VM, 4, soon());
    expect(parameters()).toEqual([['RequestedState', '4']]);
  });

  it('name the connection point and the certificate of a reversal', async () => {
    await accepting();
    const request = { vmId: VM, settings: SETTINGS, recoveryConnectionPoint: 'broker & co', certificateThumbprint: 'AB12' };
    await host.reverseReplicationRelationship(request, soon());
    const embedded = parseXml(parameters()[1]?.[1] ?? '');
    const values = Object.fromEntries(embedded.children.map((each) => [each.attributes?.NAME, each.children[0]?.text]));
    expect(values).toMatchObject({ RecoveryConnectionPoint: 'broker & co', CertificateThumbPrint: 'AB12', ReplicationInterval: '300' });
  });

  it('of an answer may name the test replica, or not yet', async () => {
    await accepting();
    expect(await host.testReplicaSystem(VM, soon())).toEqual({ returnValue: 0, jobId: null, testVmId: TEST_VM });
  });
});

describe('what is read for a call', () => {
  it('fails as something that was not called', async () => {
    await serving({
      'Enumerate Msvm_ShutdownComponent': http(500, fault('w:InternalError')),
      'Enumerate Msvm_ComputerSystem': http(500, fault('w:TimedOut')),
    });
    const shutdown = { force: false, reason: 'x' };
    expect(await failureOf(host.initiateShutdown(VM, shutdown, soon()))).toMatchObject({ class: 'retryable', details: { sent: false } });
    expect(await failureOf(host.destroyTestReplica(VM, soon()))).toMatchObject({ class: 'retryable', details: { sent: false } });
    expect(server.requests.map(subject).filter((each) => !each.startsWith('Enumerate'))).toEqual([]);
  });

  it('gives the keys of the component the host calls its own', async () => {
    const keys = { CreationClassName: 'Msvm_ShutdownComponent', DeviceID: `Microsoft:${VM}\\9F8233AC`, SystemName: VM };
    const properties = Object.entries(keys).map(([name, value]) => `<p:${name}>${value}</p:${name}>`);
    await serving({
      'Enumerate Msvm_ShutdownComponent': items(`<w:XmlFragment>${properties.join('')}</w:XmlFragment>`),
      'InitiateShutdown Msvm_ShutdownComponent': output(),
    });
    await host.initiateShutdown(VM, { force: true, reason: 'goes <home>' }, soon());
    expect(parameters()).toEqual([
      ['Force', 'true'],
      ['Reason', 'goes <home>'],
    ]);
    const selectors = descend(parseXml(server.requests.at(-1)?.body ?? ''), 'Header', 'SelectorSet')?.children;
    expect(selectors?.map((each) => [each.attributes?.Name, each.text])).toEqual(expect.arrayContaining(Object.entries(keys)));
  });
});
