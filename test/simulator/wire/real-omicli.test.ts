import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { omicli, omicliAt, omicliFailback, omicliInstance } from './programs.ts';
import { NAMESPACE } from './sample-host.ts';

const clock = manualClock();
let simulator: Simulator;
let port: string;
/** Upper-case ids of web-001 (running), dc01 and sql01 (off, recovery side). */
let ids: readonly string[];

beforeAll(async () => {
  const vms = [{ names: ['web-001'], mode: 0, power: 2 }, { names: ['dc01'] }, { names: ['sql01'] }];
  simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, password: 'Passw0rd!', clock, scenario: { vms } });
  port = new URL(simulator.hosts[0]?.url ?? '').port;
  ids = simulator.hosts[0]?.vms.map(({ id }) => id) ?? [];
});
afterAll(() => simulator.close());

const ask = (operation: string, ...args: string[]) => omicliAt(port, operation, NAMESPACE, ...args);
const machine = (id: string | undefined) =>
  omicliInstance('Msvm_ComputerSystem', { CreationClassName: 'Msvm_ComputerSystem', Name: id ?? '' });
const settingsId = (id: string | undefined) => `Microsoft:${id}\\HVR\\0`;

const initiateFailback = (id: string | undefined, ...settings: string[]) => omicliAt(port, ...omicliFailback(id ?? '', ...settings));

describe.skipIf(!omicli.found)(omicli.title, () => {
  it('enumerates a class', async () => {
    const names = [...(await ask('ei', 'Msvm_ComputerSystem')).matchAll(/^ {4}ElementName=(.*)$/gm)].map(([, name]) => name);
    expect(names.sort()).toEqual(['dc01', 'hv-dr-01', 'sql01', 'web-001']);
  });

  it('gets a machine with all its properties, times and arrays among them', async () => {
    const printed = await ask('gi', ...machine(ids[1]));
    expect(printed).toMatch(/^instance of Msvm_ComputerSystem\n/);
    expect(printed).toMatch(/ElementName=dc01\n[\s\S]*OperationalStatus=2\n[\s\S]*EnabledState=3\n[\s\S]*ReplicationState=6\n/);
    expect(printed).toMatch(/instance of LastReplicationTime\s+\{\s+Datetime=\d{4}-\d\d-\d\dT[\d:.]+Z/);
    expect(await ask('gi', ...omicliInstance('Msvm_ReplicationSettingData', { InstanceID: settingsId(ids[1]) }))).toMatch(
      /IncludedDisks=\{Microsoft:.*\\L, Microsoft:.*\\L\}/,
    );
  });

  it('selects, and goes along associations', async () => {
    const selected = await ask('wql', 'SELECT Name,ElementName FROM Msvm_ComputerSystem WHERE ReplicationMode = 2');
    expect([...selected.matchAll(/Name=(?!dc01|sql01)(.*)\n/g)].map(([, id]) => id)).toEqual(ids.slice(1));
    const source = `{Msvm_ComputerSystem.CreationClassName='Msvm_ComputerSystem',Name='${ids[1]}'}`;
    expect(await ask('wql', `ASSOCIATORS OF ${source} WHERE AssocClass = Msvm_SystemReplicationRelationship`)).toMatch(
      /^instance of Msvm_ReplicationRelationship\n/,
    );
  });

  it('turns a machine off through a job', async () => {
    const called = await ask('iv', ...machine(ids[0]), 'RequestStateChange', '{', 'RequestedState', '3', '}');
    expect(called).toMatch(/ReturnValue=4096\n/);
    const job = /Job= REF[\s\S]*\[Key\] InstanceID=(\S+)/.exec(called)?.[1] ?? '';
    const jobState = async () => /JobState=(\d+)/.exec(await ask('gi', ...omicliInstance('Msvm_ConcreteJob', { InstanceID: job })))?.[1];
    expect(await jobState()).toBe('4');
    clock.advance(1000);
    expect(await jobState()).toBe('7');
    expect(await ask('gi', ...machine(ids[0]))).toContain('EnabledState=3\n');
  });

  it('fails two machines back, with the settings as CIM-XML text and as an instance of its own', async () => {
    expect(await initiateFailback(ids[1])).toMatch(/ReturnValue=32773\n/);
    const own = `<PROPERTY NAME="InstanceID" TYPE="string"><VALUE>${settingsId(ids[1])}</VALUE></PROPERTY>`;
    const text = `<INSTANCE CLASSNAME="Msvm_ReplicationSettingData">${own}</INSTANCE>`;
    expect(await initiateFailback(ids[1], 'ReplicationSettingData', text)).toMatch(/Job= REF[\s\S]*ReturnValue=4096\n/);
    const typed = omicliInstance('Msvm_ReplicationSettingData', { InstanceID: settingsId(ids[2]) });
    expect(await initiateFailback(ids[2], 'ReplicationSettingData', ...typed)).toMatch(/Job= REF[\s\S]*ReturnValue=4096\n/);
    expect(await initiateFailback(ids[2], 'ReplicationSettingData', ...typed)).toMatch(/ReturnValue=32774\n/);
    const states = async () => [...(await ask('ei', 'Msvm_ReplicationRelationship')).matchAll(/ReplicationState=(\d+)/g)].map(([, n]) => n);
    expect(await states()).toEqual(['13', '13']);
    clock.advance(7_200_000);
    expect(await states()).toEqual(['14', '14']);
  });

  it.each<[what: string, printed: string, args: () => string[]]>([
    ['a class that is not there', 'There is no class or namespace root/virtualization/v2:Msvm_Nope', () => ['ei', NAMESPACE, 'Msvm_Nope']],
    ['a machine that is not there', 'cannot find the resource', () => ['gi', NAMESPACE, ...machine('nobody')]],
    ['a method that is not there', 'ERROR_WSMAN_ACTION_NOT_SUPPORTED', () => ['iv', NAMESPACE, ...machine(ids[0]), 'Nope']],
    ['OMI’s own identification, which no Windows has', 'root/omi:OMI_Identify', () => ['id']],
  ])('is told about %s', async (_what, printed, args) => {
    await expect(omicliAt(port, ...args())).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(printed) });
  });
});
