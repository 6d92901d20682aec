import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { HyperVHost } from '../../../src/hyperv/hyperv-host.ts';
import { basic, basicOf, failureOf, hostAt, PASSWORD, soon, VM } from './hosts.ts';
import { recording } from './recordings.ts';
import { envelope, fault, http, page, replay, type Script, type ScriptedServer, scriptedServer } from './scripted-server.ts';

let server: ScriptedServer;
let host: HyperVHost;

async function against(script: Script, options: Parameters<typeof hostAt>[1] = {}): Promise<HyperVHost> {
  server = await scriptedServer(script);
  host = hostAt(server.url, options);
  return host;
}

afterEach(async () => {
  await host.close();
  await server.close();
});

const xml = (body: string, status = 200): string => http(status, body);
const deep = `${'<a>'.repeat(70)}${'</a>'.repeat(70)}`;
const bomb = '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><s>&b;</s>';

/** What the server writes → code of a read, class of a read. A change with the same answer always is class reconcile, sent true. */
const BROKEN: readonly (readonly [string, string | Buffer, string, string])[] = [
  [
    'an HTML page with status 200',
    http(200, '<html><body>Welcome</body></html>', ['Content-Type: text/html']),
    'host.not-wsman',
    'operator',
  ],
  ['XML that is no envelope', xml('<feed/>'), 'host.not-wsman', 'operator'],
  ['an empty 200', http(200, ''), 'host.not-wsman', 'operator'],
  ['500 without a body', http(500, '', []), 'host.malformed-answer', 'retryable'],
  ['503 without a body', http(503, '', []), 'host.busy', 'retryable'],
  ['XML that stops in the middle', xml('<s:Envelope xmlns:s="urn:s"><s:Body>'), 'host.malformed-answer', 'retryable'],
  ['a document type declaration', xml(bomb), 'host.malformed-answer', 'retryable'],
  ['an unknown entity', xml(envelope('<p:A>&nbsp;</p:A>')), 'host.malformed-answer', 'retryable'],
  ['very deep nesting', xml(envelope(deep)), 'host.malformed-answer', 'retryable'],
  ['an undeclared prefix', xml('<x:Envelope/>'), 'host.malformed-answer', 'retryable'],
  [
    'bytes that are no UTF-8',
    Buffer.from(
      http(200, envelope('<p:O><p:ReturnValue>0</p:ReturnValue><p:Text>a\u00e9b\u00e9</p:Text></p:O>')).replace(
        /Length: (\d+)/,
        (_, n) => `Length: ${n - 2}`,
      ),
      'latin1',
    ),
    'host.malformed-answer',
    'retryable',
  ],
  [
    'another charset',
    http(200, envelope('<p:A/>'), ['Content-Type: application/soap+xml;charset=UTF-16']),
    'host.malformed-answer',
    'retryable',
  ],
  [
    'another encoding in the XML declaration',
    xml(`<?xml version="1.0" encoding="ISO-8859-1"?>${envelope('<p:A/>')}`),
    'host.malformed-answer',
    'retryable',
  ],
  [
    'a compressed answer',
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Encoding: gzip\r\nContent-Length: ${gzipSync(envelope('')).length}\r\n\r\n`,
      ),
      gzipSync(envelope('')),
    ]),
    'host.malformed-answer',
    'retryable',
  ],
  [
    'an answer to another message',
    xml(
      envelope('<p:A/>').replace(
        '<s:Header/>',
        '<s:Header><a:RelatesTo>uuid:00000000-0000-4000-8000-000000000000</a:RelatesTo></s:Header>',
      ),
    ),
    'host.malformed-answer',
    'retryable',
  ],
  ['an empty body element', xml(envelope('')), 'host.malformed-answer', 'retryable'],
  ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'host.not-wsman', 'operator'],
  ['a fault of the server itself', xml(fault('w:InternalError'), 500), 'host.fault', 'retryable'],
  ['a fault that it took too long', xml(fault('w:TimedOut'), 500), 'host.timeout', 'retryable'],
  ['a fault nobody knows', xml(fault('x:Strange'), 500), 'host.fault', 'retryable'],
  ['a fault named like a built-in', xml(fault('constructor'), 500), 'host.fault', 'retryable'],
  ['a fault with status 200', xml(fault('w:InternalError')), 'host.fault', 'retryable'],
  [
    'a body of 40 MiB announced',
    'HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 41943040\r\n\r\n',
    'host.answer-too-large',
    'operator',
  ],
];

describe.each(BROKEN)('%s', (_name, answer, code, readClass) => {
  it(`is ${code} to a read`, async () => {
    const failure = await failureOf((await against(({ socket }) => void socket.write(answer))).jobErrors('J'));
    expect(failure).toMatchObject({ code, class: readClass });
    expect(failure.remedy).toMatch(/\w/);
  });

  it('leaves a change undecided', async () => {
    const failure = await failureOf((await against(({ socket }) => void socket.write(answer))).requestStateChange(VM, 2, soon()));
    expect(failure).toMatchObject({ code, class: 'reconcile', details: { sent: true } });
    expect(server.requests).toHaveLength(1);
  });
});

describe('faults and statuses that prove a change was not carried out', () => {
  it.each([
    ['401', recording('omi-wrong-password'), 'host.unauthorized', 'operator'],
    ['401 with a text', recording('openwsmand-wrong-password'), 'host.unauthorized', 'operator'],
    ['403 for a wrong path', recording('openwsmand-get-path-slash'), 'host.forbidden', 'operator'],
    ['404', http(404, '<html/>', ['Content-Type: text/html']), 'host.not-wsman', 'operator'],
    ['a redirect', http(302, '', ['Location: http://elsewhere.example/']), 'host.not-wsman', 'operator'],
    ['access denied', recording('omi-invoke-failback-denied'), 'host.forbidden', 'operator'],
    ['unknown method', recording('openwsmand-invoke-unknown-method'), 'host.fault', 'permanent'],
    ['wrong selectors', recording('openwsmand-get-invalid-selector'), 'host.not-found', 'reconcile'],
    ['no such object', recording('omi-get-notfound'), 'host.not-found', 'reconcile'],
    ['no such class', recording('omi-enumerate-unknown-class'), 'host.no-hyperv', 'operator'],
    ['header not understood, status 200', recording('openwsmand-get-extra-mustunderstand'), 'host.fault', 'permanent'],
    [
      'quota as WSManFault code',
      http(500, fault('w:InternalError', '<f:WSManFault xmlns:f="urn:f" Code="2150859174"/>')),
      'host.busy',
      'retryable',
    ],
    [
      'access denied as WMI code',
      http(
        500,
        fault('w:InternalError', '<f:WSManFault xmlns:f="urn:f" Code="2150858778"><p:error_Code>2147749891</p:error_Code></f:WSManFault>'),
      ),
      'host.forbidden',
      'operator',
    ],
  ])('%s', async (_name, answer, code, failureClass) => {
    const script: Script = (request) => void request.socket.write(typeof answer === 'string' ? answer : replay(answer, request));
    const failure = await failureOf((await against(script)).requestStateChange(VM, 2, soon()));
    expect(failure).toMatchObject({ code, class: failureClass, details: { sent: false } });
  });

  it('does not believe a code in the middle of a sentence', async () => {
    const answer = http(500, fault('w:InternalError', '', 'The disk was flushed, then 0x80041003 came back'));
    const failure = await failureOf((await against(({ socket }) => void socket.write(answer))).requestStateChange(VM, 2, soon()));
    expect(failure).toMatchObject({ code: 'host.fault', class: 'reconcile', details: { sent: true } });
  });
});

describe('connections that break', () => {
  it('a reset after the request leaves a change undecided and is not repeated', async () => {
    await against(({ socket }) => void socket.resetAndDestroy());
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.disconnected',
      class: 'reconcile',
      details: { sent: true },
    });
    expect(server.requests).toHaveLength(1);
  });

  it('half an answer leaves a change undecided', async () => {
    await against(({ socket }) => void socket.end(http(200, envelope('<p:A/>')).slice(0, -20)));
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.disconnected',
      class: 'reconcile',
      details: { sent: true },
    });
  });

  it('a read on a kept connection that the host closed is asked once more', async () => {
    let closed = 0;
    await against((request) => {
      const stale = request.indexOnConnection === 1;
      if (stale) {
        closed += 1;
        request.socket.resetAndDestroy();
      } else request.socket.write(http(200, envelope('<p:GetErrorEx_OUTPUT><p:ReturnValue>0</p:ReturnValue></p:GetErrorEx_OUTPUT>')));
    });
    await host.jobErrors('J');
    expect(await host.jobErrors('J')).toEqual([]);
    expect([closed, server.requests.length]).toEqual([1, 3]);
  });

  it('a read on a new connection that breaks is not asked again', async () => {
    await against(({ socket }) => void socket.resetAndDestroy());
    expect(await failureOf(host.jobErrors('J'))).toMatchObject({ code: 'host.disconnected', class: 'retryable' });
    expect(server.requests).toHaveLength(1);
  });

  it('a change on a kept connection that the host closed is never repeated', async () => {
    await against((request) => {
      if (request.indexOnConnection > 0) request.socket.resetAndDestroy();
      else request.socket.write(http(200, envelope('<p:GetErrorEx_OUTPUT><p:ReturnValue>0</p:ReturnValue></p:GetErrorEx_OUTPUT>')));
    });
    await host.jobErrors('J');
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({
      code: 'host.disconnected',
      class: 'reconcile',
      details: { sent: true },
    });
    expect(server.requests).toHaveLength(2);
  });

  it('an answer that drips is given up at the deadline', async () => {
    await against(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 500\r\n\r\n');
      const drip = setInterval(() => socket.write('<'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ timeoutMs: 200 })))).toMatchObject({
      code: 'host.timeout',
      class: 'reconcile',
      details: { sent: true },
    });
    expect(await failureOf(host.jobErrors('J', { timeoutMs: 200 }))).toMatchObject({ code: 'host.timeout', class: 'retryable' });
  });

  it('an endless chunked answer is cut off at the limit', async () => {
    await against(
      ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n');
        const more = (): void => void (socket.writable && socket.write(`8000\r\n${' '.repeat(0x8000)}\r\n`, more));
        more();
      },
      { maxAnswerBytes: 1_000_000 },
    );
    expect(await failureOf(host.jobErrors('J'))).toMatchObject({ code: 'host.answer-too-large', class: 'operator' });
  });

  it('a chunked answer is read like any other', async () => {
    const body = Buffer.from(envelope('<p:O><p:ReturnValue>0</p:ReturnValue><p:Job xsi:nil="true"/></p:O>'));
    const chunks = [body.subarray(0, 7), body.subarray(7)].map((part) => `${part.length.toString(16)}\r\n${part.toString()}\r\n`).join('');
    await against(
      ({ socket }) =>
        void socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
    expect(await host.requestStateChange(VM, 2, soon())).toEqual({ returnValue: 0, jobId: null });
  });
});

describe('a value that is no whole number', () => {
  const relationship = (name: string) => `<p:${name}><p:EnabledState>two</p:EnabledState><p:Name>${VM}</p:Name></p:${name}>`;

  it.each([
    ['named', 'Msvm_ComputerSystem', 'Msvm_ComputerSystem.EnabledState'],
    ['named, as far as it is short,', 'a'.repeat(100_000), `${'a'.repeat(80)}.EnabledState`],
  ])('is %s, and the request is known to have been sent', async (_name, className, place) => {
    const failure = await failureOf(
      (await against(({ socket }) => void socket.write(xml(page('Enumerate', relationship(className), null, true))))).powerOf(VM),
    );
    expect(failure).toMatchObject({ code: 'host.malformed-answer', class: 'retryable', details: { sent: true, place } });
    expect(failure.message).toContain(place);
    expect(failure.message.length).toBeLessThan(300);
  });
});

describe('calls that are given up', () => {
  it('after the request left, a change is undecided', async () => {
    const abort = new AbortController();
    await against(() => abort.abort());
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ signal: abort.signal })))).toMatchObject({
      class: 'reconcile',
      details: { sent: true },
    });
  });

  it('before the request left, nothing happened', async () => {
    await against(() => undefined);
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ signal: AbortSignal.abort() })))).toMatchObject({
      code: 'host.not-sent',
      class: 'retryable',
      details: { sent: false },
    });
    expect(server.requests).toHaveLength(0);
  });

  it('credentials that never come do not keep a call longer than it may take', async () => {
    await against(() => undefined, { logOn: basicOf(() => new Promise(() => undefined)) });
    expect(await failureOf(host.requestStateChange(VM, 2, soon({ timeoutMs: 50 })))).toMatchObject({
      code: 'host.not-sent',
      details: { sent: false },
    });
  });

  it('a closed host sends nothing any more', async () => {
    await against(() => undefined);
    await host.close();
    expect(await failureOf(host.requestStateChange(VM, 2, soon()))).toMatchObject({ code: 'host.not-sent', details: { sent: false } });
  });
});

describe('what must not be told', () => {
  const token = Buffer.from(`hvadmin:${PASSWORD}`).toString('base64');
  const leaks = [PASSWORD, token, encodeURIComponent(PASSWORD), 'S3cret'];

  it.each([
    ['a fault', http(500, fault('w:InternalError', '', `denied for S3cret &amp; &lt;Passw0rd&gt;! ${token}`))],
    ['a fault whose subcode is the credentials', http(500, fault(`w:${token}`))],
    [
      'a fault whose detail ends in the credentials',
      http(500, fault('w:InternalError', `<w:FaultDetail>urn:x/${encodeURIComponent(PASSWORD)}</w:FaultDetail>`)),
    ],
    ['a fault whose reason is cut', http(500, fault('w:InternalError', '', `${'x'.repeat(395)}${token}`))],
    ['a challenge', http(401, '', [`WWW-Authenticate: Basic realm="${token}"`])],
    ['a page', http(404, `<html>${token}</html>`, ['Content-Type: text/html'])],
  ])('%s that repeats the credentials', async (_name, answer) => {
    const failure = await failureOf((await against(({ socket }) => void socket.write(answer))).jobErrors('J'));
    const told = `${failure.message} ${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`;
    for (const leak of leaks) expect(told).not.toContain(leak);
    expect(told).not.toContain(token.slice(0, 5));
  });

  it('the words of a credential resolver that fails', async () => {
    await against(() => undefined, {
      logOn: basicOf(async () => {
        throw new Error(`cannot decrypt ${PASSWORD}`);
      }),
    });
    const failure = await failureOf(host.requestStateChange(VM, 2, soon()));
    expect(failure).toMatchObject({ code: 'secret.missing', class: 'operator', details: { sent: false } });
    expect(`${failure.message} ${String(failure.cause)} ${failure.stack}`).not.toContain(PASSWORD);
  });

  it('sends the password as UTF-8 Basic, at once', async () => {
    await against(({ socket }) => void socket.write(xml(page('Enumerate', '', null, true))), {
      logOn: basic('CONTOSO\\jürgen', 'pä:ss'),
    });
    await host.observe({ jobsOfVm: false });
    const sent = /authorization: basic (\S+)/i.exec(server.requests[0]?.headers ?? '')?.[1] ?? '';
    expect(Buffer.from(sent, 'base64').toString('utf8')).toBe('CONTOSO\\jürgen:pä:ss');
  });
});
