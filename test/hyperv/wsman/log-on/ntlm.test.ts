import { hostname } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelBindingHash } from '../../../../src/hyperv/wsman/log-on/channel-binding.ts';
import { createNtlm, type NtlmOptions } from '../../../../src/hyperv/wsman/log-on/ntlm.ts';
import { unicode } from '../../../../src/hyperv/wsman/log-on/ntlm-keys.ts';
import { SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { accept, challenge, GRANTED, HOST_PAIRS, TIMESTAMP } from './ntlm-acceptor.ts';

const PASSWORD = 'Pässw0rd!';
const OPTIONS: NtlmOptions = {
  username: 'EXAMPLE\\admin',
  password: PASSWORD,
  targetName: 'HTTP/hv1.example.org',
  channelBinding: null,
};

async function logOn(options: Partial<NtlmOptions> = {}, sent = challenge(), password = PASSWORD) {
  const context = createNtlm({ ...OPTIONS, ...options });
  const negotiate = await context.step(null);
  const authenticate = await context.step(sent);
  if (negotiate === null || authenticate === null) throw new Error('a message is missing');
  return { context, negotiate, authenticate, host: await accept(password, negotiate, sent, authenticate) };
}

const trouble = (is: string) => expect.objectContaining({ constructor: SecurityError, trouble: is });
const valueOfPair = (pairs: typeof HOST_PAIRS, id: number) => pairs.filter((pair) => pair.id === id).map(({ value }) => value);

describe('an NTLM log-on', () => {
  it('proves the password to the host, with a MIC', async () => {
    const { context, host } = await logOn();
    expect(host).toMatchObject({ user: 'admin', domain: 'EXAMPLE', passwordIsRight: true, micIsRight: true });
    expect(context.complete).toBe(true);
    const wrong = await logOn({}, challenge(), 'other');
    expect(wrong.host).toMatchObject({ passwordIsRight: false, micIsRight: false });
  });

  it('is complete with its second token, not before', async () => {
    const context = createNtlm(OPTIONS);
    expect(context.complete).toBe(false);
    await context.step(null);
    expect(context.complete).toBe(false);
    await context.step(challenge());
    expect(context.complete).toBe(true);
    await expect(context.step(challenge())).rejects.toEqual(trouble('malformed'));
  });

  it('never answers as LAN Manager', async () => {
    expect((await logOn()).host.lmResponse).toEqual(Buffer.alloc(24));
    const noTime = challenge({ pairs: HOST_PAIRS.filter(({ id }) => id !== 7) });
    expect((await logOn({}, noTime)).host).toMatchObject({ lmResponse: Buffer.alloc(24), micIsRight: true, passwordIsRight: true });
  });

  it("uses the host's clock, and its own where the host tells none", async () => {
    expect((await logOn()).host.time).toEqual(TIMESTAMP);
    const noTime = challenge({ pairs: HOST_PAIRS.filter(({ id }) => id !== 7) });
    const { host } = await logOn({ now: () => Date.UTC(2030, 0, 1) }, noTime);
    expect(host.time.readBigUInt64LE()).toBe(BigInt(Date.UTC(2030, 0, 1) + Date.UTC(1970, 0, 1) - Date.UTC(1601, 0, 1)) * 10_000n);
  });

  it('says by which name and through which TLS connection it came', async () => {
    const binding = Buffer.from('tls-server-end-point:0123');
    const { pairs } = (await logOn({ channelBinding: binding })).host;
    expect(pairs.slice(0, HOST_PAIRS.length)).toEqual(HOST_PAIRS);
    expect(valueOfPair(pairs, 6)).toEqual([Buffer.from([2, 0, 0, 0])]);
    expect(valueOfPair(pairs, 9)).toEqual([unicode('HTTP/hv1.example.org')]);
    expect(valueOfPair(pairs, 10)).toEqual([channelBindingHash(binding)]);
    expect(valueOfPair((await logOn()).host.pairs, 10)).toEqual([Buffer.alloc(16)]);
  });

  it('lets the host say nothing in its stead', async () => {
    const forged = [6, 8, 9, 10].map((id) => ({ id, value: Buffer.from([id === 6 ? 1 : 7, 0, 0, 0]) }));
    const { pairs } = (await logOn({}, challenge({ pairs: [...HOST_PAIRS, ...forged] }))).host;
    expect(pairs.map(({ id }) => id)).toEqual([2, 1, 4, 3, 7, 6, 9, 10]);
    expect(valueOfPair(pairs, 6)).toEqual([Buffer.from([3, 0, 0, 0])]);
  });

  it('agrees to what both want, and names its workstation', async () => {
    const { host } = await logOn({}, challenge({ flags: (GRANTED | 0x80) >>> 0 }));
    expect(host.flags).toBe((GRANTED & ~0x20000) >>> 0);
    expect(host.workstation).toBe((hostname().split('.')[0] ?? '').toUpperCase().slice(0, 15));
  });

  it('does not mind what stands behind the target information', async () => {
    const behind = challenge({ pairs: [...HOST_PAIRS, { id: 0, value: Buffer.alloc(0) }, { id: 8, value: Buffer.from('x') }] });
    expect((await logOn({}, behind)).host).toMatchObject({ passwordIsRight: true, pairs: { length: HOST_PAIRS.length + 3 } });
  });

  it('works with a host that has no target information', async () => {
    const { host } = await logOn({ now: () => 0 }, challenge({ flags: (GRANTED & ~0x800000) >>> 0 }));
    expect(host).toMatchObject({ passwordIsRight: true, micIsRight: true });
    expect(host.pairs.map(({ id }) => id)).toEqual([6, 9, 10]);
  });

  it('is another one every time', async () => {
    const [one, two] = [await logOn(), await logOn()];
    expect(one.host.clientChallenge).not.toEqual(two.host.clientChallenge);
    expect(one.authenticate.subarray(-16)).not.toEqual(two.authenticate.subarray(-16));
    const sameRandom = { random: (bytes: number) => Buffer.alloc(bytes, 7) };
    expect((await logOn(sameRandom)).authenticate).toEqual((await logOn(sameRandom)).authenticate);
  });
});

describe('user names', () => {
  it.each([
    ['EXAMPLE\\admin', 'EXAMPLE', 'admin'],
    ['admin@example.org', '', 'admin@example.org'],
    ['.\\admin', 'HV1', 'admin'],
    ['admin', '', 'admin'],
    ['EXAMPLE\\ad@min', 'EXAMPLE', 'ad@min'],
  ])('%s is sent as domain "%s" and user "%s"', async (username, domain, user) => {
    expect((await logOn({ username })).host).toMatchObject({ domain, user, passwordIsRight: true });
  });

  it.each(['', 'EXAMPLE\\', `EXAMPLE\\${'a'.repeat(1_025)}`, `${'a'.repeat(1_025)}\\a`])(
    '%s is refused before anything is sent',
    async (username) => {
      await expect(createNtlm({ ...OPTIONS, username }).step(null)).rejects.toEqual(trouble('credentials'));
    },
  );
});

describe('a challenge', () => {
  it.each([
    ['Unicode', 0x1],
    ['signing', 0x10],
    ['sealing', 0x20],
    ['extended session security', 0x80000],
    ['128-bit keys', 0x20000000],
    ['key exchange', 0x40000000],
  ])('without %s is refused', async (name, flag) => {
    const error = await logOn({}, challenge({ flags: (GRANTED & ~flag) >>> 0 })).catch((reason: unknown) => reason);
    expect(error).toEqual(trouble('downgrade'));
    expect((error as SecurityError).message).toBe(`The host wants NTLM without ${name}`);
  });

  it.each([
    ['that comes first', async () => createNtlm(OPTIONS).step(challenge())],
    ['that is empty', async () => (await logOn({}, Buffer.alloc(0))).context],
    ['that is too long', async () => (await logOn({}, Buffer.concat([challenge(), Buffer.alloc(16_384)]))).context],
    ['of another type', async () => (await logOn({}, Buffer.from(challenge()).fill(3, 8, 9))).context],
    ['with target information beyond its end', async () => (await logOn({}, challenge().subarray(0, -1))).context],
    ['with target information that begins beyond its end', async () => (await logOn({}, Buffer.from(challenge()).fill(1, 44, 48))).context],
    ['with a time of 4 bytes', async () => (await logOn({}, challenge({ pairs: [{ id: 7, value: Buffer.alloc(4) }] }))).context],
    ['with flags of 8 bytes', async () => (await logOn({}, challenge({ pairs: [{ id: 6, value: Buffer.alloc(8) }] }))).context],
  ])('%s is malformed', async (_, attempt) => {
    await expect(attempt()).rejects.toEqual(trouble('malformed'));
  });

  it('of any bytes gives only an answer or a SecurityError', async () => {
    const valid = challenge();
    const mutated = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((edits) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of edits) bytes[at] = value;
      return bytes;
    });
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          mutated,
          random,
          fc.nat(valid.length).map((length) => valid.subarray(0, length)),
          random.map((tail) => Buffer.concat([valid.subarray(0, 48), tail])),
        ),
        async (bytes) => {
          const context = createNtlm(OPTIONS);
          await context.step(null);
          const result = await context.step(bytes).catch((error: unknown) => error);
          expect(result instanceof SecurityError || Buffer.isBuffer(result)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('after an NTLM log-on', () => {
  it('both sides read each other', async () => {
    const { context, host } = await logOn();
    host.incoming.verify(Buffer.from('list'), context.sign(Buffer.from('list')));
    context.verify(Buffer.from('list'), host.outgoing.sign(Buffer.from('list')));
    expect(host.incoming.unseal(context.seal(Buffer.from('question'))).toString()).toBe('question');
    expect(context.unseal(host.outgoing.seal(Buffer.from('answer'))).toString()).toBe('answer');
  });

  it('nothing can be sealed any more once it is disposed of, nor before', async () => {
    const { context } = await logOn();
    context.dispose();
    context.dispose();
    expect(() => context.seal(Buffer.from('a'))).toThrow(SecurityError);
    expect(() => createNtlm(OPTIONS).seal(Buffer.from('a'))).toThrow(SecurityError);
  });
});
