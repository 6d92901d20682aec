import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { at, DMTF, fault, GET, type HttpAnswer, header, message, payloadOf, post, WMI } from './client.ts';
import { GUIDS, jobReference, machineReference, SampleHost } from './sample-host.ts';

let host: SampleHost;
let served: ServedHost;

beforeEach(async () => {
  host = new SampleHost();
  served = await serveHost(host, { port: 0 });
});
afterEach(() => served.close());

const ask = (document: string): Promise<HttpAnswer> => post(served.url, document);

function invoke(className: string, method: string, input: string, selectors: Readonly<Record<string, string>> = {}, base = WMI): string {
  const resourceUri = `${base}/${className}`;
  const body = `<q:${method}_INPUT xmlns:q="${resourceUri}">${input}</q:${method}_INPUT>`;
  return message({ action: `${resourceUri}/${method}`, resourceUri, selectors, body });
}

const echo = (input: string): Promise<HttpAnswer> => ask(invoke('Peer_Probe', 'Echo', input, { Id: 'probe-07' }));
const NIL = '<q:Text xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>';

describe('Get', () => {
  it('takes full and partial keys, and compares them without regard to case', async () => {
    const all = { Name: GUIDS[1].toLowerCase(), creationclassname: 'MSVM_COMPUTERSYSTEM', __cimnamespace: 'root/virtualization/v2' };
    for (const selectors of [all, { name: GUIDS[1] }]) {
      const answer = await ask(message({ selectors: selectors as unknown as Record<string, string> }));
      expect(answer.status).toBe(200);
      expect(header(answer, 'Action')).toBe(`${GET}Response`);
      expect(header(answer, 'RelatesTo')).toBe('uuid:11111111-2222-3333-4444-555555555555');
      expect(at(payloadOf(answer), 'Name')?.text).toBe(GUIDS[1]);
    }
  });

  it('needs no selectors where there is one instance', async () => {
    expect((await ask(message({ resourceUri: `${WMI}/msvm_replicationservice` }))).status).toBe(200);
  });

  it.each([
    ['more than one match', { CreationClassName: 'Msvm_ComputerSystem' }, 'w:InvalidSelectors', 'InsufficientSelectors'],
    ['no selectors', {}, 'w:InvalidSelectors', 'InsufficientSelectors'],
    ['a property that is no key', { Name: GUIDS[0], ElementName: 'x' }, 'w:InvalidSelectors', 'UnexpectedSelectors'],
    ['a selector twice', { Name: GUIDS[0], NAME: GUIDS[0] }, 'w:InvalidSelectors', 'DuplicateSelectors'],
    ['no match', { Name: 'nope' }, 'a:DestinationUnreachable', undefined],
  ])('faults for %s', async (_what, selectors, subcode, detail) => {
    expect(fault(await ask(message({ selectors: selectors as Record<string, string> })))).toMatchObject({
      status: 500,
      code: 's:Sender',
      subcode,
      detail,
    });
  });

  it.each([
    ['no ResourceURI', { resourceUri: null }, 'a:DestinationUnreachable'],
    ['a ResourceURI of another kind', { resourceUri: 'urn:x' }, 'a:DestinationUnreachable'],
    ['an unknown class', { resourceUri: `${WMI}/Msvm_No` }, 'a:DestinationUnreachable'],
    ['no Action', { action: null }, 'a:MessageInformationHeaderRequired'],
    ['no To', { to: null }, 'a:MessageInformationHeaderRequired'],
    ['a MessageID that is no URI', { messageId: 'just text' }, 'a:InvalidMessageInformationHeader'],
    ['two MessageIDs', { extraHeaders: '<a:MessageID>uuid:2</a:MessageID>' }, 'a:InvalidMessageInformationHeader'],
    [
      'an envelope size that is no number',
      { extraHeaders: '<w:MaxEnvelopeSize>big</w:MaxEnvelopeSize>' },
      'a:InvalidMessageInformationHeader',
    ],
    ['fragment transfer', { extraHeaders: '<w:FragmentTransfer>x</w:FragmentTransfer>' }, 'w:UnsupportedFeature'],
    ['an action of the transfer protocol it lacks', { action: GET.replace('Get', 'Put') }, 'a:ActionNotSupported'],
    ['an action of nobody', { action: 'http://example.net/none' }, 'a:ActionNotSupported'],
  ])('faults for %s', async (_what, parts, subcode) => {
    expect(fault(await ask(message({ selectors: { Name: GUIDS[0] }, ...parts })))).toMatchObject({ status: 500, subcode });
  });

  it('does not mind unknown headers that are not mandatory, and names those that are', async () => {
    const optional = await ask(message({ selectors: { Name: GUIDS[0] }, extraHeaders: '<x:Y xmlns:x="urn:x" s:mustUnderstand="false"/>' }));
    expect(optional.status).toBe(200);
    const mandatory = await ask(message({ selectors: { Name: GUIDS[0] }, extraHeaders: '<x:Y xmlns:x="urn:x" s:mustUnderstand="1"/>' }));
    expect(fault(mandatory)).toMatchObject({ status: 500, code: 's:MustUnderstand' });
    expect(mandatory.body).toContain('<s:NotUnderstood qname="u:Y" xmlns:u="urn:x"/>');
  });
});

describe('Invoke', () => {
  it('calls with a partial key and answers under the fixed prefixes', async () => {
    host.outcome = () => ({ returnValue: 4096, out: { Job: jobReference('a&b') } });
    const reference =
      '<a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address><a:ReferenceParameters>' +
      `<w:ResourceURI>${WMI}/Msvm_ComputerSystem</w:ResourceURI><w:SelectorSet>` +
      `<w:Selector Name="CreationClassName">Msvm_ComputerSystem</w:Selector><w:Selector Name="Name">${GUIDS[0]}</w:Selector>` +
      '</w:SelectorSet></a:ReferenceParameters>';
    const answer = await ask(
      invoke('Msvm_ReplicationService', 'InitiateFailback', `<q:ComputerSystem>${reference}</q:ComputerSystem>`, {
        CreationClassName: 'Msvm_ReplicationService',
      }),
    );
    expect(header(answer, 'Action')).toBe(`${WMI}/Msvm_ReplicationService/InitiateFailbackResponse`);
    expect(payloadOf(answer).namespace).toBe(`${WMI}/Msvm_ReplicationService`);
    expect(answer.body).toContain(`<s:Body><p:InitiateFailback_OUTPUT xmlns:p="${WMI}/Msvm_ReplicationService"`);
    expect(answer.body).toContain('<p:ReturnValue>4096</p:ReturnValue>');
    const selectors = at(payloadOf(answer), 'Job', 'ReferenceParameters', 'SelectorSet')?.children ?? [];
    expect(selectors.map(({ attributes, text }) => [attributes.get('Name'), text])).toEqual([
      ['__cimnamespace', 'root/virtualization/v2'],
      ['InstanceID', 'a&b'],
    ]);
    expect(host.calls).toMatchObject([
      {
        method: 'InitiateFailback',
        args: { ComputerSystem: machineReference(GUIDS[0]) },
        user: 'hvadmin',
        messageId: 'uuid:11111111-2222-3333-4444-555555555555',
      },
    ]);
    expect(host.asked).toMatchObject([{ kind: 'invoke', method: 'InitiateFailback', vmId: GUIDS[0] }]);
  });

  it('answers under the DMTF URI when asked under it', async () => {
    const answer = await ask(
      invoke('Peer_Probe', 'Echo', '<q:Text>x</q:Text>', { Id: 'probe-07', __cimnamespace: 'root/virtualization/v2' }, DMTF),
    );
    expect(payloadOf(answer).namespace).toBe(`${DMTF}/Peer_Probe`);
  });

  it('converts every type, and keeps absent, null and empty apart', async () => {
    await echo(
      `${NIL}<q:Numbers>1</q:Numbers><q:Numbers>4294967295</q:Numbers><q:Embedded></q:Embedded><q:flag>TRUE</q:flag>` +
        '<q:Big>18446744073709551615</q:Big><q:When>2026-01-02T03:04:05.5+01:00</q:When>',
    );
    expect(host.calls[0]?.args).toEqual({
      Text: null,
      Numbers: [1, 4294967295],
      Embedded: '',
      Flag: true,
      Big: '18446744073709551615',
      When: '20260102020405.500000+000',
    });
    expect(host.calls[0]?.target.values.Id).toBe('probe-07');
  });

  it('takes one element of an array as an array, and a datetime in all three spellings', async () => {
    const cim = '<c:Datetime xmlns:c="http://schemas.dmtf.org/wbem/wscim/1/common">2026-01-02T03:04:05Z</c:Datetime>';
    for (const when of ['20260102030405.000000+000', '2026-01-02T03:04:05Z', cim])
      await echo(`<q:Numbers>5</q:Numbers><q:When>${when}</q:When>`);
    expect(host.calls.map(({ args }) => args)).toEqual(Array(3).fill({ Numbers: [5], When: '20260102030405.000000+000' }));
  });

  it('passes text untouched: escaped, in CDATA, with a declaration and line ends inside', async () => {
    const instance =
      '<?xml version="1.0"?>\n<INSTANCE CLASSNAME="X">\n  <PROPERTY NAME="a\\b"><VALUE>1 &lt; 2</VALUE></PROPERTY>\n</INSTANCE>\n';
    await echo(`<q:Embedded>${instance.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</q:Embedded>`);
    await echo(`<q:Embedded><![CDATA[${instance}]]></q:Embedded>`);
    expect(host.calls.map(({ args }) => args.Embedded)).toEqual([instance, instance]);
  });

  it.each([
    ['an unknown parameter', '<q:Nope>1</q:Nope>', 'InvalidName'],
    ['a number that is text', '<q:Numbers>one</q:Numbers>', 'InvalidValue'],
    ['an empty number', '<q:Small/>', 'InvalidValue'],
    ['a number beyond its type', '<q:Small>256</q:Small>', 'InvalidValue'],
    ['a negative unsigned number', '<q:Big>-1</q:Big>', 'InvalidValue'],
    ['a boolean that is none', '<q:Flag>perhaps</q:Flag>', 'InvalidValue'],
    ['a datetime that is none', '<q:When>tomorrow</q:When>', 'InvalidValue'],
    ['a scalar twice', '<q:Text>a</q:Text><q:Text>b</q:Text>', 'InvalidValue'],
  ])('faults for %s', async (_what, input, detail) => {
    expect(fault(await echo(input))).toMatchObject({ status: 500, subcode: 'w:InvalidParameter', detail });
    expect(host.calls).toEqual([]);
  });

  it('faults for a reference that is none', async () => {
    const answer = await ask(invoke('Msvm_ReplicationService', 'InitiateFailback', '<q:ComputerSystem>x</q:ComputerSystem>'));
    expect(fault(answer)).toMatchObject({ subcode: 'w:InvalidParameter', detail: 'InvalidValue' });
  });

  it('writes out-parameters of every kind', async () => {
    host.outcome = () => ({
      returnValue: 0,
      out: { Job: null, Lines: ['a<b', ''], Count: 7, Done: true, None: [], Many: [jobReference('1'), jobReference('2')] },
    });
    const output = payloadOf(await echo(''));
    expect(output.children.map(({ localName }) => localName)).toEqual([
      'Job',
      'Lines',
      'Lines',
      'Count',
      'Done',
      'Many',
      'Many',
      'ReturnValue',
    ]);
    expect(output.children[0]?.attributes.get('{http://www.w3.org/2001/XMLSchema-instance}nil')).toBe('true');
    expect(output.children.slice(1, 5).map(({ text }) => text)).toEqual(['a<b', '', '7', 'true']);
  });

  it.each([
    ['a method the class has not', message({ action: `${WMI}/Peer_Probe/No`, resourceUri: `${WMI}/Peer_Probe` }), 'a:ActionNotSupported'],
    ['an action of another class', message({ action: `${WMI}/Other/Echo`, resourceUri: `${WMI}/Peer_Probe` }), 'a:ActionNotSupported'],
    [
      'another input',
      message({ action: `${WMI}/Peer_Probe/Echo`, resourceUri: `${WMI}/Peer_Probe`, body: '<Else/>' }),
      'w:SchemaValidationError',
    ],
    ['a target that is not one', invoke('Peer_Probe', 'Echo', ''), 'w:InvalidSelectors'],
    ['a target that is not there', invoke('Peer_Probe', 'Echo', '', { Id: 'gone' }), 'a:DestinationUnreachable'],
  ])('faults for %s', async (_what, document, subcode) => {
    expect(fault(await ask(document))).toMatchObject({ status: 500, subcode });
    expect(host.calls).toEqual([]);
  });
});
