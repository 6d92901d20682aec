import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createNtlm } from '../../../src/hyperv/wsman/log-on/ntlm.ts';
import { readSealed, writeSealed } from '../../../src/hyperv/wsman/log-on/sealed-body.ts';
import type { SecurityContext } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import { createSpnego } from '../../../src/hyperv/wsman/log-on/spnego.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { NtlmAcceptor } from '../../../src/simulator/wire/log-on/ntlm-acceptor.ts';
import { type ServedHost, type ServeOptions, serveHost } from '../../../src/simulator/wire/server.ts';
import { message } from './client.ts';
import { LogOnClient, tokenOf } from './peers/log-on-client.ts';
import { GUIDS, SampleHost } from './sample-host.ts';

const GET_MACHINE = message({ selectors: { Name: GUIDS[0] } });
const SPNEGO = 'application/HTTP-SPNEGO-session-encrypted';
const OFFERS = ['Negotiate', 'Basic realm="WSMAN"'];

let host: SampleHost;
let served: ServedHost;
let client: LogOnClient;

beforeEach(() => serve());
afterEach(() => shut());

async function serve(options: Partial<ServeOptions> = {}): Promise<void> {
  host = new SampleHost();
  served = await serveHost(host, { port: 0, ...options });
  client = new LogOnClient(served.url);
}
async function shut(): Promise<void> {
  client.close();
  await served.close();
}
async function serveAnew(options: Partial<ServeOptions>): Promise<void> {
  await shut();
  await serve(options);
}

const ntlm = (password = 'Passw0rd!'): SecurityContext =>
  createNtlm({ username: 'hvadmin', password, targetName: 'HTTP/hvhost1', channelBinding: null });
const spnego = (...contexts: [SecurityContext, ...SecurityContext[]]): SecurityContext => createSpnego(contexts);

async function loggedOn(): Promise<SecurityContext> {
  const context = spnego(ntlm());
  expect(await client.logOn(context)).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  return context;
}

describe('what is offered', () => {
  it.each<[Partial<ServeOptions>, readonly string[]]>([
    [{}, OFFERS],
    [{ basicOverHttp: false }, ['Negotiate']],
    [{ auth: ['basic'] }, ['Basic realm="WSMAN"']],
    [{ auth: ['basic', 'ntlm', 'negotiate'] }, ['Negotiate', 'NTLM', 'Basic realm="WSMAN"']],
    [{ auth: ['negotiate'] }, ['Negotiate']],
  ])('with %o stands in headers of its own', async (options, offers) => {
    await serveAnew(options);
    expect(await client.post(GET_MACHINE)).toMatchObject({ status: 401, authenticate: offers });
  });

  it('needs what it is made of', async () => {
    for (const auth of [['kerberos'], ['certificate']] as const)
      await expect(serveHost(host, { port: 0, auth })).rejects.toMatchObject({ code: 'usage.invalid' });
  });

  it('is all that is taken', async () => {
    await serveAnew({ auth: ['basic'] });
    for (const scheme of ['Negotiate', 'NTLM', 'Kerberos']) {
      expect(await client.logOn(ntlm(), scheme)).toMatchObject({ status: 401, authenticate: ['Basic realm="WSMAN"'] });
    }
  });
});

describe('a log-on', () => {
  it('holds for its connection, and for no other', async () => {
    const context = await loggedOn();
    for (let n = 0; n < 3; n++) {
      const answer = await client.postSealed(context, GET_MACHINE);
      expect(answer).toMatchObject({ status: 200, authenticate: [], text: expect.stringContaining('Msvm_ComputerSystem') });
    }
    expect(client.connections).toBe(1);
    const other = new LogOnClient(served.url);
    expect(await other.postSealed(context, GET_MACHINE)).toMatchObject({ status: 401, authenticate: OFFERS });
    other.close();
  });

  it('may be by NTLM alone, and bring the first document with its last token', async () => {
    const context = ntlm();
    const challenged = await client.post('', { authorization: `Negotiate ${(await context.step(null))?.toString('base64')}` });
    const last = await context.step(tokenOf(challenged, 'Negotiate'));
    const answer = await client.postSealed(context, GET_MACHINE, { authorization: `Negotiate ${last?.toString('base64')}` });
    expect(answer).toMatchObject({ status: 200, authenticate: [], text: expect.stringContaining('Msvm_ComputerSystem') });
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 200 });
  });

  it('is by NTLM where Kerberos was preferred, when the host has no keys, and both sign the list', async () => {
    const context = spnego(pretendedKerberos(), ntlm());
    expect(await client.logOn(context)).toMatchObject({ status: 200 });
    expect(context.mechanism).toBe('NTLM');
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 200, text: expect.stringContaining('Msvm_') });
  });

  it('is refused when the list of mechanisms was signed wrongly', async () => {
    const context = spnego(ntlm());
    const forged: SecurityContext = Object.assign(Object.create(context) as SecurityContext, {
      step: async (answer: Buffer | null) => {
        const own = await context.step(answer);
        if (answer !== null && own !== null) own[own.length - 5] = (own.at(-5) ?? 0) ^ 1;
        return own;
      },
    });
    expect(await client.logOn(forged)).toMatchObject({ status: 401, authenticate: OFFERS });
  });

  it('with a wrong password is offered all again, and the right one is taken on the same connection', async () => {
    expect(await client.logOn(spnego(ntlm('wrong')))).toMatchObject({ status: 401, authenticate: OFFERS });
    const context = await loggedOn();
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 200 });
    expect(client.connections).toBe(1);
  });

  it('may begin anew in the middle, and after its end', async () => {
    await client.post('', { authorization: `Negotiate ${(await spnego(ntlm()).step(null))?.toString('base64')}` });
    await client.post('', { authorization: `Negotiate ${(await ntlm().step(null))?.toString('base64')}` });
    const first = await loggedOn();
    const second = await loggedOn();
    expect(await client.postSealed(second, GET_MACHINE)).toMatchObject({ status: 200 });
    expect(await client.postSealed(first, GET_MACHINE)).toMatchObject({ status: 400 });
  });

  it('can be forgotten: the next message is answered 401, and a new log-on on the same connection does', async () => {
    const before = await loggedOn();
    await served.forgetLogOns();
    expect(await client.postSealed(before, GET_MACHINE)).toMatchObject({ status: 401, authenticate: OFFERS, body: Buffer.alloc(0) });
    expect(await client.postSealed(await loggedOn(), GET_MACHINE)).toMatchObject({ status: 200 });
    expect(client.connections).toBe(1);
  });

  it('is forgotten when the world refuses a request of it', async () => {
    const context = await loggedOn();
    host.nextDisposition = { refuse: 'unauthorized' };
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 401, authenticate: OFFERS });
    host.nextDisposition = {};
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 401 });
  });

  it('may lose its connection at each step', async () => {
    for (const drop of ['before', 'after'] as const) {
      host.nextDisposition = { drop };
      await expect(client.logOn(spnego(ntlm()))).rejects.toThrow();
      host.nextDisposition = {};
      await loggedOn();
    }
  });

  it('is met by faults that a scenario has for it', async () => {
    const scenario = { faults: [{ method: 'log-on', nth: 2, do: { drop: 'before' } as const }] };
    const simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, password: 'Passw0rd!', scenario });
    const other = new LogOnClient(simulator.hosts[0]?.url ?? '');
    await expect(other.logOn(spnego(ntlm()))).rejects.toThrow();
    expect(await other.logOn(spnego(ntlm()))).toMatchObject({ status: 200 });
    other.close();
    await simulator.close();
  });

  it('leaves nothing behind when its connection closes', async () => {
    const disposed = vi.spyOn(NtlmAcceptor.prototype, 'dispose');
    await loggedOn();
    disposed.mockClear();
    client.close();
    await expect.poll(() => disposed.mock.calls.length).toBe(1);
    disposed.mockRestore();
  });

  it('ends with the power of the host', async () => {
    const context = await loggedOn();
    host.setPower(false);
    await expect(client.postSealed(context, GET_MACHINE)).rejects.toThrow();
    host.setPower(true);
    await expect
      .poll(() =>
        client.post(GET_MACHINE).then(
          ({ status }) => status,
          () => null,
        ),
      )
      .toBe(401);
  });
});

describe('messages after a log-on over HTTP', () => {
  it('are refused when they are not sealed, unless the host allows it', async () => {
    const context = await loggedOn();
    expect(await client.post(GET_MACHINE)).toMatchObject({ status: 500, body: Buffer.alloc(0) });
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 200 });
    expect(host.asked.filter(({ kind }) => kind === 'get')).toHaveLength(1);
    await serveAnew({ allowUnencrypted: true });
    const allowed = await loggedOn();
    const answer = await client.post(GET_MACHINE);
    expect(answer).toMatchObject({ status: 200, contentType: 'application/soap+xml;charset=UTF-8' });
    expect(await client.postSealed(allowed, GET_MACHINE)).toMatchObject({ status: 200, text: expect.stringContaining('Msvm_') });
  });

  it('end the log-on when a bit of them was turned', async () => {
    for (const part of ['content', 'signature'] as const) {
      const context = await loggedOn();
      const answer = await client.postSealed(context, GET_MACHINE, {}, (sealed) => {
        const turned = Buffer.from(sealed[part]);
        turned[5] = (turned[5] ?? 0) ^ 0x80;
        return { ...sealed, [part]: turned };
      });
      expect(answer).toMatchObject({ status: 400, text: null });
      expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 401 });
    }
    expect(host.asked.filter(({ kind }) => kind === 'get')).toEqual([]);
  });

  it('are answered sealed when the answer is a fault, too', async () => {
    const context = await loggedOn();
    expect(await client.postSealed(context, message({ selectors: { Name: 'nobody' } }))).toMatchObject({
      status: 500,
      text: expect.stringContaining('Fault'),
    });
    expect(await client.postSealed(context, 'nonsense')).toMatchObject({ status: 500, text: expect.stringContaining('Fault') });
  });

  it('are answered in the order in which they came, when they come at once', async () => {
    const documents = [GUIDS[0], GUIDS[1], GUIDS[2]].map((name) => message({ selectors: { Name: name }, messageId: `uuid:${name}` }));
    const context = spnego(ntlm());
    const socket = connect(served.port, '127.0.0.1');
    const answers = httpAnswers(socket);
    for (let token = await context.step(null); token !== null; ) {
      socket.write(httpRequest('', `Authorization: Negotiate ${token.toString('base64')}\r\n`));
      token = await context.step(Buffer.from(/^WWW-Authenticate: Negotiate (.*)\r$/m.exec((await answers()).head)?.[1] ?? '', 'base64'));
    }
    socket.write(
      Buffer.concat(
        documents.map((document) => {
          const { contentType, body } = writeSealed(context.seal(Buffer.from(document)), Buffer.byteLength(document), SPNEGO);
          return httpRequest(body, `Content-Type: ${contentType}\r\n`);
        }),
      ),
    );
    for (const name of [GUIDS[0], GUIDS[1], GUIDS[2]]) {
      const { head, body } = await answers();
      const [part] = readSealed(body, /^Content-Type: (.*)\r$/m.exec(head)?.[1] ?? '');
      expect(part && context.unseal(part.sealed).toString()).toContain(`uuid:${name}`);
    }
    socket.destroy();
  });

  it('may be megabytes, up to the limit', async () => {
    const context = await loggedOn();
    const large = `${GET_MACHINE}${' '.repeat(900_000)}`;
    expect(await client.postSealed(context, large)).toMatchObject({ status: 200 });
    expect(await client.postSealed(context, GET_MACHINE)).toMatchObject({ status: 200 });
  });

  it('are not asked of who logs on by Basic', async () => {
    const authorization = `Basic ${Buffer.from('hvadmin:Passw0rd!').toString('base64')}`;
    expect(await client.post(GET_MACHINE, { authorization })).toMatchObject({ status: 200 });
    expect(await client.post(GET_MACHINE)).toMatchObject({ status: 401 });
  });
});

describe('what is less than NTLMv2', () => {
  const NEGOTIATE = Buffer.from('NTLMSSP\0\x01\0\0\0\x37\x82\x08\xe2', 'latin1');
  const token = (bytes: Buffer) => ({ authorization: `Negotiate ${bytes.toString('base64')}` });

  it('is refused at once without extended session security', async () => {
    const old = Buffer.from(NEGOTIATE);
    old[14] = 0;
    expect(await client.post('', token(old))).toMatchObject({ status: 401, authenticate: OFFERS });
  });

  it.each([
    ['an NTLMv1 response', 24],
    ['no response at all', 0],
  ])('is refused with %s', async (_what, length) => {
    expect((await client.post('', token(NEGOTIATE))).authenticate).toEqual([expect.stringMatching(/^Negotiate TlRMTVNT/)]);
    const user = Buffer.from('hvadmin', 'utf16le');
    const authenticate = Buffer.alloc(88 + length + user.length);
    NEGOTIATE.copy(authenticate, 0, 0, 8);
    authenticate.writeUInt32LE(3, 8);
    for (const [at, bytes, offset] of [
      [20, length, 88],
      [36, user.length, 88 + length],
    ] as const) {
      authenticate.writeUInt16LE(bytes, at);
      authenticate.writeUInt32LE(offset, at + 4);
    }
    NEGOTIATE.copy(authenticate, 60, 12, 16);
    user.copy(authenticate, 88 + length);
    expect(await client.post('', token(authenticate))).toMatchObject({ status: 401, authenticate: OFFERS });
  });

  it('is refused when anything of the last token was changed, and the connection goes on', async () => {
    const lastToken = async () => {
      const context = ntlm();
      const answer = await client.post('', token((await context.step(null)) ?? NEGOTIATE));
      return (await context.step(tokenOf(answer, 'Negotiate'))) ?? NEGOTIATE;
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.boolean(), async (at, bytes, cut) => {
        const right = await lastToken();
        const place = at % right.length;
        const changed = Buffer.from(cut ? right.subarray(0, place) : right);
        if (!cut) changed.set(bytes.slice(0, right.length - place), place);
        fc.pre(changed.length > 0 && !changed.equals(right));
        expect(await client.post('', token(changed))).toMatchObject({ status: 401, authenticate: OFFERS });
      }),
      { numRuns: 300 },
    );
    expect(client.connections).toBe(1);
    await loggedOn();
  });

  it('is refused when it is no token at all, in whatever wrapping', async () => {
    const init = (await spnego(pretendedKerberos(), ntlm()).step(null)) ?? NEGOTIATE;
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(Buffer.alloc(0), NEGOTIATE.subarray(0, 8), init.subarray(0, 20)), bytes, async (head, tail) => {
        expect((await client.post('', token(Buffer.concat([head, tail])))).status).toBe(401);
      }),
      { numRuns: 300 },
    );
    expect(client.connections).toBe(1);
    await loggedOn();
  });
});

function httpRequest(body: Buffer | string, headers: string): Buffer {
  const head = `POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** Reads one answer of a connection after the other. */
function httpAnswers(socket: Socket): () => Promise<{ readonly head: string; readonly body: Buffer }> {
  let bytes = Buffer.alloc(0);
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next();
    if (done) throw new Error('the connection ended');
    bytes = Buffer.concat([bytes, value]);
  };
  return async () => {
    while (!bytes.includes('\r\n\r\n')) await more();
    const start = bytes.indexOf('\r\n\r\n') + 4;
    const head = bytes.toString('latin1', 0, start);
    const end = start + Number(/^Content-Length: (\d+)/m.exec(head)?.[1]);
    while (bytes.length < end) await more();
    const body = bytes.subarray(start, end);
    bytes = bytes.subarray(end);
    return { head, body };
  };
}

/** A mechanism that has something to say, and is never heard. */
function pretendedKerberos(): SecurityContext {
  const never = (): never => {
    throw new Error('Kerberos was not chosen');
  };
  return {
    mechanism: 'Kerberos',
    oid: '1.2.840.113554.1.2.2',
    complete: false,
    step: async () => Buffer.from('6009060a2a864886f712010202', 'hex'),
    sign: never,
    verify: never,
    seal: never,
    unseal: never,
    dispose: () => undefined,
  };
}
