import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KerberosRealm, noKerberos, REALM } from '../support/kerberos-realm.ts';
import { ENVIRONMENT, failback, PASSWORD, simulate, writePlan } from './command-line.ts';

/** What simulated hosts call theirs. */
const ACCOUNT = `hvadmin@${REALM}`;
const SPN = 'HTTP/hv.failback.test';

const directory = mkdtempSync(join(tmpdir(), 'failback-realm-'));
let realm: KerberosRealm;
let keytab = '';
let clientKeytab = '';
beforeAll(async () => {
  if (noKerberos !== null) return;
  realm = await KerberosRealm.start(directory);
  realm.enter();
  realm.add('hvadmin', PASSWORD);
  realm.add(SPN, null);
  realm.add('HTTP/other.failback.test', null);
  keytab = realm.keytab(SPN);
  clientKeytab = realm.keytab('hvadmin');
});
afterAll(async () => {
  if (noKerberos === null) await realm.stopKdc();
  rmSync(directory, { recursive: true, force: true });
});

async function check(host: object): Promise<{ code: number; findings: readonly Record<string, string>[] }> {
  const simulator = await simulate({ hosts: 1, vms: 1, speed: 1, auth: ['negotiate', 'kerberos'], keytab });
  const plan = writePlan({ hosts: [] }, { hosts: { h1: { address: simulator.hosts[0]?.url, spn: SPN, ...host } } });
  const { code, objects, stderr } = await failback(['hosts', 'check', plan, '--json'], ENVIRONMENT);
  const findings = objects[0]?.findings;
  if (!Array.isArray(findings)) throw new Error(stderr);
  return { code, findings };
}

describe.skipIf(noKerberos !== null)(`hosts check by Kerberos${noKerberos === null ? '' : ` (skipped: ${noKerberos})`}`, () => {
  test.each([
    ['a password', 'kerberos', () => ({ username: ACCOUNT, password: 'env:HV_PASSWORD' }), ACCOUNT],
    ['a keytab', 'kerberos', () => ({ username: ACCOUNT, keytab: clientKeytab }), ACCOUNT],
    ['tickets', 'kerberos', () => ({ cache: realm.kinit('hvadmin', PASSWORD) }), 'whom the tickets are for'],
    ['a password, negotiated', 'negotiate', () => ({ username: ACCOUNT, password: 'env:HV_PASSWORD' }), ACCOUNT],
  ])('says so, with %s', async (_title, auth, credentials, account) => {
    const { code, findings } = await check({ auth, credentials: credentials() });
    expect(findings[1]).toEqual({
      severity: 'ok',
      message: `logged on as ${account} by ${auth} (Kerberos); messages are sealed`,
    });
    expect(code).toBe(0);
  });

  const credentials = { username: ACCOUNT, password: 'env:HV_PASSWORD' };

  test('a host whose name the domain does not know is told how to register it', async () => {
    const { code, findings } = await check({ auth: 'kerberos', spn: 'HTTP/nobody.failback.test', credentials });
    expect(findings).toEqual([
      {
        severity: 'error',
        message: expect.stringContaining('HTTP/nobody.failback.test'),
        remedy: expect.stringContaining('setspn -Q'),
        command: "setspn -S 'HTTP/nobody.failback.test' $env:COMPUTERNAME",
      },
    ]);
    expect(code).toBe(6);
  });

  test('a host that can not read its ticket is told to look whose name it is', async () => {
    const { findings } = await check({ auth: 'kerberos', spn: 'HTTP/other.failback.test', credentials });
    expect(findings).toEqual([
      {
        severity: 'error',
        message: expect.stringContaining('refused the ticket that the domain gave out'),
        remedy: expect.stringContaining('setspn -Q'),
        command: "setspn -Q 'HTTP/other.failback.test'",
      },
    ]);
  });
});
