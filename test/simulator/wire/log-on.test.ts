import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSealed, writeSealed } from '../../../src/hyperv/wsman/log-on/sealed-body.ts';
import type { SecurityContext } from '../../../src/hyperv/wsman/log-on/security-context.ts';
import { createSpnego } from '../../../src/hyperv/wsman/log-on/spnego.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { NtlmAcceptor } from '../../../src/simulator/wire/log-on/ntlm-acceptor.ts';
import { type ServedHost, type ServeOptions, serveHost } from '../../../src/simulator/wire/server.ts';
import { message } from './client.ts';
import { LogOnClient, ntlm, pretendedKerberos, tokenOf } from './peers/log-on-client.ts';
import { httpAnswers, httpRequest } from './peers/pipeline.ts';
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

  it('are answered in the order in which they came, when they come at once and the first takes longest', async () => {
    const documents = [GUIDS[0], GUIDS[1], GUIDS[2]].map((name) => message({ selectors: { Name: name }, messageId: `uuid:${name}` }));
    const context = spnego(ntlm());
    const socket = connect(served.port, '127.0.0.1');
    const answers = httpAnswers(socket);
    for (let token = await context.step(null); token !== null; ) {
      socket.write(httpRequest('', `Authorization: Negotiate ${token.toString('base64')}\r\n`));
      token = await context.step(Buffer.from(/^WWW-Authenticate: Negotiate (.*)\r$/m.exec((await answers()).head)?.[1] ?? '', 'base64'));
    }
    vi.spyOn(host, 'disposition').mockReturnValueOnce({ delayBeforeMs: 50 });
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
