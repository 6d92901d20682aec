import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { childOf, readXml, type XmlElement } from '../../../src/simulator/wire/xml-reader.ts';
import { at, fault, type HttpAnswer, header, payloadOf, WMI } from './client.ts';
import { replayTo } from './replay.ts';
import { GUIDS, jobReference, machineReference, SampleHost } from './sample-host.ts';

/** Requests as wsman, omicli, virsh and hand-written clients sent them to other servers (`fixtures/*.http`). */
let host: SampleHost;
let served: ServedHost;

beforeEach(async () => {
  host = new SampleHost();
  served = await serveHost(host, { port: 0 });
});
afterEach(() => served.close());

function replay(name: string, context = ''): Promise<HttpAnswer> {
  return replayTo(served.url, name, (body) => body.replace('{{context}}', context));
}

const contextOf = (answer: HttpAnswer): string => at(payloadOf(answer), 'EnumerationContext')?.text ?? '';
const itemsOf = (answer: HttpAnswer): readonly XmlElement[] => at(payloadOf(answer), 'Items')?.children ?? [];

describe('virsh', () => {
  it('is told to log on with Basic when its first request carries no credentials', async () => {
    const answer = await replay('virsh-first-without-logon');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/\bBasic\b/);
    expect(answer.body).toBe('');
  });

  it('gets one item a Pull in the namespace of the class, and an end without a context', async () => {
    const opened = await replay('virsh-list-query');
    const names: (string | undefined)[] = [];
    for (let context = contextOf(opened); context !== ''; ) {
      const page = await replay('virsh-list-pull', context);
      const items = itemsOf(page);
      expect(items).toHaveLength(1);
      expect(items[0]?.namespace).toBe(`${WMI}/Msvm_ComputerSystem`);
      names.push(items[0] === undefined ? undefined : childOf(items[0], 'Name')?.text);
      expect(at(payloadOf(page), 'EndOfSequence') === undefined).toBe(at(payloadOf(page), 'EnumerationContext') !== undefined);
      context = contextOf(page);
    }
    expect(names).toEqual([...GUIDS]);
  });

  it('finds a machine by its UUID in lower case', async () => {
    const page = await replay('virsh-list-pull', contextOf(await replay('virsh-by-uuid-query')));
    expect(itemsOf(page).map((item) => childOf(item, 'Name')?.text)).toEqual([GUIDS[1]]);
  });

  it('gets an endpoint reference it can send back as a method argument', async () => {
    host.outcome = () => ({ returnValue: 4096, out: { Job: jobReference('JOB-1') } });
    const page = await replay('virsh-epr-pull', contextOf(await replay('virsh-epr-query')));
    const [reference] = itemsOf(page);
    expect(reference?.localName).toBe('EndpointReference');
    const selectors = reference === undefined ? undefined : at(reference, 'ReferenceParameters', 'SelectorSet');
    expect(selectors?.children.map((selector) => [selector.attributes.get('Name'), selector.text])).toEqual([
      ['__cimnamespace', 'root/virtualization/v2'],
      ['CreationClassName', 'Msvm_ComputerSystem'],
      ['Name', GUIDS[0]],
    ]);
    const answer = await replay('virsh-destroy-system');
    expect(host.calls[0]).toMatchObject({ method: 'DestroySystem', args: { AffectedSystem: { className: 'Msvm_ComputerSystem' } } });
    expect(host.asked.at(-1)?.vmId).toBeNull();
    expectLibvirtReadsMethodAnswer(answer.body, 'DestroySystem');
  });
});

/** The two XPath expressions of libvirt, with its four fixed prefixes resolved where it resolves them: at the Body's first child. */
function expectLibvirtReadsMethodAnswer(body: string, method: string): void {
  const payload = payloadOf({ status: 200, headers: {}, body });
  expect(payload.localName).toBe(`${method}_OUTPUT`);
  const opening = body.slice(0, body.indexOf('ReturnValue>'));
  for (const prefix of ['s', 'a', 'w', 'p']) expect(opening).toContain(`xmlns:${prefix}="`);
  expect(body).toMatch(new RegExp(`<s:Body><p:${method}_OUTPUT xmlns:p="${payload.namespace}"`));
  expect(body).toContain('<p:ReturnValue>4096</p:ReturnValue>');
  expect(body).toMatch(/<p:Job>.*<a:ReferenceParameters>.*<w:SelectorSet>.*<w:Selector Name="InstanceID">JOB-1<\/w:Selector>/);
}

describe('wsman', () => {
  it('is answered 401 before and 200 after logging on', async () => {
    expect((await replay('wsman-first-without-logon')).status).toBe(401);
    const answer = await replay('wsman-identify');
    expect(answer.status).toBe(200);
    const payload = payloadOf(answer);
    expect(payload.namespace).toBe('http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd');
    expect(at(payload, 'ProductVendor')?.text).toBe('Microsoft Corporation');
  });

  it('gets an instance by a DMTF URI, in the namespace of that URI', async () => {
    const answer = await replay('wsman-get');
    expect(answer.status).toBe(200);
    expect(payloadOf(answer).namespace).toBe('http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Msvm_ComputerSystem');
    expect(header(answer, 'RelatesTo')).toMatch(/^uuid:/);
  });

  it('may send locale, timeout and envelope size', async () => {
    expect((await replay('wsman-options-locale-timeout-maxenv')).status).toBe(200);
  });

  it('enumerates page by page', async () => {
    const context = contextOf(await replay('wsman-enumerate'));
    expect(itemsOf(await replay('wsman-pull', context))).toHaveLength(1);
    expect(itemsOf(await replay('wsman-pull', context)).map((item) => childOf(item, 'Name')?.text)).toEqual([GUIDS[0]]);
  });

  it('gets its optimized page of fifty with the answer to Enumerate', async () => {
    const answer = await replay('wsman-enumerate-optimized-m50');
    expect(itemsOf(answer)).toHaveLength(50);
    expect(contextOf(answer)).toMatch(/^uuid:/);
  });

  it.each([
    ['wsman-enumerate-epr', 'EndpointReference'],
    ['wsman-enumerate-objepr', 'Item'],
  ])('gets what it asks for in %s', async (name, element) => {
    const opened = await replay(name);
    const items = itemsOf(opened).length > 0 ? itemsOf(opened) : itemsOf(await replay('wsman-pull', contextOf(opened)));
    expect(items[0]?.localName).toBe(element);
  });

  it('starts a failback with an endpoint reference and escaped instance text', async () => {
    host.outcome = () => ({ returnValue: 4096, out: { Job: jobReference('JOB-1') } });
    const answer = await replay('wsman-invoke-failback');
    expect(answer.status).toBe(200);
    expect(host.calls).toHaveLength(1);
    expect(host.calls[0]).toMatchObject({
      method: 'InitiateFailback',
      args: {
        ComputerSystem: machineReference(GUIDS[0]),
        ReplicationSettingData: '<INSTANCE CLASSNAME="Msvm_ReplicationSettingData"/>',
      },
      user: 'hvadmin',
    });
    expect(host.asked.at(-1)).toMatchObject({
      kind: 'invoke',
      className: 'Msvm_ReplicationService',
      method: 'InitiateFailback',
      vmId: GUIDS[0],
    });
    expect(at(payloadOf(answer), 'ReturnValue')?.text).toBe('4096');
  });

  it('changes a power state', async () => {
    await replay('wsman-invoke-simple');
    expect(host.calls[0]).toMatchObject({
      method: 'RequestStateChange',
      args: { RequestedState: 3 },
      target: { values: { Name: GUIDS[1] } },
    });
  });
});

describe('omicli', () => {
  it('gets, with its path that ends in a slash', async () => {
    const answer = await replay('omicli-get');
    expect(answer.status).toBe(200);
    expect(at(payloadOf(answer), 'ElementName')?.text).toBe('vm-replica-1');
  });

  it.each(['omicli-enumerate-class', 'omicli-enumerate-wql-like'])('enumerates with MaxElements (%s)', async (name) => {
    const answer = await replay(name);
    expect(answer.status).toBe(200);
    expect(itemsOf(answer).length).toBeGreaterThan(0);
  });

  it('gets fragments for a projection', async () => {
    const [first] = itemsOf(await replay('omicli-enumerate-wql'));
    expect(first?.localName).toBe('XmlFragment');
    expect(first?.children.map(({ localName, text }) => [localName, text])).toEqual([
      ['Name', GUIDS[0]],
      ['ElementName', 'vm-replica-1'],
      ['ReplicationState', '5'],
    ]);
  });

  it('calls a method with an empty Body', async () => {
    expect((await replay('omicli-invoke-noargs')).status).toBe(200);
    expect(host.calls[0]).toMatchObject({ method: 'InitiateFailback', args: {} });
  });

  it('sends arrays, and an embedded instance as elements', async () => {
    await replay('omicli-invoke-arrays-embedded');
    const args = host.calls[0]?.args ?? {};
    expect(args.Text).toBe('a<b&"c');
    expect(args.Numbers).toEqual([1, 2, 3]);
    const embedded = readXml(String(args.Embedded));
    expect(embedded.attributes.get('CLASSNAME')).toBe('Msvm_ReplicationSettingData');
    expect(embedded.children.map((child) => [child.attributes.get('NAME'), at(child, 'VALUE')?.text])).toEqual([
      ['InstanceID', 'X1'],
      ['RecoveryHostSystem', 'hh'],
      ['RecoveryServerPortNumber', '443'],
    ]);
  });

  it('sends a reference as an instance of the class', async () => {
    await replay('omicli-invoke-epr-embeddedstring');
    expect(host.calls[0]?.args.ComputerSystem).toEqual(machineReference(GUIDS[0]));
    expect(host.calls[0]?.args.ReplicationSettingData).toContain('<VALUE>h&lt;1</VALUE>');
  });
});

describe('hand-written clients', () => {
  it.each(['raw-get', 'raw-get-pretty', 'raw-get-other-prefixes'])('are answered whatever their prefixes and blanks (%s)', async (name) => {
    const answer = await replay(name);
    expect(answer.status).toBe(200);
    expect(at(payloadOf(answer), 'Name')?.text).toBe(GUIDS[0]);
  });

  it.each([
    ['raw-invoke-nil', null],
    ['raw-invoke-cdata-multi', 'ab<c'],
    ['raw-invoke-charref-hex', '漢'],
    ['raw-invoke-utf8', 'é漢😀 "\''],
  ])('pass text as they wrote it (%s)', async (name, text) => {
    await replay(name);
    expect(host.calls[0]?.args.Text).toBe(text);
  });

  it.each(['raw-invoke-failback-epr-cdata', 'raw-invoke-epr-cdata'])('pass an embedded instance in CDATA (%s)', async (name) => {
    await replay(name);
    expect(host.calls[0]?.args.ReplicationSettingData).toMatch(/^<INSTANCE CLASSNAME="Msvm_ReplicationSettingData"><PROPERTY/);
    expect(host.calls[0]?.args.RecoveryPointIdentifier).toBe('RP-1');
  });

  it.each([
    ['raw-get-extra-mustunderstand', { status: 500, code: 's:MustUnderstand', subcode: undefined, wsmanCode: 0x80338010 }],
    ['raw-get-invalid-selector', { status: 500, subcode: 'w:InvalidSelectors', detail: 'UnexpectedSelectors', wsmanCode: 0x8033803d }],
    ['raw-get-maxenvelope-tiny', { status: 500, subcode: 'w:EncodingLimit', detail: 'MinimumEnvelopeLimit', wsmanCode: 0x80338047 }],
    ['raw-get-no-messageid', { status: 500, subcode: 'a:MessageInformationHeaderRequired', wsmanCode: 0x80338011, relatesTo: undefined }],
    ['raw-invoke-unknown-method', { status: 500, subcode: 'a:ActionNotSupported', wsmanCode: 0x80338013 }],
    ['raw-enum-bad-dialect', { status: 500, subcode: 'n:FilterDialectRequestedUnavailable', wsmanCode: 0x80338019 }],
  ])('are told what is wrong (%s)', async (name, expected) => {
    expect(fault(await replay(name))).toMatchObject(expected);
  });

  it('learn that a context is dead', async () => {
    const answer = fault(await replay('raw-pull-after-release', 'uuid:GONE'));
    expect(answer).toMatchObject({ status: 500, code: 's:Receiver', subcode: 'n:InvalidEnumerationContext', wsmanCode: 0x8033801b });
    expect(answer.action).toBe('http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault');
  });
});
