import { afterEach, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { descend, parseXml } from '../../../src/hyperv/xml/xml-reader.ts';
import { failureOf, hostAt, VM } from './hosts.ts';
import { envelope, http, page, type ScriptedRequest, type ScriptedServer, scriptedServer, subject } from './scripted-server.ts';

const [FIRST, SECOND] = [`Microsoft:${VM}\\83F8\\0\\0\\L`, `Microsoft:${VM}\\A1B2\\0\\1\\L`] as const;
const PATHS: Readonly<Record<string, string>> = { [FIRST]: 'C:\\VMs\\sql & co.vhdx', [SECOND]: '\\\\store\\share\\data.avhdx' };

let server: ScriptedServer;
let host: HyperVHost;

afterEach(async () => {
  await host.close();
  await server.close();
});

const items = (...each: readonly string[]): string => http(200, page('Enumerate', each.join(''), null, true));
const SERVICE = items(
  '<a:EndpointReference><a:Address>x</a:Address><a:ReferenceParameters><w:ResourceURI>urn:x/Msvm_ImageManagementService</w:ResourceURI>' +
    '<w:SelectorSet><w:Selector Name="Name">vhdsvc</w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference>',
);
const disk = (id: string): string =>
  `<p:Msvm_StorageAllocationSettingData xmlns:p="urn:x"><p:InstanceID>${id}</p:InstanceID>` +
  `<p:HostResource>${(PATHS[id] ?? 'E:\\other.iso').replace('&', '&amp;')}</p:HostResource></p:Msvm_StorageAllocationSettingData>`;
const settings = (...included: readonly string[]): string => {
  const disks = included.map((each) => `<p:IncludedDisks>${each}</p:IncludedDisks>`);
  return http(200, envelope(`<p:Msvm_ReplicationSettingData xmlns:p="urn:x">${disks.join('')}</p:Msvm_ReplicationSettingData>`));
};
const output = (returnValue: number, image: string): string =>
  http(200, envelope(`<p:X_OUTPUT><p:SettingData>${image}</p:SettingData><p:ReturnValue>${returnValue}</p:ReturnValue></p:X_OUTPUT>`));
const image = (property: string, value: string): string =>
  `&lt;INSTANCE CLASSNAME="Msvm_VirtualHardDiskSettingData">&lt;PROPERTY NAME="${property}" TYPE="uint64">` +
  `&lt;VALUE>${value}&lt;/VALUE>&lt;/PROPERTY>&lt;/INSTANCE>`;

interface Answers {
  readonly settings?: string;
  readonly disks?: string;
  readonly image?: string | ((path: string) => string);
}

/** A machine of two disks, 40 and 2 GB: what the host answers, where it differs from that. */
async function sizeWith(answers: Answers): Promise<number | null> {
  const pathIn = ({ body }: ScriptedRequest) => descend(parseXml(body), 'Body')?.children[0]?.children[0]?.text ?? '';
  const sized = (path: string) => output(0, image('MaxInternalSize', path === PATHS[FIRST] ? '40000000000' : '2000000000'));
  server = await scriptedServer((request) => {
    const about = subject(request);
    const of = answers.image ?? sized;
    const answer = about.startsWith('Get ')
      ? (answers.settings ?? settings(FIRST, SECOND))
      : about.startsWith('GetVirtualHardDiskSettingData')
        ? typeof of === 'string'
          ? of
          : of(pathIn(request))
        : request.body.includes('ASSOCIATORS OF')
          ? (answers.disks ?? items(disk(FIRST), disk(SECOND), disk(`Microsoft:${VM}\\dvd`)))
          : items();
    request.socket.write(about === 'Enumerate Msvm_ImageManagementService' ? SERVICE : answer);
  });
  host = hostAt(server.url);
  return host.replicatedDiskBytes(VM);
}

it('adds up the virtual sizes of the replicated disks and asks for nothing else', async () => {
  expect(await sizeWith({})).toBe(42e9);
  const asked = server.requests.map(subject).filter((each) => each.startsWith('GetVirtualHardDisk'));
  expect(asked).toHaveLength(2);
  expect(server.requests.find(({ body }) => body.includes('ASSOCIATORS'))?.body).toContain(`InstanceID='Microsoft:${VM}'`);
});

it('leaves out disks that are not replicated', async () => {
  expect(await sizeWith({ settings: settings(SECOND) })).toBe(2e9);
});

const path = (id: string): string =>
  `\\\\HV-01\\root\\virtualization\\v2:Msvm_StorageAllocationSettingData.InstanceID="${id.replaceAll('\\', '\\\\')}"`;
const reference = (id: string): string =>
  '<a:ReferenceParameters><w:ResourceURI>urn:x/Msvm_StorageAllocationSettingData</w:ResourceURI>' +
  `<w:SelectorSet><w:Selector Name="InstanceID">${id}</w:Selector></w:SelectorSet></a:ReferenceParameters>`;

it.each<[string, (id: string) => string]>([
  ['object paths', path],
  ['references', reference],
  ['instance ids in lower case', (id) => id.toLowerCase()],
])('finds disks the settings name by %s', async (_, spelled) => {
  expect(await sizeWith({ settings: settings(spelled(FIRST), spelled(SECOND)) })).toBe(42e9);
});

it.each<[string, Answers]>([
  ['no disk is named', { settings: settings() }],
  ['a named disk is not there', { settings: settings(FIRST, `Microsoft:${VM}\\gone`) }],
  ['the machine shows no disks', { disks: items() }],
  ['a job is to bring the answer', { image: output(4096, '') }],
  ['an answer is no XML', { image: output(0, 'garbage') }],
  ['an image has no size', { image: output(0, image('BlockSize', '512')) }],
  ['an image has a size of nothing', { image: output(0, image('MaxInternalSize', '0')) }],
  [
    'one of two images has no size',
    { image: (asked) => output(0, image(asked === PATHS[FIRST] ? 'MaxInternalSize' : 'Path', '40000000000')) },
  ],
])('knows no size when %s', async (_, answers) => {
  expect(await sizeWith(answers)).toBeNull();
});

it('tells what the host refused', async () => {
  expect(await failureOf(sizeWith({ image: output(32769, '') }))).toMatchObject({ code: 'wmi.access-denied' });
});
