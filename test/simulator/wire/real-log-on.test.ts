import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type ServedSimulatedHost, type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { readLedger } from '../../../src/simulator/world/ledger.ts';
import { KerberosRealm, noKerberos, REALM } from '../../support/kerberos-realm.ts';
import { WMI } from './client.ts';
import { gssNtlmssp } from './peers/log-on-peers.ts';
import { omicli, omicliFailback, omicliInstance, runOmicli, runWsman, wsman } from './programs.ts';
import { NAMESPACE } from './sample-host.ts';

const PASSWORD = 'Passw0rd!';
/** In the realm. It is not the host's: who logs on with it did so by Kerberos. */
const TICKETS = 'Tickets, please';
const QUERY = 'SELECT ElementName FROM Msvm_ComputerSystem WHERE ReplicationMode = 2';
const KERBEROS = noKerberos === null ? 'by Kerberos' : `by Kerberos (skipped: ${noKerberos})`;

let directory: string;
let simulator: Simulator;
let host: ServedSimulatedHost;
let port: string;
let id: string;

beforeEach(() => {
  directory = mkdtempSync(join(inject('runDirectory'), 'log-on-'));
});
afterEach(() => simulator.close());

async function serve(options: Partial<SimulatorOptions>): Promise<void> {
  const scenario = { vms: [{ names: ['dc01'] }] };
  simulator = await startSimulator({ hosts: 1, vms: 0, seed: 1, password: PASSWORD, scenario, ledgerFile: ledger(), ...options });
  [host] = simulator.hosts as [ServedSimulatedHost];
  port = new URL(host.url).port;
  id = host.vms[0]?.id ?? '';
}
const ledger = () => join(directory, 'ledger.jsonl');
const settingsId = () => `Microsoft:${id}\\HVR\\0`;

function expectFailback(): void {
  const { calls, outcomes } = readLedger(ledger());
  expect(calls).toMatchObject([{ method: 'InitiateFailback', vm: id }]);
  expect(outcomes).toMatchObject([{ method: 'InitiateFailback', returnValue: 4096 }]);
}

/** GSSAPI tries Kerberos beside NTLM: it shall ask no realm of the machine's, nor the DNS for one. */
function leaveRealms(): void {
  const config = join(inject('runDirectory'), 'no-realm.conf');
  writeFileSync(config, '[libdefaults]\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n');
  process.env.KRB5_CONFIG = config;
}
beforeAll(leaveRealms);

let realm: KerberosRealm;

/** A realm for a group of tests. @param service is compared with regard to case by MIT's Kerberos, which no domain of Windows does */
function inRealm(service: string): () => string {
  let keytab = '';
  beforeAll(async () => {
    realm = await KerberosRealm.start(mkdtempSync(join(inject('runDirectory'), 'realm-')));
    realm.enter();
    realm.add(service, null);
    realm.add('hvadmin', TICKETS);
    keytab = realm.keytab(service);
  });
  afterAll(async () => {
    await realm?.stopKdc();
    leaveRealms();
  });
  return () => keytab;
}

describe.skipIf(!omicli.found)(omicli.title, () => {
  /** Without a file of passwords for NTLM in its home. */
  const ask = (logOn: readonly string[], ...args: string[]) =>
    runOmicli(['--hostname', 'localhost', '--port', port, ...logOn, ...args], { HOME: directory });
  const sealed = ['--encryption', 'http'];
  const overTls = ['--encryption', 'https'];
  const settings = () => ['ReplicationSettingData', ...omicliInstance('Msvm_ReplicationSettingData', { InstanceID: settingsId() })];

  async function expectToWork(logOn: readonly string[]): Promise<void> {
    expect(await ask(logOn, 'wql', NAMESPACE, QUERY)).toContain('ElementName=dc01\n');
    await expect(ask(logOn, 'ei', NAMESPACE, 'Msvm_Nope')).rejects.toMatchObject({
      stderr: expect.stringContaining(':Msvm_Nope on this host'),
    });
    expect(await ask(logOn, ...omicliFailback(id, ...settings()))).toMatch(/ReturnValue=4096\n/);
    expectFailback();
  }

  describe.skipIf(!gssNtlmssp.found)(`by NTLM: ${gssNtlmssp.title}`, () => {
    const byNtlm = (password = PASSWORD) => ['--auth', 'NegoWithCreds', '-u', 'hvadmin', '-p', password];

    it('seals what it says over HTTP, and reads what was sealed for it, faults too', async () => {
      await serve({ auth: ['negotiate'] });
      await expectToWork([...byNtlm(), ...sealed]);
    });

    it('is content with TLS', async () => {
      await serve({ auth: ['negotiate'], tls: true });
      await expectToWork([...byNtlm(), ...overTls]);
    });

    it.each<[what: string, options: Partial<SimulatorOptions>, how: readonly string[], words: string]>([
      ['a wrong password', {}, [...byNtlm('Passw0rd?'), ...sealed], 'Authorization failed'],
      ['a log-on that is not bound to TLS', { tls: true, cbtHardeningLevel: 'Strict' }, [...byNtlm(), ...overTls], 'Authorization failed'],
      ['messages it did not seal', {}, [...byNtlm(), '--encryption', 'none'], 'Internal error parsing Wsman fault message'],
    ])('is refused with %s', async (_what, options, how, words) => {
      await serve({ auth: ['negotiate'], ...options });
      await expect(ask(how, 'wql', NAMESPACE, QUERY)).rejects.toMatchObject({ stderr: expect.stringContaining(words) });
    });
  });

  describe.skipIf(noKerberos !== null)(KERBEROS, () => {
    const keytab = inRealm('http/localhost');
    const byKerberos = ['--auth', 'Kerberos', '-u', `hvadmin@${REALM}`, '-p', TICKETS];

    it('seals what it says over HTTP', async () => {
      await serve({ auth: ['kerberos'], keytab: keytab() });
      await expectToWork([...byKerberos, ...sealed]);
    });

    it('is content with TLS', async () => {
      await serve({ auth: ['kerberos'], keytab: keytab(), tls: true });
      await expectToWork([...byKerberos, ...overTls]);
    });
  });
});

describe.skipIf(!wsman.found)(wsman.title, () => {
  const ask = (how: readonly string[], args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { caFile } = host;
    const tls = caFile === undefined ? [] : ['--https', '-c', caFile];
    return runWsman([...args, '-h', 'localhost', '-P', port, ...tls, ...how, '--non-interactive'], env);
  };
  const by = (method: string, password = PASSWORD) => ['-u', 'hvadmin', '-p', password, '-y', method];
  const query = ['enumerate', `${WMI}/*`, '-D', 'http://schemas.microsoft.com/wbem/wsman/1/WQL', '-x', QUERY];
  const service = `${WMI}/Msvm_ReplicationService?CreationClassName=Msvm_ReplicationService&Name=replicasvc`;

  /** The method's parameters: wsman puts what is in a file into the body. */
  function parameters(): string {
    const file = join(directory, 'input.xml');
    writeFileSync(
      file,
      readFileSync(new URL('./fixtures/wsman-failback-input.xml', import.meta.url), 'utf8')
        .replaceAll('ID<', `${id}<`)
        .replaceAll(':ID\\', `:${id}\\`),
    );
    return file;
  }

  async function expectToWork(how: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    expect(await ask(how, ['identify'], env)).toContain('Microsoft Corporation');
    expect(await ask(how, query, env)).toContain('>dc01<');
    expect(await ask(how, ['invoke', '-a', 'InitiateFailback', service, '-J', parameters()], env)).toContain('ReturnValue>4096<');
    expectFailback();
  }

  it.each([
    ['Basic', 'basic', 'basic'],
    ['NTLM', 'ntlm', 'ntlm'],
  ] as const)('logs on over TLS by %s', async (_how, auth, method) => {
    await serve({ auth: [auth], tls: true });
    await expectToWork(by(method));
  });

  it('is refused over HTTP after NTLM, since it does not seal, unless the host allows that', async () => {
    await serve({ auth: ['ntlm'] });
    const plain = { code: 1, stderr: expect.stringContaining('response code = 500') };
    await expect(ask(by('ntlm'), query)).rejects.toMatchObject(plain);
    await simulator.close();
    await serve({ auth: ['ntlm'], allowUnencrypted: true });
    await expectToWork(by('ntlm'));
  });

  it.each<[what: string, options: Partial<SimulatorOptions>, how: (given: ServedSimulatedHost) => readonly string[]]>([
    ['a wrong password', { auth: ['ntlm'] }, () => by('ntlm', 'Passw0rd?')],
    ['NTLM, which no real host offers by that name', {}, () => by('ntlm')],
    ['a log-on that is not bound to TLS', { auth: ['ntlm'], cbtHardeningLevel: 'Strict' }, () => by('ntlm')],
    [
      'a certificate: it does not say that it should count',
      {},
      (given) => ['-A', given.clientCertificate ?? '', '-K', given.clientKey ?? ''],
    ],
  ])('is refused with %s', async (_what, options, how) => {
    await serve({ tls: true, ...options });
    await expect(ask(how(host), query)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('response code = 401') });
  });

  describe.skipIf(!gssNtlmssp.found)(`by Negotiate with NTLM: ${gssNtlmssp.title}`, () => {
    /** Where gss-ntlmssp looks for the password: libcurl hands it none. */
    function passwordFile(): Readonly<Record<string, string>> {
      const file = join(directory, 'users');
      writeFileSync(file, `HV-DR-01:hvadmin:${PASSWORD}\n`);
      return { NTLM_USER_FILE: file };
    }

    it('logs on over TLS', async () => {
      await serve({ auth: ['negotiate'], tls: true });
      await expectToWork(by('gss'), passwordFile());
    });

    it('is refused over HTTP', async () => {
      await serve({ auth: ['negotiate'] });
      const plain = { code: 1, stderr: expect.stringContaining('response code = 500') };
      await expect(ask(by('gss'), query, passwordFile())).rejects.toMatchObject(plain);
    });
  });

  describe.skipIf(noKerberos !== null)(KERBEROS, () => {
    const keytab = inRealm('HTTP/localhost');

    it('logs on over TLS by Negotiate', async () => {
      await serve({ auth: ['negotiate'], keytab: keytab(), tls: true });
      await expectToWork(by('gss'), { KRB5CCNAME: realm.kinit('hvadmin', TICKETS) });
    });
  });
});
