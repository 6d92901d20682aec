import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startCall } from '../../../src/hyperv/cim/call.ts';
import { textOf } from '../../../src/hyperv/cim/cim-instance.ts';
import { readReplicationSettings, reversed } from '../../../src/hyperv/cim/replication-settings.ts';
import { openSession } from '../../../src/hyperv/wsman/host-session.ts';
import { get } from '../../../src/hyperv/wsman/operations.ts';
import { resourceOf } from '../../../src/hyperv/wsman/resources.ts';
import { readInstance } from '../../../src/hyperv/wsman/wire-instance.ts';
import { descend, parseXml } from '../../../src/hyperv/xml/xml-reader.ts';
import { basic, failureOf, hostAt, PASSWORD, SETTINGS, soon, VM } from './hosts.ts';
import { recording } from './recordings.ts';
import { envelope, http, replay, type ScriptedServer, scriptedServer, subject } from './scripted-server.ts';

let server: ScriptedServer;
afterEach(() => server.close());

const WMI = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/virtualization/v2';

describe('a request', () => {
  it('has the headers Windows documents, a length and nothing compressed', async () => {
    server = await scriptedServer(({ socket }) => void socket.write(http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue></p:O>'))));
    const host = hostAt(server.url);
    const messageId = randomUUID();
    await host.requestStateChange(VM.toLowerCase(), 2, soon({ messageId, timeoutMs: 120_000 }));
    await host.close();
    const request = server.requests[0];
    expect(request?.headers).toMatch(/^POST \/wsman HTTP\/1\.1\r\n/);
    expect(request?.headers).toMatch(/\r\nContent-Type: application\/soap\+xml;charset=UTF-8\r\n/);
    expect(request?.headers).toMatch(/\r\nContent-Length: \d+\r\n/);
    const header = descend(parseXml(request?.body ?? ''), 'Header');
    const values = Object.fromEntries(header?.children.map((each) => [each.local, [each.text, each.attributes?.mustUnderstand]]) ?? []);
    expect(values).toMatchObject({
      To: [`${server.url}/wsman`, undefined],
      ResourceURI: [`${WMI}/Msvm_ComputerSystem`, 'true'],
      Action: [`${WMI}/Msvm_ComputerSystem/RequestStateChange`, 'true'],
      MessageID: [`uuid:${messageId}`, undefined],
      MaxEnvelopeSize: ['512000', 'true'],
      Locale: ['', 'false'],
      DataLocale: ['', 'false'],
      OperationTimeout: ['PT60.000S', undefined],
    });
    const selectors = descend(header, 'SelectorSet')?.children.map((each) => [each.attributes?.Name, each.text]);
    expect(selectors).toEqual([
      ['CreationClassName', 'Msvm_ComputerSystem'],
      ['Name', VM],
    ]);
    expect(request?.body).not.toMatch(/&#|CDATA|<\?xml/);
  });

  it('carries references, embedded instances and tokens as parameters of the method', async () => {
    server = await scriptedServer((request) => {
      const found = subject(request) === 'Enumerate Msvm_ReplicationService';
      request.socket.write(
        found ? replay(recording('openwsmand-enum-EnumerateEPR'), request) : replay(recording('openwsmand-invoke-epr-cdata'), request),
      );
    });
    const host = hostAt(server.url);
    const request = { vmId: VM, settings: SETTINGS, recoveryPointIdentifier: 'p&<1> 😀' };
    expect(await host.initiateFailback(request, soon())).toEqual({ returnValue: 4096, jobId: '0F0F0F0F-0000-4000-8000-000000000002' });
    await host.initiateFailback({ ...request, recoveryPointIdentifier: null }, soon());
    await host.close();
    const [first, second] = server.requests.slice(1).map(({ body }) => descend(parseXml(body), 'Body', 'InitiateFailback_INPUT'));
    expect(first?.uri).toBe(`${WMI}/Msvm_ReplicationService`);
    const input = readInstance(first ?? parseXml('<none/>'));
    expect(Array.from(input.properties.keys())).toEqual(['ComputerSystem', 'ReplicationSettingData', 'RecoveryPointIdentifier']);
    expect(input.properties.get('ComputerSystem')).toEqual([
      {
        namespace: 'root/virtualization/v2',
        className: 'Msvm_ComputerSystem',
        keys: new Map([
          ['CreationClassName', 'Msvm_ComputerSystem'],
          ['Name', VM],
        ]),
      },
    ]);
    expect(textOf(input, 'RecoveryPointIdentifier')).toBe('p&<1> 😀');
    expect(textOf(input, 'ReplicationSettingData')).toContain('<VALUE>disk &lt;1&gt; &amp; "a"</VALUE>');
    expect(second?.children.map(({ local }) => local)).toEqual(['ComputerSystem', 'ReplicationSettingData']);
  });
});

describe('Get', () => {
  const session = () =>
    openSession({
      name: 'hv',
      address: server.url,
      allowUnencrypted: true,
      logOn: basic('u', PASSWORD),
    });
  const target = resourceOf('cim-schema', 'root/virtualization/v2', 'Msvm_ConcreteJob', new Map([['InstanceID', 'J']]));

  it('reads one object', async () => {
    server = await scriptedServer((request) => void request.socket.write(replay(recording('omi-get-job-done'), request)));
    const opened = session();
    expect(textOf(await get(opened, target, startCall()), 'JobStatus')).toBe('Job completed');
    await opened.close();
  });

  it.each(['omi-get-notfound', 'openwsmand-get-notfound'])('tells that there is none (%s)', async (name) => {
    server = await scriptedServer((request) => void request.socket.write(replay(recording(name), request)));
    const opened = session();
    expect(await failureOf(get(opened, target, startCall()))).toMatchObject({ code: 'host.not-found', class: 'reconcile' });
    await opened.close();
  });
});

describe('replication settings', () => {
  const reading = async (properties: string, providers = '') => {
    server = await scriptedServer(() => undefined);
    const instance = parseXml(
      `<s xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:a="urn:a"><InstanceID>Microsoft:${VM}\\HVR\\0</InstanceID>${properties}</s>`,
    );
    const list = async ({ className }: { className: string }) =>
      className === 'Msvm_ReplicationProvider' ? [readInstance(parseXml(`<p>${providers}</p>`))] : [readInstance(instance)];
    return (await readReplicationSettings(list, startCall())).get(VM);
  };
  const PROVIDER = 'F0E1D2C3-B4A5-4968-8776-5A4B3C2D1E0F';

  it('keep order, types, nulls and arrays of one', async () => {
    const settings = await reading(
      '<ReplicationInterval>30</ReplicationInterval><IncludedDisks>d</IncludedDisks><AdditionalSettings xsi:nil="true"/><CompressionEnabled>true</CompressionEnabled><New>n</New>',
    );
    expect(settings?.properties).toEqual([
      { name: 'InstanceID', type: 'string', value: `Microsoft:${VM}\\HVR\\0` },
      { name: 'ReplicationInterval', type: 'uint16', value: '30' },
      { name: 'IncludedDisks', type: 'string', value: ['d'] },
      { name: 'AdditionalSettings', type: 'string', value: null },
      { name: 'CompressionEnabled', type: 'boolean', value: 'true' },
      { name: 'New', type: 'string', value: 'n' },
    ]);
    expect(settings?.replicationInterval).toBe(30);
  });

  it('name the provider whether the host gives a path or a reference', async () => {
    const path = `\\\\HV\\root\\virtualization\\v2:Msvm_ReplicationProvider.Name="${PROVIDER.toLowerCase()}"`;
    expect((await reading(`<ReplicationProvider>${path}</ReplicationProvider>`))?.providerId).toBe(PROVIDER);
    const reference =
      '<a:Address/><a:ReferenceParameters><a:ResourceURI>urn:x/Msvm_ReplicationProvider</a:ResourceURI>' +
      `<a:SelectorSet><a:Selector Name="__cimnamespace">r</a:Selector><a:Selector Name="Name">${PROVIDER}</a:Selector></a:SelectorSet></a:ReferenceParameters>`;
    await server.close();
    const settings = await reading(`<ReplicationProvider>${reference}</ReplicationProvider>`);
    expect(settings?.providerId).toBe(PROVIDER);
    expect(settings?.properties[1]?.value).toBe(`\\\\.\\root\\virtualization\\v2:Msvm_ReplicationProvider.Name="${PROVIDER}"`);
  });

  it('prefer the provider the host knows when a path names several GUIDs', async () => {
    const path = `Msvm_ReplicationProvider.System="${VM}",Name="${PROVIDER}"`;
    expect((await reading(`<ReplicationProvider>${path}</ReplicationProvider>`, `<Name>${PROVIDER}</Name>`))?.providerId).toBe(PROVIDER);
  });

  it('are reversed in place: only the target of the data changes, and the certificate where one is given', async () => {
    server = await scriptedServer(() => undefined);
    const { properties } = SETTINGS;
    const target = { name: 'RecoveryConnectionPoint', type: 'string', value: 'broker.example.net' };
    expect(reversed(SETTINGS, 'broker.example.net', null)).toEqual(properties.with(1, target));
    expect(reversed({ ...SETTINGS, properties: properties.toSpliced(1, 1) }, 'broker.example.net', null).at(-1)).toEqual(target);
    const certificate = { name: 'CertificateThumbPrint', type: 'string', value: 'AB12' };
    expect(reversed(SETTINGS, 'broker.example.net', 'AB12')).toEqual([...properties.with(1, target), certificate]);
    const before = { ...SETTINGS, properties: properties.with(3, { ...certificate, value: 'old' }) };
    expect(reversed(before, 'broker.example.net', 'AB12')).toEqual(properties.with(1, target).with(3, certificate));
  });
});
