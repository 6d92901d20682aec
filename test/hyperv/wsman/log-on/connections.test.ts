import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { FailbackError } from '../../../../src/domain/failure.ts';
import { parseEndpoint } from '../../../../src/hyperv/wsman/endpoint.ts';
import { createHttpTransport, type HttpRequest, type HttpTransport } from '../../../../src/hyperv/wsman/http-transport.ts';
import type { PostedAnswer } from '../../../../src/hyperv/wsman/log-on/post-as.ts';
import type { ReadyLogOn } from '../../../../src/hyperv/wsman/log-on/ready-log-on.ts';
import { readSealed, writeSealed } from '../../../../src/hyperv/wsman/log-on/sealed-body.ts';
import { type SealedMessage, type SecurityContext, SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { TransportError } from '../../../../src/hyperv/wsman/transport-failure.ts';
import { type Script, type ScriptedRequest, type ScriptedServer, scriptedServer } from '../scripted-server.ts';

/** A mechanism that hides nothing: what it seals carries a number, and a sum that has to be right. Two tokens each way. */
class PlainContext implements SecurityContext {
  readonly mechanism = 'NTLM';
  readonly oid = '1.3.6.1.4.1.311.2.2.10';
  complete = false;
  expiresAt: Date | null = null;
  disposed = 0;
  #out = 0;
  #in = 0;

  async step(token: Buffer | null): Promise<Buffer | null> {
    if (token === null) return Buffer.from('one');
    if (token.toString() === 'ONE') return Buffer.from('two');
    if (token.toString() !== 'TWO') throw new SecurityError('malformed', 'The host sent nonsense');
    this.complete = true;
    return null;
  }

  sign = (message: Buffer): Buffer => Buffer.from([message.reduce((sum, byte) => (sum + byte) & 255, 0)]);
  verify(): void {}
  seal = (message: Buffer): SealedMessage => sealedAs(this.#out++, message);

  unseal({ signature, content }: SealedMessage): Buffer {
    if (!signature.equals(sealedAs(this.#in++, content).signature)) throw new SecurityError('tampered', 'A signature is wrong');
    return content;
  }

  dispose(): void {
    this.disposed += 1;
  }
}

function sealedAs(number: number, content: Buffer): SealedMessage {
  return { signature: Buffer.from([number, content.reduce((sum, byte) => (sum + byte) & 255, 0)]), content };
}

const PROTOCOL = 'application/HTTP-SPNEGO-session-encrypted';
const contexts: PlainContext[] = [];
const logOn: ReadyLogOn = {
  by: 'connection',
  scheme: 'Negotiate',
  protocol: PROTOCOL,
  mask: (text) => text,
  account: null,
  start() {
    const context = new PlainContext();
    contexts.push(context);
    return context;
  },
};

let server: ScriptedServer;
let transport: HttpTransport;
afterEach(async () => {
  transport.close();
  await server.close();
  await expect.poll(() => contexts.every(({ disposed }) => disposed > 0)).toBe(true);
  contexts.length = 0;
});

async function against(script: Script, maxSockets = 8): Promise<void> {
  server = await scriptedServer(script);
  const unused = {
    scheme: 'basic',
    credentials: () => Promise.reject(new FailbackError({ class: 'permanent', code: 'internal', message: '' })),
  } as const;
  transport = createHttpTransport(parseEndpoint('hv', server.url), { maxSockets, maxAnswerBytes: 1_000_000, trust: {}, logOn: unused });
}

async function post(message: string, more: Partial<HttpRequest> = {}): Promise<PostedAnswer> {
  const send = await transport.open();
  const deadline = performance.now() + 20_000;
  return send({ message: Buffer.from(message), logOn, repeatable: true, deadline, sendBy: null, signal: null, ...more });
}

async function brokenBy(work: Promise<unknown>) {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof TransportError) return error.broken;
  throw error ?? new Error('it was expected to fail');
}

const head = (status: number, ...lines: string[]): string => [`HTTP/1.1 ${status} Scripted`, ...lines, '', ''].join('\r\n');
const empty = (status: number, ...lines: string[]): string => head(status, ...lines, 'Content-Length: 0');
const token = (text: string): string => `WWW-Authenticate: Negotiate ${Buffer.from(text).toString('base64')}`;

/** Answers tokens as a host does; everything else goes to the script, with the number of the sealed message on its connection. */
function host(script: (request: ScriptedRequest, number: number) => void): Script {
  return (request) => {
    const [, sent] = /authorization: Negotiate (\S+)/i.exec(request.headers) ?? [];
    const said = Buffer.from(sent ?? '', 'base64').toString();
    if (said === 'one') request.socket.write(empty(401, token('ONE')));
    else if (said === 'two') request.socket.write(empty(200, token('TWO')));
    else script(request, request.indexOnConnection - 2);
  };
}

function answer(request: ScriptedRequest, number: number, text: string, status = 200): void {
  const { body, contentType } = writeSealed(sealedAs(number, Buffer.from(text)), Buffer.byteLength(text), PROTOCOL);
  request.socket.write(head(status, `Content-Type: ${contentType}`, `Content-Length: ${body.length}`));
  request.socket.write(body);
}

function said({ headers, body }: ScriptedRequest): string {
  const contentType = /content-type: (.*)/i.exec(headers)?.[1] ?? '';
  return readSealed(Buffer.from(body), contentType)[0]?.sealed.content.toString() ?? '';
}

describe('a connection that is logged on', () => {
  it('carries every message sealed, without an Authorization header, and is logged on once', async () => {
    await against(host((request, number) => answer(request, number, said(request).toUpperCase())));
    for (const text of ['a', 'b', 'c']) expect((await post(text)).body.toString()).toBe(text.toUpperCase());
    expect(server.connections).toHaveLength(1);
    expect(server.requests).toHaveLength(5);
    expect(server.requests.filter(({ headers }) => /authorization/i.test(headers))).toHaveLength(2);
    expect(server.requests.slice(0, 2).map(({ body }) => body)).toEqual(['', '']);
  });

  it('is one of as many as there is work for, and no more than allowed', async () => {
    const waiting: (() => void)[] = [];
    await against(
      host((request, number) => waiting.push(() => answer(request, number, said(request)))),
      3,
    );
    const answers = ['a', 'b', 'c', 'd', 'e'].map((text) => post(text));
    for (let open = 5; open > 0; open -= 1) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      waiting.shift()?.();
    }
    expect((await Promise.all(answers)).map(({ body }) => body.toString())).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(server.connections).toHaveLength(3);
    expect(contexts).toHaveLength(3);
  });

  it('that the host closed is followed by another, logged on anew', async () => {
    await against(host((request, number) => answer(request, number, 'ok')));
    await post('a');
    for (const connection of server.connections) await once(connection.end(), 'close');
    expect((await post('b')).body.toString()).toBe('ok');
    expect(server.connections).toHaveLength(2);
    expect(contexts).toHaveLength(2);
  });
});

describe('a log-on that ends', () => {
  it('is not used for another request', async () => {
    await against(host((request, number) => answer(request, number, 'ok')));
    await post('a');
    for (const context of contexts) context.expiresAt = new Date(Date.now() + 60_000);
    await post('b');
    expect(server.connections).toHaveLength(2);
  });
});

describe('a log-on the host has forgotten', () => {
  const forgetful = (): Script =>
    host((request, number) =>
      number === 1 && server.connections.length === 1 ? request.socket.write(empty(401)) : answer(request, number, 'ok'),
    );

  it('is made again for what may be repeated', async () => {
    await against(forgetful());
    await post('a');
    expect(await post('b')).toMatchObject({ status: 200 });
    expect(server.connections).toHaveLength(2);
  });

  it('is not taken as word that a change was not carried out: anybody may have said so', async () => {
    await against(forgetful());
    await post('a');
    expect(await post('b', { repeatable: false })).toMatchObject({ status: 401, sent: true, authentic: false });
    expect(await post('c', { repeatable: false })).toMatchObject({ status: 200 });
    expect(server.connections).toHaveLength(2);
  });
});

describe('the status of a sealed answer, which is not sealed', () => {
  it.each([401, 403, 404])(
    'is no word of the host when it is %i: what was asked may have been done, and is not asked again',
    async (status) => {
      await against(host((request, number) => answer(request, number, 'done', number === 0 ? 200 : status)));
      await post('a');
      expect(await post('b', { repeatable: false })).toMatchObject({ status, sent: true, authentic: false });
      expect(server.requests.filter(({ headers }) => !/authorization/i.test(headers))).toHaveLength(2);
    },
  );
});

describe('what a host must not do', () => {
  const NOT_AUTHENTIC = { code: 'host.not-authentic', sent: true };
  const soap = (request: ScriptedRequest): void =>
    void request.socket.write(`${head(200, 'Content-Type: application/soap+xml', 'Content-Length: 4')}<a/>`);

  it.each<[string, (request: ScriptedRequest, number: number) => void, object]>([
    ['answer unsealed', soap, { code: 'host.not-authentic', sent: true }],
    ['repeat an answer', (request) => answer(request, 0, 'old'), NOT_AUTHENTIC],
    ['change an answer', (request, number) => request.socket.write(tampered(number)), NOT_AUTHENTIC],
  ])('%s', async (_name, misbehave, expected) => {
    await against(host((request, number) => (number === 0 ? answer(request, 0, 'ok') : misbehave(request, number))));
    await post('a');
    expect(await brokenBy(post('b'))).toMatchObject(expected);
    await expect.poll(() => contexts[0]?.disposed).toBe(1);
  });

  it('say "accepted" without having shown who it is', async () => {
    await against(({ socket }) => void socket.write(empty(200)));
    expect(await brokenBy(post('a'))).toMatchObject({ code: 'host.not-authentic', sent: false });
    expect(server.requests.every(({ body }) => body === '')).toBe(true);
  });

  it('go on for ever with its tokens', async () => {
    await against(({ socket }) => void socket.write(empty(401, token('ONE'))));
    expect(await brokenBy(post('a'))).toMatchObject({ code: 'host.malformed-answer', sent: false });
    expect(server.requests.length).toBeLessThan(10);
  });

  function tampered(number: number): Buffer {
    const { body, contentType } = writeSealed(sealedAs(number, Buffer.from('good')), 4, PROTOCOL);
    const text = body.toString('latin1').replace('good', 'evil');
    return Buffer.from(head(200, `Content-Type: ${contentType}`, `Content-Length: ${text.length}`) + text, 'latin1');
  }
});

describe('a log-on that does not come about', () => {
  it('leaves nothing of the message with the host', async () => {
    await against(({ socket }) => void socket.write(empty(401, 'WWW-Authenticate: Basic realm="x"')));
    expect(await post('secret')).toMatchObject({ status: 401, sent: false, authenticate: 'Basic realm="x"' });
    expect(server.requests.map(({ body }) => body)).toEqual(['']);
  });

  it('is not sent when its time is over in the middle, and the connection is not used again', async () => {
    await against(({ socket, index }) => void (index === 0 || socket.write(empty(401))));
    expect(await brokenBy(post('a', { sendBy: performance.now() + 100 }))).toMatchObject({ code: 'host.not-sent', sent: false });
    await post('b');
    expect(server.connections).toHaveLength(2);
  });

  it('is retryable when the host goes away in the middle', async () => {
    await against(({ socket }) => void socket.destroy());
    expect(await brokenBy(post('a', { repeatable: false }))).toMatchObject({ code: 'host.disconnected', class: 'retryable', sent: false });
  });
});
