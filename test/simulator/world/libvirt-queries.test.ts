import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { childOf, type XmlElement } from '../../../src/simulator/wire/xml-reader.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { message, payloadOf, post, query, WMI } from '../wire/client.ts';

/** The properties libvirt's Hyper-V driver knows, by class: a scalar that is missing or there twice fails its command. */
const KNOWN: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(new URL('../wire/fixtures/libvirt-classes.json', import.meta.url), 'utf8'),
);
const CIMV2 = WMI.replace('virtualization/v2', 'cimv2');
const clock = manualClock();
let simulator: Simulator;
let url: string;
/** Running, not replicated. */
let running: string;
/** Off, recovery side. */
let replica: string;

beforeAll(async () => {
  const vms = [{ names: ['web-001'], mode: 0, power: 2, disks: 2 }, { names: ['dc01'] }, { names: ['sql01'] }];
  simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, password: 'Passw0rd!', clock, scenario: { vms } });
  const [host] = simulator.hosts;
  url = host?.url ?? '';
  [running = '', replica = ''] = host?.vms.map(({ id }) => id.toLowerCase()) ?? [];
});
afterAll(() => simulator.close());

/** The answers to a query, each checked against what libvirt knows of its class. */
async function ask(wql: string, base = WMI): Promise<readonly XmlElement[]> {
  const answer = await post(url, query(wql, '<w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements>', { resourceUri: `${base}/*` }));
  const items = childOf(payloadOf(answer), 'Items')?.children ?? [];
  for (const item of items) {
    const known = Object.entries(KNOWN[item.localName] ?? {}).filter(([, type]) => !type.endsWith('[]'));
    const times = Object.fromEntries(known.map(([name]) => [name, item.children.filter((child) => child.localName === name).length]));
    expect(times, item.localName).toEqual(Object.fromEntries(known.map(([name]) => [name, 1])));
  }
  return items;
}

const property = (item: XmlElement | undefined, name: string): string | undefined => item && childOf(item, name)?.text;

describe('what libvirt’s Hyper-V driver asks', () => {
  it('to connect: a product with a UUID and a system with a version', async () => {
    expect(property((await ask('SELECT * FROM Win32_ComputerSystemProduct ', CIMV2))[0], 'UUID')).toMatch(/^[0-9A-F-]{36}$/);
    expect(property((await ask('SELECT * FROM Win32_OperatingSystem ', CIMV2))[0], 'Version')).toBe('10.0.17763');
  });

  it('about the host: its name and its two processors', async () => {
    expect(property((await ask('SELECT * FROM Win32_ComputerSystem ', CIMV2))[0], 'DNSHostName')).toBe('hv-dr-01');
    const processors =
      "ASSOCIATORS OF {Win32_ComputerSystem.Name='hv-dr-01'} WHERE AssocClass = Win32_ComputerSystemProcessor ResultClass = Win32_Processor";
    expect((await ask(processors, CIMV2)).map((item) => property(item, 'NumberOfCores'))).toEqual(['16', '16']);
    const maximum = "SELECT * FROM Msvm_ProcessorSettingData WHERE InstanceID LIKE 'Microsoft:Definition%Maximum'";
    expect((await ask(maximum)).map((item) => property(item, 'VirtualQuantity'))).toEqual(['240']);
  });

  it.each([
    ['all machines and not the host', '', ['dc01', 'sql01', 'web-001']],
    ['running machines', 'AND (EnabledState != 0 and EnabledState != 3 and EnabledState != 32769) ', ['web-001']],
    ['machines that are off', 'AND (EnabledState = 0 or EnabledState = 3 or EnabledState = 32769) ', ['dc01', 'sql01']],
    ['a machine by name', "AND ElementName = 'dc01' ", ['dc01']],
  ])('for %s', async (_what, clause, names) => {
    const items = await ask(`SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER ${clause}`);
    expect(items.map((item) => property(item, 'ElementName')).sort()).toEqual(names);
  });

  it('for a machine by lower-case id and by process id', async () => {
    const [byId] = await ask(`SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND Name = '${running}'`);
    expect(property(byId, 'ElementName')).toBe('web-001');
    const byProcess = await ask(`SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND ProcessID = ${property(byId, 'ProcessID')}`);
    expect(byProcess).toHaveLength(1);
  });

  it('for the settings and parts of a machine', async () => {
    const settings = await ask(
      `ASSOCIATORS OF {Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='${running}'} WHERE AssocClass = Msvm_SettingsDefineState ResultClass = Msvm_VirtualSystemSettingData`,
    );
    expect(settings).toHaveLength(1);
    const parts = async (resultClass: string) => {
      const source = `{Msvm_VirtualSystemSettingData.InstanceID='${property(settings[0], 'InstanceID')}'}`;
      return (await ask(`ASSOCIATORS OF ${source} WHERE AssocClass = Msvm_VirtualSystemSettingDataComponent ResultClass = ${resultClass}`))
        .length;
    };
    expect(await parts('Msvm_ProcessorSettingData')).toBe(1);
    expect(await parts('Msvm_MemorySettingData')).toBe(1);
    expect(await parts('Msvm_ResourceAllocationSettingData')).toBe(6);
    expect(await parts('Msvm_StorageAllocationSettingData')).toBe(2);
    expect(await parts('Msvm_SerialPortSettingData')).toBe(2);
    expect(await parts('Msvm_SyntheticEthernetPortSettingData')).toBe(1);
    expect(await parts('Msvm_EthernetPortAllocationSettingData')).toBe(1);
  });

  it('to start a machine: the job is found by its id until it has completed', async () => {
    const uri = `${WMI}/Msvm_ComputerSystem`;
    const body = `<p:RequestStateChange_INPUT xmlns:p="${uri}"><p:RequestedState>2</p:RequestedState></p:RequestStateChange_INPUT>`;
    const selectors = { Name: replica, CreationClassName: 'Msvm_ComputerSystem' };
    const { body: text } = await post(url, message({ action: `${uri}/RequestStateChange`, resourceUri: uri, selectors, body }));
    const job = /<w:Selector Name="InstanceID">([^<]+)</.exec(text)?.[1] ?? '';
    const state = async () =>
      (await ask(`SELECT * FROM Msvm_ConcreteJob WHERE InstanceID = '${job}'`)).map((item) => property(item, 'JobState'));
    expect(await state()).toEqual(['4']);
    clock.advance(3_000);
    expect(await state()).toEqual(['7']);
  });

  it('to delete a machine: with the reference an enumeration gave', async () => {
    const uri = `${WMI}/Msvm_VirtualSystemManagementService`;
    const filter = "SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND ElementName = 'sql01'";
    const listed = await post(url, query(filter, '<w:EnumerationMode>EnumerateEPR</w:EnumerationMode><w:OptimizeEnumeration/>'));
    const reference = /<a:EndpointReference[^>]*>(.*)<\/a:EndpointReference>/s.exec(listed.body)?.[1] ?? '';
    const body = `<p:DestroySystem_INPUT xmlns:p="${uri}"><p:AffectedSystem>${reference}</p:AffectedSystem></p:DestroySystem_INPUT>`;
    const selectors = { CreationClassName: 'Msvm_VirtualSystemManagementService' };
    const called = await post(url, message({ action: `${uri}/DestroySystem`, resourceUri: uri, selectors, body }));
    expect(called.body).toContain('<p:ReturnValue>4096</p:ReturnValue>');
    clock.advance(1_000);
    expect(await ask(filter)).toEqual([]);
  });
});
