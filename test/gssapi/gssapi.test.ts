import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { GssError, MAJOR } from '../../src/gssapi/gss-error.ts';
import { type AcceptOptions, gssapi, type InitiateOptions } from '../../src/gssapi/gssapi.ts';
import { type Bytes, type Handle, loadLibrary, type Out } from '../../src/gssapi/library.ts';
import { bytes, Native, OID } from '../../src/gssapi/native.ts';
import { gssPair, logOn } from '../support/gss-pair.ts';
import { KerberosRealm, noKerberos, REALM } from '../support/kerberos-realm.ts';

const PASSWORD = 'Pässw0rd!';
const HOST = 'HTTP/hv-dr-01.failback.test';

describe.skipIf(noKerberos !== null)(`Kerberos${noKerberos === null ? '' : ` (skipped: ${noKerberos})`}`, () => {
  let realm: KerberosRealm;
  let hostKeytab: string;
  let oldHostKeytab: string;

  beforeAll(async () => {
    realm = await KerberosRealm.start(mkdtempSync(join(inject('runDirectory'), 'realm-')));
    realm.enter();
    realm.add('alice', PASSWORD);
    realm.add('bob', 'other');
    realm.add(HOST, null);
    realm.add('HTTP/old.failback.test', null, ['-e', 'rc4-hmac:normal']);
    hostKeytab = realm.keytab(HOST);
    oldHostKeytab = realm.keytab('HTTP/old.failback.test');
  });
  afterAll(() => realm?.stopKdc());

  const pair = (initiate: Partial<InitiateOptions> = {}, accept: Partial<AcceptOptions> = {}) =>
    gssPair(
      {
        mechanism: 'kerberos',
        target: HOST,
        ...('cache' in initiate || 'keytab' in initiate ? {} : { principal: 'alice', password: PASSWORD }),
        ...initiate,
      },
      { keytab: hostKeytab, ...accept },
    );

  test.each<[string, () => Partial<InitiateOptions>]>([
    ['a password', () => ({ principal: `alice@${REALM}`, password: PASSWORD })],
    ['a keytab', () => ({ principal: 'alice', keytab: realm.keytab('alice') })],
    ['a keytab, as the first in it', () => ({ keytab: realm.keytab('alice') })],
    ['a credential cache', () => ({ cache: realm.kinit('alice', PASSWORD) })],
    ['a credential cache, for a host-based name', () => ({ cache: realm.kinit('alice', PASSWORD), target: HOST.replace('/', '@') })],
    ['a credential cache, for a name with its realm', () => ({ cache: realm.kinit('alice', PASSWORD), target: `${HOST}@${REALM}` })],
  ])('logs on with %s, and seals both ways', async (_, identity) => {
    const { initiator, acceptor } = await logOn(await pair(identity()));
    expect([initiator.complete, acceptor.complete]).toEqual([true, true]);
    expect([initiator.self, acceptor.peer]).toEqual([`alice@${REALM}`, `alice@${REALM}`]);
    expect(initiator.peer).toContain(HOST);
    expect(initiator.expiresAt?.getTime()).toBeGreaterThan(Date.now());
    for (const size of [0, 1, 15, 16, 1000, 2 ** 20]) {
      const [there, back] = [randomBytes(size), randomBytes(size)];
      const request = initiator.wrap(there);
      expect(request.content.equals(there) && size > 8).toBe(false);
      expect(acceptor.unwrap(request.header, request.content).equals(there)).toBe(true);
      const answer = acceptor.wrap(back);
      expect(initiator.unwrap(answer.header, answer.content).equals(back)).toBe(true);
    }
    const mic = initiator.getMic(Buffer.from('signed'));
    acceptor.verifyMic(Buffer.from('signed'), mic);
    expect(() => acceptor.verifyMic(Buffer.from('sighed'), initiator.getMic(Buffer.from('signed')))).toThrow(GssError);
  });

  test('lays a sealed message out as Windows does: 60 bytes of header, rotated by 28, and as many of content as the message has', async () => {
    const { initiator } = await logOn(await pair());
    const { header, content } = initiator.wrap(randomBytes(100));
    expect([header.length, content.length]).toEqual([60, 100]);
    // RFC 4121, 4.2.6.2: token 05 04, filler ff, extra count 0, right rotation count 28.
    expect(header.subarray(0, 8).toString('hex')).toMatch(/^0504..ff0000001c$/);
  });

  test('seals with RC4, which pads, where a realm still has it', async () => {
    realm.configure({ allow_weak_crypto: 'true', permitted_enctypes: 'rc4-hmac aes256-cts-hmac-sha1-96' });
    try {
      const { initiator, acceptor } = await logOn(await pair({ target: 'HTTP/old.failback.test' }, { keytab: oldHostKeytab }));
      for (const size of [1, 7, 8, 100, 100_000]) {
        const message = randomBytes(size);
        const { header, content } = initiator.wrap(message);
        expect(header[0]).toBe(0x60);
        expect(content).toHaveLength(size + 1);
        expect(acceptor.unwrap(header, content).equals(message)).toBe(true);
      }
    } finally {
      realm.configure();
    }
  });

  test('refuses what was changed, in any byte of header or content', async () => {
    const { initiator, acceptor } = await logOn(await pair());
    const message = Buffer.from('<s:Envelope/>');
    for (let at = 0; at < 60 + message.length; at++) {
      const { header, content } = initiator.wrap(message);
      const whole = Buffer.concat([header, content]);
      whole[at] = (whole[at] ?? 0) ^ (1 << (at % 8));
      expect(() => acceptor.unwrap(whole.subarray(0, 60), whole.subarray(60)), `byte ${at}`).toThrow(GssError);
    }
    for (const [header, content] of [
      [Buffer.alloc(0), Buffer.alloc(0)],
      [randomBytes(60), randomBytes(13)],
      [initiator.wrap(message).header, Buffer.alloc(0)],
    ] as const)
      expect(() => acceptor.unwrap(header, content)).toThrow(GssError);
  });

  test('refuses what was seen before, and what is out of order', async () => {
    const { initiator, acceptor } = await logOn(await pair());
    const [first, second, third] = ['1', '2', '3'].map((text) => initiator.wrap(Buffer.from(text)));
    const take = (sealed = first) => acceptor.unwrap(sealed?.header ?? Buffer.alloc(0), sealed?.content ?? Buffer.alloc(0)).toString();
    expect(take(first)).toBe('1');
    expect(() => take(first)).toThrow(/replayed/);
    expect(() => take(third)).toThrow(/out of order/);
    expect(() => take(second)).toThrow(/out of order/);
  });

  test('refuses what is only signed', async () => {
    const library = await loadLibrary();
    const native = new Native(library, OID.kerberos);
    process.env.KRB5CCNAME = realm.kinit('alice', PASSWORD);
    onTestFinished(() => realm.enter());
    const target = native.importName(`${HOST}@`, OID.kerberosPrincipal);
    const [context, output]: [Out<Handle>, Partial<Bytes>] = [[null], {}];
    native.call('init_sec_context', null, context, target[0], OID.kerberos, 0, 0, null, null, null, output, [0], [0]);
    const { acceptor } = await pair();
    expect(await acceptor.step(native.take(output))).toBeNull();
    const signed: Partial<Bytes> = {};
    native.call('wrap', context[0], 0, 0, bytes(Buffer.from('in the clear')), [0], signed);
    native.call('delete_sec_context', context, null);
    native.call('release_name', target);
    expect(() => acceptor.unwrap(native.take(signed), Buffer.alloc(0))).toThrow(/not sealed/);
  });

  test('refuses what it has sealed itself', async () => {
    const { initiator } = await logOn(await pair());
    const { header, content } = initiator.wrap(Buffer.from('mirror'));
    expect(() => initiator.unwrap(header, content)).toThrow(GssError);
  });

  test('refuses the other end of another channel', async () => {
    const [ours, other] = [Buffer.from('tls-server-end-point:ours'), Buffer.from('tls-server-end-point:other')];
    const same = await logOn(await pair({ channelBinding: ours }, { channelBinding: ours }));
    expect(same.acceptor.channelBound).toBe(true);
    const without = await logOn(await pair({}, { channelBinding: ours }));
    expect(without.acceptor.channelBound).toBe(false);
    const differ = await pair({ channelBinding: other }, { channelBinding: ours });
    await expect(logOn(differ)).rejects.toMatchObject({ name: 'GssError', major: MAJOR.badBindings });
  });

  test('says why not, in words and codes', async () => {
    const attempt = (options: Partial<InitiateOptions>) => pair(options).then(logOn);
    await expect(attempt({ principal: 'alice', password: 'wrong' })).rejects.toThrow(/credentials.*(integrity|Preauthentication)/i);
    await expect(attempt({ target: 'HTTP/nobody.failback.test' })).rejects.toThrow(/not found in Kerberos database/);
    await expect(attempt({ principal: 'alice@NOWHERE.TEST', password: 'x' })).rejects.toThrow(/find KDC/);
    await expect(attempt({ cache: 'FILE:/nowhere/cache' })).rejects.toThrow(/cache/);
    await expect(attempt({ keytab: '/nowhere/keytab', principal: 'alice' })).rejects.toBeInstanceOf(GssError);
    await expect(pair({}, { keytab: '/nowhere/keytab' }).then(logOn)).rejects.toBeInstanceOf(GssError);
    await expect(attempt({ cache: realm.kinit('bob', 'other'), principal: 'alice' })).rejects.toThrow(/does not match/);
  });

  test('answers garbage with an error, on both sides', async () => {
    for (const garbage of [Buffer.alloc(0), Buffer.from('garbage'), randomBytes(2000)]) {
      const { initiator, acceptor } = await pair();
      await expect(acceptor.step(garbage)).rejects.toBeInstanceOf(GssError);
      await initiator.step(null);
      await expect(initiator.step(garbage)).rejects.toBeInstanceOf(GssError);
    }
  });

  test('is of no use before it is complete, and after it was disposed of', async () => {
    const { initiator, acceptor } = await pair();
    expect(() => initiator.wrap(Buffer.from('early'))).toThrow(GssError);
    await logOn({ initiator, acceptor });
    await expect(initiator.step(Buffer.from('late'))).rejects.toBeInstanceOf(GssError);
    initiator.dispose();
    initiator.dispose();
    expect(() => initiator.wrap(Buffer.from('late'))).toThrow(GssError);
    expect(() => initiator.unwrap(Buffer.alloc(60), Buffer.alloc(1))).toThrow(GssError);
  });

  test('may be disposed of while it waits for a KDC', async () => {
    const { initiator } = await pair();
    const step = initiator.step(null);
    initiator.dispose();
    await step;
    expect(initiator.complete).toBe(false);
    await expect(initiator.step(null)).rejects.toBeInstanceOf(GssError);
  });

  test('leaves nobody else tickets of a password or a keytab', async () => {
    await logOn(await pair({ keytab: realm.keytab('alice'), principal: 'alice' }));
    await logOn(await pair());
    const { initiate } = await gssapi();
    await expect(initiate({ mechanism: 'kerberos', target: HOST })).rejects.toBeInstanceOf(GssError);
  });
});
