import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { oidContent } from '../../../../src/hyperv/wsman/log-on/der.ts';
import { createNtlm } from '../../../../src/hyperv/wsman/log-on/ntlm.ts';
import { type SecurityContext, SecurityError, type SecurityTrouble } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { createSpnego } from '../../../../src/hyperv/wsman/log-on/spnego.ts';
import {
  type NegTokenResp,
  readNegTokenResp,
  writeMechTypes,
  writeNegTokenInit,
  writeNegTokenResp,
} from '../../../../src/hyperv/wsman/log-on/spnego-tokens.ts';
import { accept, challenge } from './ntlm-acceptor.ts';

const KERBEROS = '1.2.840.113554.1.2.2';
const KERBEROS_OF_WINDOWS = '1.2.840.48018.1.2.2';
const NTLM = '1.3.6.1.4.1.311.2.2.10';
const PASSWORD = 'Passw0rd!';

const ntlm = () => createNtlm({ username: 'EXAMPLE\\admin', password: PASSWORD, targetName: 'HTTP/hv1', channelBinding: null });
const trouble = (is: SecurityTrouble) => expect.objectContaining({ name: 'SecurityError', trouble: is });

/** Stands for Kerberos: sends `AP-REQ`, takes `AP-REP`, or `more` before it; what it signs can be seen. */
class Tickets implements SecurityContext {
  readonly expiresAt = null;
  readonly mechanism = 'Kerberos';
  readonly oid = KERBEROS;
  complete = false;
  disposed = 0;
  readonly #trouble: SecurityTrouble | null;

  constructor(trouble: SecurityTrouble | null = null) {
    this.#trouble = trouble;
  }

  async step(token: Buffer | null) {
    if (this.#trouble !== null) throw new SecurityError(this.#trouble, 'there are no tickets', 'Get some.');
    if (token === null) return Buffer.from('AP-REQ');
    if (token.toString() === 'KRB-ERROR') throw new SecurityError('credentials', 'the clocks differ');
    if (token.toString() === 'more') return Buffer.from('and more');
    if (token.toString() !== 'AP-REP') throw new SecurityError('malformed', 'not an AP-REP');
    this.complete = true;
    return null;
  }

  sign(message: Buffer) {
    return Buffer.concat([Buffer.from('client:'), message]);
  }

  verify(message: Buffer, signature: Buffer) {
    if (!this.complete) throw new Error('nobody may ask yet');
    if (signature.toString('latin1') !== `host:${message.toString('latin1')}`) throw new SecurityError('tampered', 'not signed');
  }

  seal(message: Buffer) {
    return { signature: Buffer.from('k'), content: message };
  }

  unseal({ content }: { content: Buffer }) {
    return content;
  }

  dispose() {
    this.disposed++;
  }
}

const BOTH = writeMechTypes([KERBEROS, NTLM]);

function answer(parts: Partial<Omit<NegTokenResp, 'supportedMech'>> & { supportedMech?: string }): Buffer {
  const { supportedMech } = parts;
  return writeNegTokenResp({
    state: null,
    responseToken: null,
    mechListMic: null,
    ...parts,
    supportedMech: supportedMech === undefined ? null : oidContent(supportedMech),
  });
}

function read(token: Buffer | null): NegTokenResp {
  if (token === null) throw new Error('there is no token');
  return readNegTokenResp(token);
}

async function begun(...contexts: [SecurityContext, ...SecurityContext[]]) {
  const spnego = createSpnego(contexts);
  await spnego.step(null);
  return spnego;
}

const hostMic = Buffer.concat([Buffer.from('host:'), BOTH]);

describe('the offer', () => {
  it('has all mechanisms in their order, and the first token of the best', async () => {
    const token = await createSpnego([new Tickets(), ntlm()]).step(null);
    expect(token).toEqual(writeNegTokenInit(BOTH, Buffer.from('AP-REQ')));
  });

  it.each(['unavailable', 'host'] as const)('leaves out what begins with %s', async (reason) => {
    const spnego = createSpnego([new Tickets(reason), ntlm()]);
    const negotiate = await ntlm().step(null);
    expect(await spnego.step(null)).toEqual(writeNegTokenInit(writeMechTypes([NTLM]), negotiate ?? Buffer.alloc(0)));
    expect(spnego.mechanism).toBe('NTLM');
  });

  it.each(['credentials', 'malformed'] as const)(
    'is not made when the best begins with %s: nobody tries a wrong password twice',
    async (reason) => {
      await expect(createSpnego([new Tickets(reason), ntlm()]).step(null)).rejects.toEqual(trouble(reason));
    },
  );

  it('tells why nothing is left, as the best says it', async () => {
    const error = await createSpnego([new Tickets('host'), new Tickets('unavailable')])
      .step(null)
      .catch((reason: unknown) => reason);
    expect(error).toEqual(trouble('host'));
    expect(error).toMatchObject({ message: 'Kerberos: there are no tickets; Kerberos: there are no tickets', remedy: 'Get some.' });
  });
});

describe('the best mechanism, taken', () => {
  it.each([KERBEROS, KERBEROS_OF_WINDOWS])('is done with one answer, under the name %s', async (supportedMech) => {
    const spnego = await begun(new Tickets(), ntlm());
    expect(await spnego.step(answer({ state: 'accept-completed', supportedMech, responseToken: Buffer.from('AP-REP') }))).toBeNull();
    expect([spnego.complete, spnego.mechanism]).toEqual([true, 'Kerberos']);
    expect(spnego.seal(Buffer.from('a')).content.toString()).toBe('a');
  });

  it('has its list signed when the host signs it first', async () => {
    const spnego = await begun(new Tickets(), ntlm());
    const reply = await spnego.step(answer({ state: 'accept-incomplete', responseToken: Buffer.from('AP-REP'), mechListMic: hostMic }));
    expect(read(reply)).toMatchObject({ state: 'accept-completed', mechListMic: Buffer.concat([Buffer.from('client:'), BOTH]) });
    expect(spnego.complete).toBe(true);
    expect(await spnego.step(answer({ state: 'accept-completed' }))).toBeNull();
  });

  it.each(['request-mic', 'accept-incomplete'] as const)('has its list signed when the host says %s', async (state) => {
    const spnego = await begun(new Tickets(), ntlm());
    const reply = await spnego.step(answer({ state, supportedMech: KERBEROS, responseToken: Buffer.from('AP-REP') }));
    expect(read(reply).mechListMic).toEqual(Buffer.concat([Buffer.from('client:'), BOTH]));
    expect(spnego.complete).toBe(false);
    expect(await spnego.step(answer({ state: 'accept-completed', mechListMic: hostMic }))).toBeNull();
    expect(spnego.complete).toBe(true);
  });

  it('is refused when the list is signed wrongly, or not although it must be', async () => {
    const changed = await begun(new Tickets(), ntlm());
    const mechListMic = Buffer.concat([Buffer.from('host:'), writeMechTypes([NTLM])]);
    const forged = answer({ state: 'accept-completed', responseToken: Buffer.from('AP-REP'), mechListMic });
    await expect(changed.step(forged)).rejects.toEqual(trouble('tampered'));
    const unsigned = await begun(new Tickets(), ntlm());
    await unsigned.step(answer({ state: 'request-mic', responseToken: Buffer.from('AP-REP') }));
    await expect(unsigned.step(answer({ state: 'accept-completed' }))).rejects.toEqual(trouble('downgrade'));
    const longer = await begun(new Tickets(), ntlm());
    expect(read(await longer.step(answer({ state: 'request-mic', responseToken: Buffer.from('more') }))).mechListMic).toBeNull();
    const end = answer({ state: 'accept-completed', responseToken: Buffer.from('AP-REP') });
    await expect(longer.step(end)).rejects.toEqual(trouble('downgrade'));
  });

  it('is Kerberos only with the list signed, where NTLM was offered as better', async () => {
    const list = writeMechTypes([NTLM, KERBEROS]);
    const choose = answer({ state: 'accept-incomplete', supportedMech: KERBEROS });
    const end = { state: 'accept-completed', responseToken: Buffer.from('AP-REP') } as const;
    const unsigned = await begun(ntlm(), new Tickets());
    expect(read(await unsigned.step(choose)).responseToken?.toString()).toBe('AP-REQ');
    await expect(unsigned.step(answer(end))).rejects.toEqual(trouble('downgrade'));
    const signed = await begun(ntlm(), new Tickets());
    await signed.step(choose);
    await signed.step(answer({ ...end, mechListMic: Buffer.concat([Buffer.from('host:'), list]) }));
    expect([signed.complete, signed.mechanism]).toEqual([true, 'Kerberos']);
  });
});

/** The rest of a log-on by NTLM, from its first message on. */
async function finishNtlm(spnego: SecurityContext, list: Buffer, negotiate: Buffer, end: (mic: Buffer) => Buffer) {
  const sent = challenge();
  const reply = read(await spnego.step(answer({ state: 'accept-incomplete', supportedMech: NTLM, responseToken: sent })));
  const host = await accept(PASSWORD, negotiate, sent, reply.responseToken ?? Buffer.alloc(0));
  expect(host).toMatchObject({ passwordIsRight: true, micIsRight: true });
  host.incoming.verify(list, reply.mechListMic ?? Buffer.alloc(0));
  expect(spnego.complete).toBe(false);
  expect(await spnego.step(end(host.outgoing.sign(list)))).toBeNull();
  return host;
}

describe('NTLM', () => {
  const completed = (mechListMic: Buffer) => answer({ state: 'accept-completed', mechListMic });

  it('signs the list even as the best, and seals afterwards with number 1', async () => {
    const spnego = createSpnego([ntlm()]);
    const negotiate = (await spnego.step(null))?.subarray(-40) ?? Buffer.alloc(0);
    const host = await finishNtlm(spnego, writeMechTypes([NTLM]), negotiate, completed);
    const sealed = spnego.seal(Buffer.from('question'));
    expect(sealed.signature.readUInt32LE(12)).toBe(1);
    expect(host.incoming.unseal(sealed).toString()).toBe('question');
    expect(spnego.unseal(host.outgoing.seal(Buffer.from('answer'))).toString()).toBe('answer');
  });

  it.each(['request-mic', 'accept-incomplete'] as const)('begins anew when the host prefers it and says %s', async (state) => {
    const spnego = await begun(new Tickets(), ntlm());
    const { responseToken } = read(await spnego.step(answer({ state, supportedMech: NTLM })));
    expect(spnego.mechanism).toBe('NTLM');
    await finishNtlm(spnego, BOTH, responseToken ?? Buffer.alloc(0), completed);
    expect(spnego.complete).toBe(true);
  });

  it('is refused when the host does not sign the list, or signs another', async () => {
    const end = async (token: (mic: Buffer) => Buffer) => {
      const spnego = createSpnego([ntlm()]);
      const negotiate = (await spnego.step(null))?.subarray(-40) ?? Buffer.alloc(0);
      return finishNtlm(spnego, writeMechTypes([NTLM]), negotiate, token);
    };
    await expect(end(() => answer({ state: 'accept-completed' }))).rejects.toEqual(trouble('downgrade'));
    await expect(end((mic) => completed(Buffer.from(mic).fill(9, 5, 6)))).rejects.toEqual(trouble('tampered'));
  });

  it('goes on without SPNEGO when the host answers so', async () => {
    const spnego = createSpnego([ntlm()]);
    const negotiate = (await spnego.step(null))?.subarray(-40) ?? Buffer.alloc(0);
    const authenticate = await spnego.step(challenge());
    const host = await accept(PASSWORD, negotiate, challenge(), authenticate ?? Buffer.alloc(0));
    expect(host).toMatchObject({ passwordIsRight: true, micIsRight: true });
    expect(spnego.complete).toBe(true);
    expect(spnego.seal(Buffer.from('a')).signature.readUInt32LE(12)).toBe(0);
  });

  it('is not taken without SPNEGO where Kerberos was begun, or in the middle', async () => {
    await expect((await begun(new Tickets(), ntlm())).step(challenge())).rejects.toEqual(trouble('malformed'));
    const spnego = await begun(new Tickets(), ntlm());
    await spnego.step(answer({ state: 'request-mic', supportedMech: NTLM }));
    await expect(spnego.step(challenge())).rejects.toEqual(trouble('malformed'));
  });
});

describe('a host that', () => {
  it('refuses is told of with the mechanism', async () => {
    const spnego = await begun(ntlm());
    await expect(spnego.step(answer({ state: 'reject', responseToken: Buffer.from('x') }))).rejects.toMatchObject({
      trouble: 'credentials',
      message: 'The host refused the log-on by NTLM',
    });
  });

  it('refuses Kerberos with a reason is told of with the reason', async () => {
    const spnego = await begun(new Tickets(), ntlm());
    const refusal = answer({ state: 'reject', responseToken: Buffer.from('KRB-ERROR') });
    await expect(spnego.step(refusal)).rejects.toMatchObject({ message: 'the clocks differ' });
    await expect((await begun(new Tickets())).step(answer({ state: 'reject' }))).rejects.toEqual(trouble('credentials'));
  });

  it.each([
    ['chooses what was not offered', [answer({ state: 'accept-incomplete', supportedMech: '1.3.6.1.5.2.5' })]],
    ['ends before it began', [answer({ state: 'accept-completed' })]],
    ['ends with another mechanism', [answer({ state: 'accept-completed', supportedMech: NTLM })]],
    ['says nothing', [answer({})]],
    ['signs the list too early', [answer({ state: 'accept-incomplete', mechListMic: hostMic })]],
    ['changes its mind', [answer({ state: 'request-mic', supportedMech: NTLM }), answer({ supportedMech: KERBEROS })]],
    [
      'ends before NTLM has answered',
      [answer({ state: 'request-mic', supportedMech: NTLM }), answer({ state: 'accept-completed', responseToken: challenge() })],
    ],
    ['never ends', [answer({ responseToken: Buffer.from('AP-REP') }), answer({ state: 'accept-incomplete' })]],
  ])('%s is malformed', async (_, tokens) => {
    const spnego = await begun(new Tickets(), ntlm());
    const attempt = async () => {
      for (const token of tokens) await spnego.step(token);
    };
    await expect(attempt()).rejects.toEqual(trouble('malformed'));
    expect(() => spnego.seal(Buffer.from('a'))).toThrow(SecurityError);
  });

  it('sends any bytes gets only tokens or a SecurityError', async () => {
    const valid = fc.constantFrom(
      answer({ state: 'accept-completed', supportedMech: KERBEROS, responseToken: Buffer.from('AP-REP'), mechListMic: hostMic }),
      answer({ state: 'accept-incomplete', supportedMech: NTLM, responseToken: challenge() }),
      answer({ state: 'request-mic', supportedMech: NTLM }),
      answer({ state: 'reject' }),
    );
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    const mutated = fc.tuple(valid, edits).map(([token, changes]) => {
      const bytes = Buffer.from(token);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes;
    });
    const token = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(token, { minLength: 1, maxLength: 4 }), async (withTickets, tokens) => {
        const spnego = withTickets ? await begun(new Tickets(), ntlm()) : await begun(ntlm());
        for (const each of tokens) {
          const result = await spnego.step(each).catch((error: unknown) => error);
          if (result instanceof SecurityError) return;
          expect(result === null || Buffer.isBuffer(result)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

it('all mechanisms are disposed of, and nothing is sealed afterwards', async () => {
  const [one, two] = [new Tickets(), new Tickets()];
  const spnego = await begun(one, two);
  await spnego.step(answer({ state: 'accept-completed', responseToken: Buffer.from('AP-REP') }));
  spnego.dispose();
  expect([one.disposed, two.disposed]).toEqual([1, 1]);
  expect(() => spnego.seal(Buffer.from('a'))).toThrow(SecurityError);
});
