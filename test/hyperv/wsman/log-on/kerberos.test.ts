import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type AcceptOptions, type GssContext, gssapi } from '../../../../src/gssapi/gssapi.ts';
import { createKerberos, type KerberosOptions } from '../../../../src/hyperv/wsman/log-on/kerberos.ts';
import type { Identity } from '../../../../src/hyperv/wsman/log-on/log-on.ts';
import type { SecurityContext, SecurityError } from '../../../../src/hyperv/wsman/log-on/security-context.ts';
import { KerberosRealm, lacking, noKerberos, REALM } from '../../../support/kerberos-realm.ts';
import { until } from '../../../support/redis-servers.ts';

const PASSWORD = "it's a §ecret";
const SPN = 'HTTP/hv-dr-01.failback.test';
const noFaketime = lacking(['faketime']);

describe.skipIf(noKerberos !== null)(`a Kerberos log-on${noKerberos === null ? '' : ` (skipped: ${noKerberos})`}`, () => {
  let realm: KerberosRealm;
  let hostKeytab: string;

  beforeAll(async () => {
    realm = await KerberosRealm.start(mkdtempSync(join(inject('runDirectory'), 'realm-')));
    realm.enter();
    realm.add('svc-failback', PASSWORD, ['+requires_preauth']);
    realm.add('easy', PASSWORD);
    realm.add('locked', PASSWORD, ['-allow_tix']);
    realm.add('stale', PASSWORD, ['-pwexpire', 'yesterday']);
    realm.add(SPN, null);
    realm.add('HTTP/rejoined.failback.test', null);
    hostKeytab = realm.keytab(SPN);
  });
  afterAll(() => realm?.stopKdc());

  const password = (username = 'svc-failback', secret = PASSWORD): Identity => ({
    kind: 'password',
    credentials: async () => ({ username, password: secret }),
  });

  function client(identity: Identity, options: Partial<KerberosOptions> = {}): SecurityContext {
    const context = createKerberos({ spn: SPN, channelBinding: null, identity, ...options });
    onTestFinished(() => context.dispose());
    return context;
  }

  async function host(options: AcceptOptions = {}): Promise<GssContext> {
    const context = await (await gssapi()).accept({ keytab: hostKeytab, ...options });
    onTestFinished(() => context.dispose());
    return context;
  }

  async function logOn(context: SecurityContext, acceptor: GssContext): Promise<void> {
    const answer = await acceptor.step(await context.step(null));
    expect(context.complete).toBe(false);
    expect(await context.step(answer)).toBeNull();
    expect(context.complete).toBe(true);
  }

  /** What the first step of a log-on that can not work throws. */
  const refusal = (identity: Identity, options: Partial<KerberosOptions> = {}): Promise<SecurityError> =>
    client(identity, options)
      .step(null)
      .then(
        () => Promise.reject(new Error('it works')),
        (error) => error,
      );

  test.each<[string, () => Identity, string]>([
    ['user@REALM', () => password(`svc-failback@${REALM}`), 'svc-failback'],
    ['user@realm', () => password(`svc-failback@${REALM.toLowerCase()}`), 'svc-failback'],
    ['DOMAIN\\user', () => password(`${REALM.toLowerCase()}\\svc-failback`), 'svc-failback'],
    ['user of the default realm', () => password(), 'svc-failback'],
    ['user without pre-authentication', () => password('easy'), 'easy'],
    ['keytab', () => ({ kind: 'keytab', principal: `svc-failback@${REALM}`, file: realm.keytab('svc-failback') }), 'svc-failback'],
    ['cache', () => ({ kind: 'cache', name: realm.kinit('easy', PASSWORD), principal: null }), 'easy'],
    ['cache of a principal', () => ({ kind: 'cache', name: realm.kinit('easy', PASSWORD), principal: `easy@${REALM}` }), 'easy'],
  ])('shows who it is (%s), knows the host, and seals', async (_, identity, user) => {
    const [context, acceptor] = [client(identity()), await host()];
    await logOn(context, acceptor);
    expect(acceptor.peer).toBe(`${user}@${REALM}`);
    const { signature, content } = context.seal(Buffer.from('<request/>'));
    expect(content.includes('request')).toBe(false);
    expect(acceptor.unwrap(signature, content).toString()).toBe('<request/>');
    const answer = acceptor.wrap(Buffer.from('<answer/>'));
    const sealed = { signature: answer.header, content: answer.content };
    expect(context.unseal(sealed).toString()).toBe('<answer/>');
    expect(() => context.unseal(sealed)).toThrow(expect.objectContaining({ trouble: 'tampered' }));
    const mechanisms = Buffer.from('list of mechanisms');
    acceptor.verifyMic(mechanisms, context.sign(mechanisms));
    context.verify(mechanisms, acceptor.getMic(mechanisms));
    expect(() => context.verify(Buffer.from('another list'), acceptor.getMic(mechanisms))).toThrow(
      expect.objectContaining({ trouble: 'tampered' }),
    );
  });

  test('needs no default realm: the KDC of the user knows where the host is', async () => {
    realm.configure({ default_realm: null });
    onTestFinished(() => realm.configure());
    const acceptor = await host();
    await logOn(client(password(`svc-failback@${REALM}`)), acceptor);
    expect(acceptor.peer).toBe(`svc-failback@${REALM}`);
    expect(await refusal(password('svc-failback'))).toMatchObject({
      trouble: 'unavailable',
      remedy: expect.stringContaining('NAME@REALM'),
    });
  });

  test('uses the tickets of the process when no cache is named', async () => {
    process.env.KRB5CCNAME = realm.kinit('easy', PASSWORD);
    onTestFinished(() => realm.enter());
    const [context, acceptor] = [client({ kind: 'cache', name: null, principal: null }), await host()];
    await logOn(context, acceptor);
    expect(acceptor.peer).toBe(`easy@${REALM}`);
  });

  test('binds itself to the channel', async () => {
    const binding = Buffer.from('tls-server-end-point:0123');
    const acceptor = await host({ channelBinding: binding });
    await logOn(client(password(), { channelBinding: binding }), acceptor);
    expect(acceptor.channelBound).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ['a wrong password', 'svc-failback', 'Sesame', 'the password is wrong'],
    ['a wrong password, without pre-authentication', 'easy', 'Sesame', 'the password is wrong'],
    ['an unknown user', 'nobody', PASSWORD, 'not known under this name'],
    ['a locked account', 'locked', PASSWORD, 'disabled, locked, expired'],
    ['an expired password', 'stale', PASSWORD, 'has expired'],
  ])('tells %s', async (_, user, secret, words) => {
    const error = await refusal(password(user, secret));
    expect(error).toMatchObject({ name: 'SecurityError', trouble: 'credentials', message: expect.stringContaining(words) });
    expect(error.message).toContain(user);
    expect(error.remedy).not.toBeNull();
    expect(`${error.message} ${error.remedy}`).not.toContain(secret);
  });

  test('tells what a keytab lacks', async () => {
    const file = realm.keytab('svc-failback');
    expect(await refusal({ kind: 'keytab', principal: 'svc-failback', file: '/nowhere/keytab' })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('/nowhere/keytab can not be read'),
      remedy: expect.stringContaining('klist -k -e /nowhere/keytab'),
    });
    expect(await refusal({ kind: 'keytab', principal: 'easy', file })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('has no key of easy'),
    });
    realm.add('renewed', null);
    const old = realm.keytab('renewed');
    realm.changeKey('renewed');
    expect(await refusal({ kind: 'keytab', principal: 'renewed', file: old })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining(`the key in ${old} is wrong`),
    });
  });

  test('tells what a credential cache lacks', async () => {
    expect(await refusal({ kind: 'cache', name: 'FILE:/nowhere/cache', principal: null })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('no tickets in FILE:/nowhere/cache'),
      remedy: expect.stringContaining('kinit -c FILE:/nowhere/cache'),
    });
    expect(await refusal({ kind: 'cache', name: null, principal: null })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('no tickets in the default credential cache'),
    });
    expect(await refusal({ kind: 'cache', name: realm.kinit('easy', PASSWORD), principal: 'svc-failback' })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('not that of svc-failback'),
    });
  });

  test('tells that tickets have expired', async () => {
    const name = realm.kinit('easy', PASSWORD, ['-l', '1s']);
    await until('the ticket to expire', async () => (await refusal({ kind: 'cache', name, principal: null }).catch(() => null)) !== null);
    expect(await refusal({ kind: 'cache', name, principal: null })).toMatchObject({
      trouble: 'credentials',
      message: expect.stringContaining('The tickets have expired'),
      remedy: expect.stringContaining(`kinit -c ${name}`),
    });
  });

  test('tells that the domain has no such service', async () => {
    const error = await refusal(password(), { spn: 'HTTP/nobody.failback.test' });
    expect(error).toMatchObject({ trouble: 'host', message: expect.stringContaining('no service HTTP/nobody.failback.test') });
    expect(error.remedy).toContain('setspn -Q HTTP/nobody.failback.test');
  });

  test('tells that a host does not know its own key', async () => {
    const spn = 'HTTP/rejoined.failback.test';
    const acceptor = await host({ keytab: realm.keytab(spn) });
    realm.changeKey(spn);
    const token = await client(password(), { spn }).step(null);
    await expect(acceptor.step(token)).rejects.toThrow(/GSS|key|ticket/i);
  });

  test('tells that nobody knows the realm, and that no KDC answers', async () => {
    expect(await refusal(password('svc-failback@NOWHERE.TEST'))).toMatchObject({
      trouble: 'unavailable',
      message: expect.stringContaining('No domain controller of NOWHERE.TEST is known here'),
      remedy: expect.stringContaining('_kerberos._tcp.NOWHERE.TEST'),
    });
    await realm.stopKdc();
    onTestFinished(() => realm.startKdc());
    expect(await refusal(password())).toMatchObject({
      trouble: 'unavailable',
      message: expect.stringContaining('answers'),
      remedy: expect.stringContaining('port 88'),
    });
  });

  test('does not ask a domain for an account of the host alone', async () => {
    expect(await refusal(password('.\\Administrator'))).toMatchObject({ trouble: 'unavailable', remedy: expect.stringContaining('NTLM') });
  });

  test.skipIf(noFaketime !== null)(`tells that clocks differ${noFaketime === null ? '' : ` (skipped: ${noFaketime})`}`, async () => {
    await realm.stopKdc();
    await realm.startKdc('-1h');
    realm.configure({ kdc_timesync: '0' });
    onTestFinished(async () => {
      realm.configure();
      await realm.stopKdc();
      await realm.startKdc();
    });
    expect(await refusal(password())).toMatchObject({
      trouble: 'unavailable',
      message: expect.stringContaining('clocks'),
      remedy: expect.stringContaining('w32tm'),
    });
  });

  test('takes a host that answers garbage for what it is', async () => {
    const context = client(password());
    await context.step(null);
    await expect(context.step(Buffer.from('garbage'))).rejects.toMatchObject({ name: 'SecurityError', trouble: 'malformed' });
    expect(context.complete).toBe(false);
  });

  test('takes nobody else for the host', async () => {
    const [context, other] = [client(password()), client(password())];
    const [one, two] = [await host(), await host()];
    await one.step(await context.step(null));
    const answer = await two.step(await other.step(null));
    await expect(context.step(answer)).rejects.toMatchObject({ trouble: 'tampered' });
  });

  test('lets a resolver fail in its own words', async () => {
    const failure = new Error('the vault is closed');
    await expect(refusal({ kind: 'password', credentials: () => Promise.reject(failure) })).resolves.toBe(failure);
  });

  test('may be disposed of at any time, and is of no use then', async () => {
    const [early, late] = [client(password()), client(password())];
    const step = early.step(null);
    early.dispose();
    await expect(step).rejects.toThrow();
    await logOn(late, await host());
    late.dispose();
    late.dispose();
    expect(() => late.seal(Buffer.from('late'))).toThrow();
  });
});
