import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeCertificates } from '../../../src/simulator/certificates.ts';
import { type ServedHost, serveHost } from '../../../src/simulator/wire/server.ts';
import { at, enumerate, fault, GET, type HttpAnswer, header, message, payloadOf, post, pull, WMI } from './client.ts';
import { GUIDS, SampleHost } from './sample-host.ts';

const IDENTIFY =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">' +
  '<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>';
const GET_MACHINE = message({ selectors: { Name: GUIDS[0] } });

let host: SampleHost;
let served: ServedHost;

beforeEach(async () => {
  host = new SampleHost();
  served = await serveHost(host, { port: 0 });
});
afterEach(() => served.close());

const withoutLogon = { authorization: undefined };
const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });

describe('logging on', () => {
  it('offers Negotiate and Basic to who sends nothing, a wrong password or no token of a log-on', async () => {
    for (const headers of [
      withoutLogon,
      basic('hvadmin:wrong'),
      basic('else:Passw0rd!'),
      basic('hvadmin'),
      { authorization: 'Negotiate TlRMTVNTUAAB' },
      { authorization: 'Negotiate' },
      { authorization: 'Digest x' },
    ]) {
      const answer = await post(served.url, GET_MACHINE, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Negotiate, Basic realm="WSMAN"');
      expect(answer.body).toBe('');
    }
    expect(host.asked).toMatchObject([{ kind: 'log-on' }]);
  });

  it('knows the user without regard to case and with the host before it', async () => {
    for (const name of ['HVADMIN', 'hvhost1\\hvadmin']) {
      expect((await post(served.url, GET_MACHINE, { headers: basic(`${name}:Passw0rd!`) })).status).toBe(200);
    }
  });

  it('keeps the connection through a refusal', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const before = await post(served.url, GET_MACHINE, { agent, headers: withoutLogon });
    const after = await post(served.url, GET_MACHINE, { agent });
    expect([before.status, after.status]).toEqual([401, 200]);
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    agent.destroy();
  });
});

describe('Identify', () => {
  const versionOf = (answer: HttpAnswer): string | undefined => at(payloadOf(answer), 'ProductVersion')?.text;

  it('tells the version after a logon', async () => {
    const answer = await post(served.url, IDENTIFY);
    expect(answer.status).toBe(200);
    expect(versionOf(answer)).toMatch(/^OS: 10\.0\.\d+ SP: 0\.0 Stack: 3\.0$/);
    expect(at(payloadOf(answer), 'ProtocolVersion')?.text).toBe('http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd');
    expect(host.asked).toMatchObject([{ kind: 'identify' }]);
  });

  it('answers strangers that ask for it, without the version', async () => {
    const headers = { ...withoutLogon, wsmanidentify: 'unauthenticated' };
    expect(versionOf(await post(served.url, IDENTIFY, { headers }))).toContain('OS: 0.0.0');
    expect((await post(served.url, GET_MACHINE, { headers })).status).toBe(401);
    expect((await post(served.url, IDENTIFY, { headers: withoutLogon })).status).toBe(401);
  });
});

describe('HTTP', () => {
  it('carries the date of the host', async () => {
    expect((await post(served.url, GET_MACHINE)).headers.date).toBe('Tue, 06 May 2031 07:08:09 GMT');
  });

  it('serves /wsman and /wsman/ in any case, and nothing else', async () => {
    for (const path of ['/wsman', '/wsman/', '/WSMAN', '/wsman?PSVersion=5.1']) {
      expect((await post(new URL(path, served.url).href, GET_MACHINE)).status).toBe(200);
    }
    expect((await post(new URL('/wsman/x', served.url).href, GET_MACHINE)).status).toBe(404);
    expect((await post(served.url, GET_MACHINE, { method: 'PUT' })).status).toBe(405);
  });

  it('reads chunked bodies', async () => {
    expect((await post(served.url, GET_MACHINE, { chunks: [GET_MACHINE.slice(0, 100), GET_MACHINE.slice(100)] })).status).toBe(200);
  });

  it('reads UTF-16 with and without a byte order mark, and nothing that is not text', async () => {
    const charset = (name: string) => ({ headers: { 'content-type': `application/soap+xml;charset=${name}` } });
    const little = Buffer.from(`\uFEFF${GET_MACHINE}`, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [body, name] of [
      [little, 'UTF-16'],
      [big, 'UTF-16'],
      [little.subarray(2), 'utf-16'],
      [big.subarray(2), 'utf-16be'],
    ] as const) {
      expect((await post(served.url, body, charset(name))).status).toBe(200);
    }
    expect((await post(served.url, GET_MACHINE, charset('latin1'))).status).toBe(415);
    expect((await post(served.url, Buffer.from([0xff, 0xfe, 0xfd]))).status).toBe(415);
  });

  it('answers 415 to another content type', async () => {
    for (const type of ['text/xml', 'application/json', 'multipart/encrypted', undefined]) {
      expect((await post(served.url, GET_MACHINE, { headers: { 'content-type': type } })).status).toBe(415);
    }
  });

  it('answers 413 beyond a mebibyte, however it is framed', async () => {
    const large = `${GET_MACHINE}${' '.repeat(1024 * 1024)}`;
    expect((await post(served.url, large)).status).toBe(413);
    expect((await post(served.url, '', { chunks: [large, large] })).status).toBe(413);
    expect((await post(served.url, GET_MACHINE)).status).toBe(200);
  });

  it('survives clients that break off or speak no HTTP', async () => {
    const { hostname, port } = new URL(served.url);
    for (const bytes of ['POST /wsman HTTP/1.1\r\nContent-Length: 99\r\n\r\n<s:', '\x16\x03\x01 nonsense', '\0\0\0\0\r\n\r\n']) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.end(bytes));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
      });
    }
    expect((await post(served.url, GET_MACHINE)).status).toBe(200);
  });
});

describe('hostile and broken XML', () => {
  const nested = (depth: number): string => message({ body: `${'<x>'.repeat(depth)}${'</x>'.repeat(depth)}` });

  it.each([
    ['nothing', ''],
    ['an unclosed element', '<s:Envelope'],
    ['a document type', `<!DOCTYPE s [<!ENTITY e "x">]>${GET_MACHINE}`],
    ['an unknown entity', message({ body: '&e;' })],
    ['an unbound prefix', '<s:Envelope/>'],
    ['another root', '<Envelope/>'],
    ['no Body', '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>'],
    ['a control character', message({ body: '<x>\u0001</x>' })],
    ['nesting beyond the limit', nested(100)],
    ['a million brackets', '<'.repeat(1_000_000)],
  ])('is a fault of the client: %s', async (_what, document) => {
    const answer = await post(served.url, document);
    expect(answer.status).toBe(500);
    expect(fault(answer)).toMatchObject({ code: 's:Sender', subcode: 'w:SchemaValidationError' });
    expect((await post(served.url, GET_MACHINE)).status).toBe(200);
  });

  it('may be nested up to the limit', async () => {
    expect((await post(served.url, message({ selectors: { Name: GUIDS[0] }, body: '<x>'.repeat(98) + '</x>'.repeat(98) }))).status).toBe(
      200,
    );
  });

  it('names the version that SOAP 1.1 is not', async () => {
    const answer = await post(served.url, '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>');
    expect(fault(answer).code).toBe('s:VersionMismatch');
  });
});

describe('what the world decides', () => {
  const invoke = message({
    action: `${WMI}/Msvm_ReplicationService/StopService`,
    resourceUri: `${WMI}/Msvm_ReplicationService`,
    messageId: 'uuid:0A',
  });

  it('is asked once a request that was understood', async () => {
    await post(served.url, invoke);
    await post(served.url, message({ selectors: { Name: GUIDS[1].toLowerCase() } }));
    await post(served.url, message({ to: null }));
    expect(host.asked).toEqual([
      { kind: 'invoke', className: 'Msvm_ReplicationService', method: 'StopService', vmId: null, messageId: 'uuid:0A' },
      {
        kind: 'get',
        className: 'Msvm_ComputerSystem',
        method: null,
        vmId: GUIDS[1],
        messageId: 'uuid:11111111-2222-3333-4444-555555555555',
      },
    ]);
  });

  it('cuts the connection before the effect', async () => {
    host.nextDisposition = { drop: 'before', delayBeforeMs: 1 };
    await expect(post(served.url, invoke)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(host.calls).toEqual([]);
  });

  it('cuts the connection after the effect', async () => {
    host.nextDisposition = { drop: 'after', delayAfterMs: 1 };
    await expect(post(served.url, invoke)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(host.calls).toHaveLength(1);
  });

  it('refuses right credentials', async () => {
    host.nextDisposition = { refuse: 'unauthorized' };
    expect((await post(served.url, invoke)).status).toBe(401);
    expect(host.calls).toEqual([]);
  });

  it('answers with a fault of its own', async () => {
    const detail = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/X';
    host.nextDisposition = {
      refuse: { code: 'Receiver', subcode: 'wsman:TimedOut', reason: 'too <slow>', detail, wsmanFaultCode: 0x80338029 },
    };
    const answer = await post(served.url, invoke);
    expect(fault(answer)).toEqual({
      status: 500,
      code: 's:Receiver',
      subcode: 'w:TimedOut',
      detail: 'X',
      wsmanCode: 0x80338029,
      action: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault',
      relatesTo: 'uuid:0A',
    });
    expect(at(payloadOf(answer), 'Reason', 'Text')?.text).toBe('too <slow>');
    expect(at(payloadOf(answer), 'Detail', 'WSManFault')?.attributes.get('Machine')).toBe('HVHOST1');
    expect(host.calls).toEqual([]);
  });

  it('may delay both ways', async () => {
    host.nextDisposition = { delayBeforeMs: 5, delayAfterMs: 5 };
    expect((await post(served.url, invoke)).status).toBe(200);
  });

  it('answers an internal error of the world with a fault', async () => {
    host.outcome = () => {
      throw new Error('secret detail');
    };
    const answer = await post(served.url, invoke);
    expect(fault(answer)).toMatchObject({ status: 500, code: 's:Receiver', subcode: 'w:InternalError', relatesTo: 'uuid:0A' });
    expect(answer.body).not.toContain('secret');
  });
});

describe('power', () => {
  it('refuses connections while the host is down and serves on the same port afterwards', async () => {
    host.setPower(false);
    await expect(post(served.url, GET_MACHINE)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    host.setPower(true);
    await vi.waitFor(async () => expect((await post(served.url, GET_MACHINE)).status).toBe(200));
  });

  it('resets what is connected, and does not carry out what still waits', async () => {
    host.nextDisposition = { delayBeforeMs: 600_000 };
    const pending = post(
      served.url,
      message({ action: `${WMI}/Msvm_ReplicationService/StopService`, resourceUri: `${WMI}/Msvm_ReplicationService` }),
    );
    const failed = expect(pending).rejects.toMatchObject({ code: 'ECONNRESET' });
    await vi.waitFor(() => expect(host.asked).toHaveLength(1));
    host.setPower(false);
    await failed;
    expect(host.calls).toEqual([]);
  });

  it('forgets enumerations', async () => {
    const opened = await post(served.url, enumerate('', { resourceUri: `${WMI}/Peer_Probe` }));
    const context = at(payloadOf(opened), 'EnumerationContext')?.text ?? '';
    host.setPower(false);
    host.setPower(true);
    await vi.waitFor(async () => expect(fault(await post(served.url, pull(context))).subcode).toBe('n:InvalidEnumerationContext'));
  });

  it('ends in the last state, however fast it was switched', async () => {
    for (const up of [false, true, false, true, false]) host.setPower(up);
    await vi.waitFor(() => expect(post(served.url, GET_MACHINE)).rejects.toMatchObject({ code: 'ECONNREFUSED' }));
    for (const up of [true, false, true]) host.setPower(up);
    await vi.waitFor(async () => expect((await post(served.url, GET_MACHINE)).status).toBe(200));
  });

  it('comes back when another program has let go of the port', async () => {
    host.setPower(false);
    const squatter = createServer().listen(served.port, '127.0.0.1');
    await once(squatter, 'listening');
    host.setPower(true);
    const visitor = connect(served.port, '127.0.0.1');
    await once(squatter, 'connection');
    visitor.destroy();
    squatter.close();
    await vi.waitFor(async () => expect((await post(served.url, GET_MACHINE)).status).toBe(200));
  });

  it('may be off from the start', async () => {
    const late = new SampleHost();
    late.up = false;
    const other = await serveHost(late, { port: 0 });
    await expect(post(other.url, GET_MACHINE)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    late.setPower(true);
    await vi.waitFor(async () => expect((await post(other.url, GET_MACHINE)).status).toBe(200));
    await other.close();
  });
});

describe('the port', () => {
  it('is refused with a reason when it is taken', async () => {
    await expect(serveHost(host, { port: served.port })).rejects.toMatchObject({
      code: 'usage.invalid',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('is free again after closing, twice', async () => {
    await served.close();
    await served.close();
    const again = await serveHost(host, { port: served.port });
    expect((await post(again.url, GET_MACHINE)).status).toBe(200);
    await again.close();
  });

  it('speaks HTTPS and HTTP with a certificate', async () => {
    const { ca, hosts } = await makeCertificates([host.name], ['127.0.0.1']);
    const tls = hosts.get(host.name);
    if (tls === undefined) throw new Error('no certificate');
    const secure = await serveHost(host, { port: 0, tls });
    expect(secure.url).toBe(`https://127.0.0.1:${secure.port}/wsman`);
    expect((await post(secure.url, GET_MACHINE, { ca })).status).toBe(200);
    expect((await post(secure.url.replace('https', 'http'), GET_MACHINE)).status).toBe(200);
    await secure.close();
  });

  it('is one of many in a process', async () => {
    const hosts = await Promise.all(Array.from({ length: 200 }, () => serveHost(new SampleHost(), { port: 0 })));
    const answers = await Promise.all(hosts.map(({ url }) => post(url, message({ action: GET, selectors: { Name: GUIDS[0] } }))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    expect(header(answers[0] as HttpAnswer, 'Action')).toBe(`${GET}Response`);
    await Promise.all(hosts.map((one) => one.close()));
  });
});
