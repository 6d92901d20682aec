import { describe, expect, test } from 'vitest';
import { logOnOf } from '../../src/bin/log-on.ts';
import { readConnection, runHostOf } from '../../src/cli/host-connection.ts';
import type { HostAccess } from '../../src/plan/host-access.ts';
import type { PlanHost } from '../../src/plan/plan.ts';

type WsmanAccess = Extract<HostAccess, { transport: 'wsman' }>;

const WSMAN = { transport: 'wsman', tls: { caFile: null, fingerprint: null } } as const;
const ACCOUNT = { username: 'svc', password: 'env:P' };
const TICKETED = { ...WSMAN, auth: 'kerberos', spn: null } as const;
const BASIC: WsmanAccess = { ...WSMAN, auth: 'basic', credentials: ACCOUNT, allowUnencrypted: false };

const stored = (connection: unknown) => ({ name: 'h1', address: 'https://h1:5986/wsman', inFlight: 3, connection });

const hostWith = (access: HostAccess): PlanHost => ({
  name: 'h1',
  address: 'https://h1:5986/wsman',
  access,
  site: null,
  cluster: null,
  broker: null,
  replicaCertificate: null,
  limits: { inFlight: 3, transfers: 3 },
});

const EVERY: readonly HostAccess[] = [
  BASIC,
  { ...WSMAN, auth: 'ntlm', credentials: ACCOUNT },
  { ...TICKETED, credentials: ACCOUNT },
  { ...TICKETED, credentials: { username: 'svc', keytab: '/k' }, spn: 'WSMAN/h1' },
  { ...TICKETED, auth: 'negotiate', credentials: { cache: null, username: null } },
  { ...WSMAN, auth: 'certificate', credentials: { certificate: '/c', key: '/k', passphrase: null } },
  { transport: 'powershell', auth: 'negotiate', credentials: null, executable: null, configurationName: null, sessions: 2 },
];

describe('how a host is to be reached, as it is kept with a run', () => {
  test.each(EVERY)('comes back as it went in: $transport $auth', (access) => {
    expect(readConnection(JSON.parse(JSON.stringify(runHostOf(hostWith(access)))))).toEqual(access);
  });

  test('is read as Basic where a version wrote it that knew nothing else', () => {
    const old =
      '{"transport":"wsman","auth":"basic","credentials":{"username":"svc","password":"env:P"},"tls":{"caFile":"/ca.pem","fingerprint":null},"allowUnencrypted":true}';
    expect(readConnection(stored(JSON.parse(old)))).toMatchObject({ auth: 'basic', allowUnencrypted: true, tls: { caFile: '/ca.pem' } });
  });

  test.each([null, {}, { ...BASIC, auth: 'credssp' }, { ...BASIC, tls: { caFile: null, fingerprint: null, serverName: 'h' } }])(
    'is refused when another version wrote it: %j',
    (connection) => {
      expect(() => readConnection(stored(connection))).toThrow('this version can not read how host h1 is to be reached');
    },
  );
});

describe('the log-on of a connection', () => {
  const readSecret = async (reference: string) => `what ${reference} stands for`;
  const secret = { username: 'svc', password: 'what env:P stands for' };

  test.each(['basic', 'ntlm'] as const)('reads the password of %s when it is used', async (auth) => {
    const logOn = logOnOf({ ...BASIC, auth }, readSecret);
    if (logOn.scheme !== auth) throw new Error('another scheme');
    expect(await logOn.credentials()).toEqual(secret);
  });

  test('of Kerberos has a password, a keytab or tickets', async () => {
    const byPassword = logOnOf({ ...TICKETED, credentials: ACCOUNT, spn: 'HTTP/h1' }, readSecret);
    if (byPassword.scheme !== 'kerberos' || byPassword.identity.kind !== 'password') throw new Error('not by password');
    expect(byPassword.spn).toBe('HTTP/h1');
    expect(await byPassword.identity.credentials()).toEqual(secret);
    expect(logOnOf({ ...TICKETED, credentials: { username: 'svc', keytab: '/k' } }, readSecret)).toEqual({
      scheme: 'kerberos',
      identity: { kind: 'keytab', principal: 'svc', file: '/k' },
    });
    expect(logOnOf({ ...TICKETED, auth: 'negotiate', credentials: { cache: null, username: 'svc' } }, readSecret)).toEqual({
      scheme: 'negotiate',
      identity: { kind: 'cache', name: null, principal: 'svc' },
    });
  });

  test('of a certificate reads the passphrase when it is used', async () => {
    const credentials = { certificate: '/c', key: '/k', passphrase: 'file:/p' };
    const logOn = logOnOf({ ...WSMAN, auth: 'certificate', credentials }, readSecret);
    expect(logOn).toMatchObject({ scheme: 'certificate', certificateFile: '/c', keyFile: '/k' });
    expect(logOn.scheme === 'certificate' && (await logOn.passphrase?.())).toBe('what file:/p stands for');
    const open = logOnOf({ ...WSMAN, auth: 'certificate', credentials: { ...credentials, passphrase: null } }, readSecret);
    expect(open).toMatchObject({ passphrase: null });
  });
});
