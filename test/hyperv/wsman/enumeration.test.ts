import { afterEach, describe, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { failureOf, hostAt, soon, VM } from './hosts.ts';
import { recording } from './recordings.ts';
import {
  envelope,
  fault,
  http,
  page,
  replay,
  type ScriptedRequest,
  type ScriptedServer,
  scriptedServer,
  subject,
} from './scripted-server.ts';

let server: ScriptedServer;
let host: HyperVHost;

/** Answers by subject (`Enumerate Msvm_ConcreteJob`); everything else is an empty enumeration. */
async function serving(
  answers: Readonly<Record<string, (request: ScriptedRequest) => string>>,
  options: Parameters<typeof hostAt>[1] = {},
): Promise<HyperVHost> {
  server = await scriptedServer((request) => {
    const answer = answers[subject(request)] ?? (() => http(200, page('Enumerate', '', null, true)));
    request.socket.write(answer(request));
  });
  host = hostAt(server.url, options);
  return host;
}

afterEach(async () => {
  await host.close();
  await server.close();
});

const job = (id: string): string => `<w:XmlFragment><p:InstanceID>${id}</p:InstanceID><p:JobState>4</p:JobState></w:XmlFragment>`;
const machine = (id: string): string =>
  `<p:Msvm_ComputerSystem><p:Name>${id}</p:Name><p:EnabledState>3</p:EnabledState></p:Msvm_ComputerSystem>`;
const jobIds = async (): Promise<readonly string[]> => [...(await host.observe({ jobsOfVm: false })).jobs.keys()];
const subjects = (): readonly string[] => server.requests.map(subject);
const ENUMERATE = 'Enumerate Msvm_ConcreteJob';
const PULL = 'Pull *';
const maxElements = ({ body }: ScriptedRequest): number => Number(/MaxElements>(\d+)</.exec(body)?.[1]);

describe('pages', () => {
  it('are pulled until the end is named, over empty and short ones, with the context the last answer gave', async () => {
    const pages = [
      page('Pull', '', 'c2', false),
      page('Pull', job('B'), null, false),
      page('Pull', '', 'c3', false),
      page('Pull', job('C'), 'dead', true),
    ];
    const contexts: string[] = [];
    await serving({
      [ENUMERATE]: () => http(200, page('Enumerate', job('A'), 'c1', false)),
      [PULL]: ({ body }) => {
        contexts.push(/EnumerationContext>([^<]*)</.exec(body)?.[1] ?? '');
        return http(200, pages.shift() ?? fault('n:InvalidEnumerationContext'));
      },
    });
    expect(await jobIds()).toEqual(['A', 'B', 'C']);
    expect(contexts).toEqual(['c1', 'c2', 'c2', 'c3']);
  });

  it('of a server that ignores the request for items at once are pulled all the same', async () => {
    await serving({
      [ENUMERATE]: () => http(200, envelope('<n:EnumerateResponse><n:EnumerationContext>c</n:EnumerationContext></n:EnumerateResponse>')),
      [PULL]: () => http(200, page('Pull', job('A'), null, true)),
    });
    expect(await jobIds()).toEqual(['A']);
  });

  it('that are recorded from OMI fit together', async () => {
    await serving({
      [ENUMERATE]: (request) => replay(recording('omi-enum-plain'), request),
      [PULL]: (request) => replay(recording('omi-pull-last'), request),
    });
    expect((await host.observe({ jobsOfVm: false })).jobs.size).toBe(0);
    expect(subjects().filter((each) => each === PULL)).toHaveLength(1);
  });

  it('get smaller until they fit into an envelope, and stay that small', async () => {
    const sizes: number[] = [];
    await serving({
      [ENUMERATE]: (request) => {
        sizes.push(maxElements(request));
        const fits = maxElements(request) <= 250;
        return fits
          ? http(200, page('Enumerate', job('A'), null, true))
          : http(500, fault('w:EncodingLimit', '<f:WSManFault xmlns:f="urn:f" Code="2150858824"/>'));
      },
    });
    expect(await jobIds()).toEqual(['A']);
    expect(await jobIds()).toEqual(['A']);
    expect(sizes).toEqual([1000, 500, 250, 250]);
  });

  it('that are too large in the middle start the list over, and the old one is released', async () => {
    let tooLarge = true;
    await serving({
      [ENUMERATE]: () => http(200, page('Enumerate', job('A'), 'c', false)),
      [PULL]: () => {
        const answer = tooLarge ? http(500, fault('w:EncodingLimit')) : http(200, page('Pull', job('B'), null, true));
        tooLarge = false;
        return answer;
      },
      'Release *': () => http(200, envelope('')),
    });
    expect(await jobIds()).toEqual(['A', 'B']);
    await host.close();
    expect(subjects()).toContain('Release *');
  });

  it('that do not even fit with one item are a matter of the host', async () => {
    await serving({ [ENUMERATE]: () => http(500, fault('w:EncodingLimit')) });
    expect(await failureOf(host.observe({ jobsOfVm: false }))).toMatchObject({ code: 'host.envelope-too-small', class: 'operator' });
  });

  it.each([
    ['with empty pages', ''],
    ['with items', job('A')],
  ])('that never end are given up (%s), and the host is told', async (_name, items) => {
    await serving({
      [ENUMERATE]: () => http(200, page('Enumerate', '', 'c', false)),
      [PULL]: () => http(200, page('Pull', items, 'c', false)),
      'Release *': () => http(200, envelope('')),
    });
    const failure = await failureOf(host.observe({ jobsOfVm: false }, { timeoutMs: items === '' ? 60_000 : 300 }));
    expect(failure.code).toBe(items === '' ? 'host.malformed-answer' : 'host.timeout');
    await host.close();
    expect(subjects().filter((each) => each === 'Release *')).toHaveLength(1);
  });

  it.each<[string, string, Parameters<typeof hostAt>[1], number]>([
    ['items', '<p:a/>'.repeat(70_000), {}, 3],
    ['bytes', `<p:a>${'x'.repeat(900)}</p:a>`, { maxAnswerBytes: 2_000 }, 6],
  ])('of too many %s are given up, whatever each answer has', async (_name, items, options, answers) => {
    await serving(
      {
        [ENUMERATE]: () => http(200, page('Enumerate', items, 'c', false)),
        [PULL]: () => http(200, page('Pull', items, 'c', false)),
        'Release *': () => http(200, envelope('')),
      },
      options,
    );
    expect(await failureOf(host.observe({ jobsOfVm: false }))).toMatchObject({ code: 'host.malformed-answer', class: 'retryable' });
    expect(subjects().filter((each) => each === ENUMERATE || each === PULL)).toHaveLength(answers);
  });

  it('whose context the host forgot are asked for again later, not taken for a shorter list', async () => {
    await serving({
      [ENUMERATE]: () => http(200, page('Enumerate', job('A'), 'c', false)),
      [PULL]: (request) => replay(recording('omi-pull-after-release'), request),
    });
    expect(await failureOf(host.observe({ jobsOfVm: false }))).toMatchObject({ code: 'host.fault', class: 'retryable' });
  });

  it('without end and without context are no list', async () => {
    await serving({ [ENUMERATE]: () => http(200, page('Enumerate', job('A'), null, false)) });
    expect(await failureOf(host.observe({ jobsOfVm: false }))).toMatchObject({ code: 'host.malformed-answer' });
  });

  it('are read from the start again when a kept connection was dead: a single Pull is never repeated', async () => {
    let broken = false;
    server = await scriptedServer((request) => {
      const what = subject(request);
      if (what === PULL && !broken) {
        broken = true;
        request.socket.resetAndDestroy();
      } else if (what === ENUMERATE) request.socket.write(http(200, page('Enumerate', job('A'), 'c', false)));
      else if (what === PULL) request.socket.write(http(200, page('Pull', job('B'), null, true)));
      else request.socket.write(http(200, page('Enumerate', '', null, true)));
    });
    host = hostAt(server.url);
    expect(await jobIds()).toEqual(['A', 'B']);
    expect(subjects().filter((each) => each === ENUMERATE)).toHaveLength(2);
  });
});

describe('an observation', () => {
  it('costs three enumerations, four with the jobs of machines, and leaves out the host itself', async () => {
    await serving({
      'Enumerate Msvm_ComputerSystem': () => http(200, page('Enumerate', machine('HVHOST1') + machine(VM.toLowerCase()), null, true)),
    });
    expect([...(await host.observe({ jobsOfVm: false })).vms.keys()]).toEqual([VM]);
    expect(server.requests).toHaveLength(3);
    expect((await host.observe({ jobsOfVm: true })).jobsOfVm).toEqual(new Map());
    expect(server.requests).toHaveLength(7);
  });

  it('takes numbers the host does not give as unknown, and refuses what is no number', async () => {
    let state = '<p:EnabledState xsi:nil="true"/>';
    await serving({
      'Enumerate Msvm_ComputerSystem': () =>
        http(200, page('Enumerate', `<w:XmlFragment><p:Name>${VM}</p:Name>${state}</w:XmlFragment>`, null, true)),
    });
    expect((await host.observe({ jobsOfVm: false })).vms.get(VM)).toEqual({
      vmId: VM,
      name: '',
      power: 0,
      operationalStatus: [],
      healthState: 0,
      mode: 0,
      replication: null,
      extended: false,
      testReplica: null,
    });
    state = '<p:EnabledState>on</p:EnabledState>';
    expect(await failureOf(host.observe({ jobsOfVm: false }))).toMatchObject({ code: 'host.malformed-answer' });
  });

  it('asks a server without WQL for whole classes, and remembers', async () => {
    const empty = http(200, page('Enumerate', '', null, true));
    server = await scriptedServer((request) => {
      const filtered = request.body.includes('Filter');
      request.socket.write(filtered ? replay(recording('openwsmand-enum-wql'), request) : empty);
    });
    host = hostAt(server.url);
    await host.observe({ jobsOfVm: true });
    const first = server.requests.length;
    await host.observe({ jobsOfVm: true });
    expect(server.requests.length - first).toBe(4);
    expect(server.requests.slice(first).every(({ body }) => !body.includes('Filter') && body.includes('/Msvm_'))).toBe(true);
  });

  it('names the namespace in a selector where the server wants it there', async () => {
    await serving({}, { uriBase: 'cim-schema' });
    await host.observe({ jobsOfVm: false });
    for (const { body } of server.requests) expect(body).toContain('<w:Selector Name="__cimnamespace">root/virtualization/v2</w:Selector>');
  });
});

describe('identifying a host', () => {
  it('without Hyper-V finds no replication service instead of failing', async () => {
    await serving({
      Identify: (request) => replay(recording('omi-identify'), request),
      'Enumerate Win32_ComputerSystem': () =>
        http(200, page('Enumerate', '<w:XmlFragment><p:DNSHostName>hv1</p:DNSHostName></w:XmlFragment>', null, true)),
      'Enumerate Msvm_ReplicationService': (request) => replay(recording('omi-enumerate-unknown-ns'), request),
    });
    expect(await host.identify()).toEqual({
      productVendor: 'Open Management Infrastructure',
      productVersion: '1.0.8-6',
      protocolVersion: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
      hostName: 'hv1',
      osVersion: null,
      replicationService: null,
      clockSkewMs: null,
      tls: null,
      logOn: { scheme: 'basic', mechanism: null, account: 'hvadmin', sealed: false },
    });
  });

  it('tells how far its clock is off', async () => {
    const date = new Date(Date.now() - 3_600_000).toUTCString();
    const { headers, body } = recording('openwsmand-identify');
    await serving({ Identify: () => http(200, body, [...headers, `Date: ${date}`]) });
    const { clockSkewMs } = await host.identify();
    expect(Math.abs((clockSkewMs ?? 0) + 3_600_000)).toBeLessThan(30_000);
  });

  it('that is something else fails', async () => {
    await serving({ Identify: () => http(200, envelope('<p:Hello/>')) });
    expect(await failureOf(host.identify())).toMatchObject({ code: 'host.malformed-answer' });
  });
});

describe('the replication service', () => {
  const service = 'Enumerate Msvm_ReplicationService';
  const done = (): string => http(200, envelope('<p:CommitFailover_OUTPUT><p:ReturnValue>0</p:ReturnValue></p:CommitFailover_OUTPUT>'));

  it.each([
    ['omi', 'cim-schema', ['__cimnamespace', 'Name', 'SystemCreationClassName', 'SystemName', 'CreationClassName']],
    ['openwsmand', 'wmi', ['__cimnamespace', 'SystemCreationClassName', 'SystemName', 'CreationClassName', 'Name']],
  ] as const)('is called by the reference %s gave, asked for once', async (name, uriBase, selectors) => {
    await serving(
      { [service]: (request) => replay(recording(`${name}-enum-EnumerateEPR`), request), 'CommitFailover Msvm_ReplicationService': done },
      { uriBase },
    );
    expect(await host.commitFailover(VM, soon())).toEqual({ returnValue: 0, jobId: null });
    await host.commitFailover(VM, soon());
    expect(subjects()).toEqual([service, 'CommitFailover Msvm_ReplicationService', 'CommitFailover Msvm_ReplicationService']);
    const header = server.requests[1]?.body.split('<s:Body>')[0] ?? '';
    expect(Array.from(header.matchAll(/Selector Name="(\w+)"/g), ([, key]) => key)).toEqual(selectors);
    expect(/Action[^>]*>([^<]*)</.exec(header)?.[1]).toBe(`${/ResourceURI[^>]*>([^<]*)</.exec(header)?.[1]}/CommitFailover`);
  });

  it('that is not there is a finding before anything was sent', async () => {
    await serving({});
    expect(await failureOf(host.commitFailover(VM, soon()))).toMatchObject({
      code: 'host.no-hyperv',
      class: 'operator',
      details: { sent: false },
    });
  });

  it('is called by its class name where references cannot be listed', async () => {
    await serving({ [service]: () => http(500, fault('w:UnsupportedFeature')), 'CommitFailover Msvm_ReplicationService': done });
    expect(await host.commitFailover(VM, soon())).toEqual({ returnValue: 0, jobId: null });
    expect(server.requests[1]?.body).toContain(
      '<w:SelectorSet><w:Selector Name="CreationClassName">Msvm_ReplicationService</w:Selector></w:SelectorSet>',
    );
  });

  it('that cannot be asked for leaves the method not sent', async () => {
    await serving({ [service]: () => http(500, fault('w:InternalError')) });
    expect(await failureOf(host.commitFailover(VM, soon()))).toMatchObject({ class: 'retryable', details: { sent: false } });
  });

  it('is looked for again after its reference led nowhere', async () => {
    await serving({
      [service]: (request) => replay(recording('openwsmand-enum-EnumerateEPR'), request),
      'CommitFailover Msvm_ReplicationService': (request) => replay(recording('openwsmand-get-notfound'), request),
    });
    await failureOf(host.commitFailover(VM, soon()));
    await failureOf(host.commitFailover(VM, soon()));
    expect(subjects().filter((each) => each === service)).toHaveLength(2);
  });

  it('answers whose return value is missing are undecided', async () => {
    await serving({
      [service]: (request) => replay(recording('openwsmand-enum-EnumerateEPR'), request),
      'CommitFailover Msvm_ReplicationService': () => http(200, envelope('<p:O><p:Job/></p:O>')),
    });
    expect(await failureOf(host.commitFailover(VM, soon()))).toMatchObject({
      code: 'host.malformed-answer',
      class: 'reconcile',
      details: { sent: true },
    });
  });
});
