import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EnumerationStore } from '../../../src/simulator/wire/enumeration-store.ts';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { childOf, readXml, type XmlElement } from '../../../src/simulator/wire/xml-reader.ts';
import { at, DMTF, ENUMERATION, enumerate, fault, type HttpAnswer, message, payloadOf, post, pull, query, WMI } from './client.ts';
import { computerSystem, GUIDS, SampleHost } from './sample-host.ts';

const XSI_NIL = '{http://www.w3.org/2001/XMLSchema-instance}nil';
const PROBES = { resourceUri: `${WMI}/Peer_Probe` };

let host: SampleHost;
let served: ServedHost;

beforeEach(async () => {
  host = new SampleHost();
  served = await serveHost(host, { port: 0 });
});
afterEach(() => served.close());

const ask = (document: string): Promise<HttpAnswer> => post(served.url, document);
const contextOf = (answer: HttpAnswer): string | undefined => at(payloadOf(answer), 'EnumerationContext')?.text;
const itemsOf = (answer: HttpAnswer): readonly XmlElement[] => at(payloadOf(answer), 'Items')?.children ?? [];
const optimized = (maxElements: number): string => `<w:OptimizeEnumeration/><w:MaxElements>${maxElements}</w:MaxElements>`;
const textOf = (item: XmlElement, name: string): string | undefined => childOf(item, name)?.text;

/** Everything a query brings, in one answer. */
async function select(wql: string): Promise<readonly XmlElement[]> {
  const answer = await ask(query(wql, optimized(5000)));
  expect(answer.status, answer.body).toBe(200);
  return itemsOf(answer);
}

const namesOf = async (wql: string): Promise<(string | undefined)[]> => (await select(wql)).map((item) => textOf(item, 'Name'));

describe('Enumerate and Pull', () => {
  it('answers a plain Enumerate with a context alone', async () => {
    const answer = await ask(enumerate('', PROBES));
    expect(payloadOf(answer).children.map(({ localName }) => localName)).toEqual(['EnumerationContext']);
  });

  it('pulls exactly one item unless told otherwise', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    const first = await ask(pull(context));
    expect(itemsOf(first)).toHaveLength(1);
    expect(contextOf(first)).toBe(context);
    expect(itemsOf(await ask(pull(context, '<n:MaxElements>7</n:MaxElements>')))).toHaveLength(7);
    expect(textOf(itemsOf(await ask(pull(context)))[0] as XmlElement, 'Count')).toBe('8');
  });

  it('finds the enumeration by its context, whatever the ResourceURI of the Pull', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    expect((await ask(pull(context, '', { resourceUri: `${WMI}/Msvm_Whatever` }))).status).toBe(200);
    expect((await ask(pull(context, '', { resourceUri: null }))).status).toBe(200);
  });

  it('brings every instance once, in order', async () => {
    const opened = await ask(enumerate(optimized(700), PROBES));
    const seen = itemsOf(opened).map((item) => textOf(item, 'Count'));
    for (let context = contextOf(opened); context; ) {
      const page = await ask(pull(context, '<n:MaxElements>700</n:MaxElements>'));
      seen.push(...itemsOf(page).map((item) => textOf(item, 'Count')));
      context = contextOf(page);
    }
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, index) => String(index)));
  });

  it('ends an optimized Enumerate that brought everything with an empty context, in the namespaces clients look in', async () => {
    const answer = await ask(enumerate(optimized(100)));
    const [context, items, end] = payloadOf(answer).children;
    expect([context?.localName, context?.text]).toEqual(['EnumerationContext', '']);
    expect([items?.localName, items?.namespace]).toEqual(['Items', 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd']);
    expect([end?.localName, end?.namespace]).toEqual(['EndOfSequence', 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd']);
    expect(items?.children).toHaveLength(4);
  });

  it('ends a Pull without a context, and the context is dead then', async () => {
    const context = contextOf(await ask(enumerate('', { resourceUri: `${WMI}/Msvm_ReplicationService` }))) ?? '';
    const last = await ask(pull(context));
    expect(payloadOf(last).children.map(({ localName, namespace }) => [localName, namespace])).toEqual([
      ['Items', ENUMERATION],
      ['EndOfSequence', ENUMERATION],
    ]);
    expect(fault(await ask(pull(context)))).toMatchObject({ status: 500, code: 's:Receiver', subcode: 'n:InvalidEnumerationContext' });
  });

  it('answers an empty result with empty Items', async () => {
    const wql = "SELECT * FROM Msvm_ComputerSystem WHERE Name = 'none'";
    const page = await ask(pull(contextOf(await ask(query(wql))) ?? ''));
    expect(at(payloadOf(page), 'Items')?.children).toEqual([]);
    expect(at(payloadOf(page), 'EndOfSequence')).toBeDefined();
    const once = await ask(query(wql, optimized(10)));
    expect(at(payloadOf(once), 'Items')?.children).toEqual([]);
    expect(contextOf(once)).toBe('');
  });

  it('releases', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    const release = message({
      action: `${ENUMERATION}/Release`,
      body: `<n:Release><n:EnumerationContext>${context}</n:EnumerationContext></n:Release>`,
    });
    const answer = await ask(release);
    expect(answer.status).toBe(200);
    expect(at(readXml(answer.body), 'Body')?.children).toEqual([]);
    expect(fault(await ask(release)).subcode).toBe('n:InvalidEnumerationContext');
    expect(fault(await ask(pull(context))).subcode).toBe('n:InvalidEnumerationContext');
  });

  it('tells the world which class a Pull is about', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    await ask(pull(context));
    expect(host.asked).toMatchObject([
      { kind: 'enumerate', className: 'Peer_Probe' },
      { kind: 'pull', className: 'Peer_Probe' },
    ]);
  });

  it('forgets contexts nobody uses', async () => {
    const short = await serveHost(host, { port: 0, enumerationIdleMs: 0 });
    const context = contextOf(await post(short.url, enumerate('', PROBES))) ?? '';
    expect(fault(await post(short.url, pull(context))).subcode).toBe('n:InvalidEnumerationContext');
    await short.close();
  });

  it('takes pulls of one context at the same time without losing or repeating items', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    const pages = await Promise.all(Array.from({ length: 10 }, () => ask(pull(context, '<n:MaxElements>10</n:MaxElements>'))));
    expect(new Set(pages.flatMap(itemsOf).map((item) => textOf(item, 'Count'))).size).toBe(100);
  });
});

describe('enumeration contexts', () => {
  it('live for sixty idle seconds from their last use', () => {
    const clock = vi.fn(() => 0);
    const store = new EnumerationStore(60_000, clock);
    const enumeration = { className: 'X', form: 'wmi', mode: 'object', projection: null, instances: [], next: 0 } as const;
    const used = store.open({ ...enumeration });
    const idle = store.open({ ...enumeration });
    clock.mockReturnValue(59_999);
    store.use(used);
    clock.mockReturnValue(60_000);
    expect(store.peek(idle)).toBeUndefined();
    expect(store.peek(used)).toBeDefined();
    clock.mockReturnValue(119_999);
    expect(store.peek(used)).toBeUndefined();
  });

  it('are limited in number', () => {
    const store = new EnumerationStore(60_000, () => 0);
    const open = () => store.open({ className: 'X', form: 'wmi', mode: 'object', projection: null, instances: [], next: 0 });
    for (let count = 0; count < 1500; count += 1) open();
    expect(open).toThrow(/1500 enumerations/);
  });
});

describe('sizes', () => {
  const limit = (bytes: number) => ({ extraHeaders: `<w:MaxEnvelopeSize>${bytes}</w:MaxEnvelopeSize>` });

  it('cuts a page to fit the request’s MaxEnvelopeSize and brings the rest later', async () => {
    const opened = await ask(enumerate(optimized(2000), { ...PROBES, ...limit(20_000) }));
    let count = itemsOf(opened).length;
    expect(count).toBeGreaterThan(20);
    for (let context = contextOf(opened); context; ) {
      const page = await ask(pull(context, '<n:MaxElements>2000</n:MaxElements>', limit(20_000)));
      expect(Buffer.byteLength(page.body)).toBeLessThanOrEqual(20_000);
      expect(itemsOf(page).length).toBeGreaterThan(20);
      count += itemsOf(page).length;
      context = contextOf(page);
    }
    expect(count).toBe(2000);
  });

  it('counts bytes, not characters', async () => {
    host.probeText = () => '漢'.repeat(100);
    const page = await ask(enumerate(optimized(2000), { ...PROBES, ...limit(20_000) }));
    expect(Buffer.byteLength(page.body)).toBeLessThanOrEqual(20_000);
    expect(itemsOf(page).length).toBeGreaterThan(10);
  });

  it('cuts a page to fit the host’s own limit', async () => {
    host.maxEnvelopeBytes = 30_000;
    const page = await ask(enumerate(optimized(2000), { ...PROBES, ...limit(200_000) }));
    expect(Buffer.byteLength(page.body)).toBeLessThanOrEqual(30_000);
    expect(Buffer.byteLength(page.body)).toBeGreaterThan(28_000);
  });

  it('heeds MaxCharacters', async () => {
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    const page = await ask(pull(context, '<n:MaxElements>100</n:MaxElements><n:MaxCharacters>5000</n:MaxCharacters>'));
    expect(itemsOf(page).length).toBeGreaterThan(1);
    expect(itemsOf(page).length).toBeLessThan(100);
    const items = /<n:Items>(.*)<\/n:Items>/.exec(page.body)?.[1] ?? '';
    expect(items.length).toBeLessThanOrEqual(5000);
  });

  const tooLarge = { status: 500, code: 's:Sender', subcode: 'w:EncodingLimit', detail: 'MaxEnvelopeSizeExceeded', wsmanCode: 0x80338048 };

  it('faults when a single item cannot fit, and keeps the enumeration', async () => {
    host.probeText = (index) => (index === 1 ? 'x'.repeat(10_000) : 'x');
    const context = contextOf(await ask(enumerate('', PROBES))) ?? '';
    expect(itemsOf(await ask(pull(context, '<n:MaxElements>9</n:MaxElements>', limit(8192))))).toHaveLength(1);
    expect(fault(await ask(pull(context, '', limit(8192))))).toMatchObject(tooLarge);
    expect(itemsOf(await ask(pull(context)))).toHaveLength(1);
  });

  it('faults when the answer to a Get or a method cannot fit', async () => {
    host.probeText = () => 'x'.repeat(10_000);
    expect(fault(await ask(message({ ...PROBES, selectors: { Id: 'probe-00' }, ...limit(8192) })))).toMatchObject(tooLarge);
    host.outcome = () => ({ returnValue: 0, out: { Text: 'x'.repeat(10_000) } });
    const echo = message({ action: `${WMI}/Peer_Probe/Echo`, ...PROBES, selectors: { Id: 'probe-00' }, ...limit(8192) });
    expect(fault(await ask(echo))).toMatchObject(tooLarge);
  });

  it.each(['<w:MaxElements>0</w:MaxElements>', '<w:MaxElements>many</w:MaxElements>'])('refuses %s', async (body) => {
    expect(fault(await ask(enumerate(body))).subcode).toBe('w:SchemaValidationError');
  });
});

describe('items', () => {
  it('stand in the namespace of the class, null as xsi:nil, arrays repeated, datetimes as ISO 8601', async () => {
    const [item] = await select(`SELECT * FROM Msvm_ComputerSystem WHERE Name = '${GUIDS[0]}'`);
    expect(item?.namespace).toBe(`${WMI}/Msvm_ComputerSystem`);
    expect(item?.attributes.get('{http://www.w3.org/2001/XMLSchema-instance}type')).toBe('p:Msvm_ComputerSystem_Type');
    const children = item?.children ?? [];
    expect(new Set(children.map(({ namespace }) => namespace))).toEqual(new Set([`${WMI}/Msvm_ComputerSystem`]));
    expect(children.filter(({ localName }) => localName === 'StatusDescriptions').map(({ text }) => text)).toEqual(['a', '']);
    for (const { name, array } of computerSystem.properties) {
      if (!array) expect(children.filter(({ localName }) => localName === name)).toHaveLength(1);
    }
    expect(children.find(({ localName }) => localName === 'ProcessID')?.attributes.get(XSI_NIL)).toBe('true');
    expect(children.find(({ localName }) => localName === 'OnTimeInMilliseconds')?.text).toBe('18446744073709551615');
    expect(children.find(({ localName }) => localName === 'EnhancedSession')?.text).toBe('true');
    const [datetime] = children.find(({ localName }) => localName === 'TimeOfLastStateChange')?.children ?? [];
    expect([datetime?.localName, datetime?.namespace, datetime?.text]).toEqual([
      'Datetime',
      'http://schemas.dmtf.org/wbem/wscim/1/common',
      '2026-01-02T02:04:05.678901Z',
    ]);
  });

  it('keep every character of their text', async () => {
    const [second] = await select(`SELECT * FROM Msvm_ComputerSystem WHERE Name = '${GUIDS[1]}'`);
    expect(textOf(second as XmlElement, 'ElementName')).toBe('vm <&> "2"');
    const [third] = await select(`SELECT * FROM Msvm_ComputerSystem WHERE Name = '${GUIDS[2]}'`);
    expect(textOf(third as XmlElement, 'ElementName')).toBe("vm's 3 \\ \u{1F600}");
  });

  it('come as endpoint references, or with them', async () => {
    const references = itemsOf(await ask(enumerate(`${optimized(9)}<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>`)));
    expect(references.map(({ localName }) => localName)).toEqual(Array(4).fill('EndpointReference'));
    expect(at(references[1] as XmlElement, 'ReferenceParameters', 'ResourceURI')?.text).toBe(`${WMI}/Msvm_ComputerSystem`);
    const both = itemsOf(await ask(enumerate(`${optimized(9)}<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>`)));
    expect(both[1]?.children.map(({ localName }) => localName)).toEqual(['Msvm_ComputerSystem', 'EndpointReference']);
    expect(fault(await ask(enumerate('<w:EnumerationMode>Else</w:EnumerationMode>'))).subcode).toBe('w:UnsupportedFeature');
  });

  it('that are associations carry endpoint references', async () => {
    const [item] = itemsOf(await ask(enumerate(optimized(1), { resourceUri: `${WMI}/Msvm_AffectedJobElement` })));
    const selectors = at(item as XmlElement, 'AffectingElement', 'ReferenceParameters', 'SelectorSet')?.children ?? [];
    expect(selectors.map(({ text }) => text)).toEqual(['root/virtualization/v2', 'JOB-1']);
  });

  it('follow the URI form of the request', async () => {
    const parts = { resourceUri: `${DMTF}/Msvm_ComputerSystem`, selectors: { __cimnamespace: 'root\\virtualization\\V2' } };
    const [item] = itemsOf(await ask(enumerate(optimized(1), parts)));
    expect(item?.namespace).toBe(`${DMTF}/Msvm_ComputerSystem`);
    expect(fault(await ask(enumerate('', { resourceUri: `${DMTF}/Msvm_ComputerSystem` }))).detail).toBe('InvalidResourceURI');
    expect((await ask(enumerate('', { resourceUri: `${DMTF}/Win32_ComputerSystemProduct` }))).status).toBe(200);
  });

  it('of a projection are fragments of the selected properties, without a namespace', async () => {
    const wql = `select elementname, ProcessID, TimeOfLastStateChange from msvm_computersystem where Name = '${GUIDS[0]}'`;
    const [item] = await select(wql);
    expect([item?.localName, item?.namespace]).toEqual(['XmlFragment', 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd']);
    expect(item?.children.map(({ localName, namespace }) => [localName, namespace])).toEqual([
      ['ElementName', ''],
      ['ProcessID', ''],
      ['TimeOfLastStateChange', ''],
    ]);
    expect(item?.children[1]?.attributes.get(XSI_NIL)).toBe('true');
    expect(item?.children[2]?.children[0]?.text).toBe('2026-01-02T02:04:05.678901Z');
  });
});

describe('WQL over the wire', () => {
  it('answers what libvirt asks', async () => {
    expect(await namesOf('SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER ')).toEqual([...GUIDS]);
    const inactive = '(EnabledState = 0 or EnabledState = 3 or EnabledState = 32769) ';
    expect(await namesOf(`SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND ${inactive}`)).toEqual([GUIDS[0], GUIDS[2]]);
    const active = '(EnabledState != 0 and EnabledState != 3 and EnabledState != 32769) ';
    expect(await namesOf(`SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND ${active}`)).toEqual([GUIDS[1]]);
    expect(await namesOf('SELECT * FROM Msvm_ComputerSystem WHERE Name != __SERVER AND ProcessID = 4242')).toEqual([GUIDS[1]]);
  });

  it('works on a class URI as well', async () => {
    const answer = await ask(
      query(`SELECT * FROM Msvm_ComputerSystem WHERE Name = '${GUIDS[1]}'`, optimized(9), { resourceUri: `${WMI}/Msvm_ComputerSystem` }),
    );
    expect(itemsOf(answer)).toHaveLength(1);
  });

  it('looks pinned keys up instead of searching', async () => {
    const items = await select("SELECT * FROM Peer_Probe WHERE (Id = 'probe-1999' OR Id = 'PROBE-07' OR Id = 'probe-07') AND Count < 1000");
    expect(items.map((item) => textOf(item, 'Count'))).toEqual(['7']);
    expect(host.lookups).toEqual([{ Id: 'probe-1999' }, { Id: 'PROBE-07' }, { Id: 'probe-07' }]);
  });

  it('follows associations, with the key undone of quotes', async () => {
    const wql = "ASSOCIATORS OF {peer_probe.id='it\\'s \\\\1'} WHERE ResultClass = msvm_computersystem AssocClass=Peer_Probe ";
    expect((await select(wql)).map((item) => textOf(item, 'ElementName'))).toEqual(['associated']);
    expect(await select("ASSOCIATORS OF {Peer_Probe='other'}")).toEqual([]);
  });

  it('tells the world which machine a query is about', async () => {
    await select(`SELECT * FROM Msvm_ComputerSystem WHERE Name = '${GUIDS[1].toLowerCase()}'`);
    expect(host.asked).toMatchObject([{ kind: 'enumerate', className: 'Msvm_ComputerSystem', vmId: GUIDS[1] }]);
  });

  it.each([
    'SELEC * FROM Msvm_ComputerSystem',
    'SELECT * FROM Msvm_ComputerSystem WHERE',
    "SELECT * FROM Msvm_ComputerSystem WHERE Name = 'open",
    'SELECT * FROM Msvm_ComputerSystem WHERE Nonsense = 1',
    'SELECT Nonsense FROM Msvm_ComputerSystem',
    'ASSOCIATORS OF {Msvm_ComputerSystem.Nonsense=1}',
    'REFERENCES OF {Msvm_ComputerSystem.Name=1}',
    '',
    `SELECT * FROM Msvm_ComputerSystem WHERE ${'('.repeat(5000)}`,
  ])('faults for %.60s', async (wql) => {
    expect(fault(await ask(query(wql)))).toMatchObject({ status: 500, subcode: 'n:CannotProcessFilter', wsmanCode: 0x8033801a });
  });

  it('faults for a class or namespace that is not there, and for a namespace without a filter', async () => {
    const unreachable = { status: 500, subcode: 'a:DestinationUnreachable', detail: 'InvalidResourceURI', wsmanCode: 0x80338000 };
    expect(fault(await ask(query('SELECT * FROM Msvm_Nothing')))).toMatchObject(unreachable);
    expect(fault(await ask(query('SELECT * FROM Msvm_ComputerSystem', '', { resourceUri: `${WMI}x/*` })))).toMatchObject(unreachable);
    expect(fault(await ask(enumerate('', { resourceUri: `${WMI}/*` }))).subcode).toBe('n:CannotProcessFilter');
  });
});
