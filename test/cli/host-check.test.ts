import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HostQuirkSettings } from '../../src/simulator/world/quirks.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import { scriptedServer } from '../hyperv/wsman/scripted-server.ts';
import { ENVIRONMENT, failback, folder, PASSWORD, simulate, writePlan } from './command-line.ts';

interface Told {
  readonly severity: string;
  readonly message: string;
  readonly remedy?: string;
  readonly command?: string;
}

/** What `hosts check` says of the one host of a plan. */
async function check(host: object): Promise<{ code: number; host: Record<string, unknown>; told: readonly Told[] }> {
  const plan = writePlan({ hosts: [] }, { hosts: { 'hv-dr-01': host } });
  const { code, objects, stdout, stderr } = await failback(['hosts', 'check', plan, '--json'], ENVIRONMENT);
  expect(stdout + stderr).not.toContain(PASSWORD);
  const [first] = objects;
  if (!first) throw new Error(stderr);
  return { code, host: first, told: first.findings as readonly Told[] };
}

const account = { username: 'hvadmin', password: 'env:HV_PASSWORD' };

async function simulated(scenario: ScenarioInput, options: Parameters<typeof simulate>[0] = {}) {
  const { hosts } = await simulate({ hosts: 1, vms: 3, speed: 1, scenario, ...options });
  const [served] = hosts;
  if (!served) throw new Error('no host');
  return served;
}

/** What is said of a simulated host, over sealed HTTP. */
async function checkSimulated(quirks: HostQuirkSettings, faults: ScenarioInput['faults'] = [], plan: object = {}) {
  const { url } = await simulated({ quirks: { hosts: quirks }, faults });
  return check({ address: url, auth: 'ntlm', credentials: account, ...plan });
}

const denied = { fault: { code: 'Sender' as const, subcode: 'wsman:AccessDenied', reason: 'Access is denied.' } };
const hyperVAdministrators = "net localgroup 'Hyper-V Administrators' 'hvadmin' /add";

describe('a usable host', () => {
  test('is told of with all facts, over TLS', async () => {
    const { url, caFile } = await simulated({}, { tls: true });
    const { code, host, told } = await check({ address: url, credentials: account, tls: { ca: caFile } });
    expect(told.filter(({ severity }) => severity !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    expect(host).toMatchObject({
      host: 'hv-dr-01',
      transport: 'wsman',
      auth: 'negotiate',
      usable: true,
      identity: {
        hostName: 'hv-dr-01',
        tls: { protocol: 'TLSv1.3', certificate: { subject: 'CN=hv-dr-01', issuer: 'CN=failback simulator CA' } },
        logOn: { scheme: 'negotiate', mechanism: 'NTLM', account: 'hvadmin', sealed: false },
      },
      rights: { windows: { may: true }, hyperV: { may: true }, services: true, methods: { may: true }, vmms: 'Running' },
      limits: { winrm: { maxEnvelopeKb: 500, operationsPerUser: 1500, connections: 300 }, activeTransfers: 'default' },
      providers: [{ id: '22391CDC-272C-4DDF-BA88-9BEFB1A0975C' }, {}],
      machines: { all: 3, recovery: 3 },
    });
    expect(told.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^reached by WS-Management over TLSv1\.3 \(TLS_\w+\); Microsoft Corporation/),
      expect.stringMatching(
        /^its certificate is CN=hv-dr-01, issued by .*\((89|90) days left\), SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}; trusted by own/,
      ),
      'logged on as hvadmin by negotiate (NTLM)',
      'its clock agrees with ours',
      ...told.slice(4).map(({ message }) => message),
    ]);
  });

  test('says that messages are sealed where nothing else protects them', async () => {
    const { told } = await checkSimulated({});
    expect(told[1]).toEqual({ severity: 'ok', message: 'logged on as hvadmin by ntlm (NTLM); messages are sealed' });
  });

  test('may hide its limits from those who do not administrate it', async () => {
    const { code, told } = await checkSimulated({ account: 'hyper-v-administrator' });
    expect(code).toBe(0);
    expect(told).toContainEqual({
      severity: 'ok',
      message: 'the limits of WinRM are not to be read: only administrators of the host may',
    });
  });
});

describe('what is wrong on a host is told with the command that mends it:', () => {
  test.each<[title: string, quirks: HostQuirkSettings, faults: ScenarioInput['faults'], told: RegExp, command: string]>([
    [
      'no right to log on',
      {},
      [{ method: 'identify', do: denied }],
      /AccessDenied/,
      "net localgroup 'Remote Management Users' 'hvadmin' /add",
    ],
    [
      'no Hyper-V',
      { hyperVRole: false },
      [],
      /the Hyper-V role is not installed$/,
      'Install-WindowsFeature -Name Hyper-V -IncludeManagementTools -Restart',
    ],
    ['VMMS stopped', { managementServiceRuns: false }, [], /\(vmms\) is stopped$/, 'Start-Service vmms'],
    [
      'no right to the namespace',
      { account: 'no-namespace' },
      [],
      /^may not read root\\virtualization\\v2: .*AccessDenied/,
      hyperVAdministrators,
    ],
    ['no Hyper-V administrator', { account: 'remote-user' }, [], /is no Hyper-V administrator, or/, hyperVAdministrators],
    [
      'no right to call methods',
      {},
      [{ method: 'GetSystemCertificates', do: { returnValue: 32769 } }],
      /^may read, but not call methods: /,
      hyperVAdministrators,
    ],
    [
      'answers that do not fit',
      {},
      [
        {
          method: 'enumerate',
          class: 'Msvm_ComputerSystem',
          do: { fault: { subcode: 'wsman:EncodingLimit', wsmanFaultCode: 0x80338048 } },
        },
      ],
      /0x80338048/,
      'Set-Item WSMan:\\localhost\\MaxEnvelopeSizekb 500',
    ],
    [
      'a quota that is used up',
      {},
      [{ method: 'identify', do: { fault: { subcode: 'wsman:QuotaLimit', wsmanFaultCode: 0x803381a6 } } }],
      /0x803381A6/,
      'Set-Item WSMan:\\localhost\\Service\\MaxConcurrentOperationsPerUser 1500',
    ],
  ])('%s', async (_title, quirks, faults, message, command) => {
    const { code, host, told } = await checkSimulated(quirks, faults);
    expect(told.filter(({ severity }) => severity === 'error')).toEqual([
      { severity: 'error', message: expect.stringMatching(message), remedy: expect.stringMatching(/\w/), command },
    ]);
    expect([code, host.usable]).toEqual([6, false]);
  });

  test.each<[title: string, quirks: HostQuirkSettings, faults: ScenarioInput['faults'], told: RegExp, command: string]>([
    [
      'a clock that is wrong',
      { clockSkewSeconds: -400 },
      [],
      /^its clock is (399|400|401) s behind ours; Kerberos stands/,
      'w32tm /resync /rediscover',
    ],
    [
      'small answers',
      { maxEnvelopeKb: 64 },
      [],
      /answers of 64 KB, .*: answers are small$/,
      'Set-Item WSMan:\\localhost\\MaxEnvelopeSizekb 500',
    ],
    [
      'fewer transfers than the plan counts on',
      { parallelTransfers: 2 },
      [],
      /the changes of 2 VMs at a time .* the plan lets 3 copy at once/,
      "New-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Replication' -Name MaximumActiveTransfers -PropertyType DWord -Value 3 -Force",
    ],
    [
      'no right to read about Windows',
      {},
      [{ method: 'enumerate', class: 'Win32_OperatingSystem', do: denied }],
      /^may not read root\\cimv2/,
      "net localgroup 'Remote Management Users' 'hvadmin' /add",
    ],
  ])('%s leaves it usable', async (_title, quirks, faults, message, command) => {
    const { code, told } = await checkSimulated(quirks, faults);
    expect(told.filter(({ severity }) => severity !== 'ok')).toEqual([
      { severity: 'warning', message: expect.stringMatching(message), remedy: expect.stringMatching(/\w/), command },
    ]);
    expect(code).toBe(0);
  });
});

describe('who can not get through to a host is told why, and the command that mends it:', () => {
  const only = async (host: object): Promise<Told> => {
    const { code, told } = await check(host);
    expect([code, told.length]).toEqual([6, 1]);
    return told[0] as Told;
  };

  test('nobody listens', async () => {
    expect(await only({ address: 'https://127.0.0.1:9', credentials: account })).toMatchObject({
      message: expect.stringContaining('refuses connections'),
      command: 'winrm enumerate winrm/config/listener',
    });
  });

  test('its name is not known', async () => {
    expect(await only({ address: 'https://hv-dr-01.invalid', credentials: account })).toMatchObject({
      message: expect.stringContaining('cannot be resolved'),
      command: 'Register-DnsClient',
    });
  });

  test('a wrong password', async () => {
    const { url } = await simulated({});
    const credentials = { username: 'CONTOSO\\hvadmin', password: 'env:FAILBACK_DATA' };
    expect(await only({ address: url, credentials })).toMatchObject({
      message: expect.stringContaining('refused the user name or password'),
      command: "net user 'hvadmin' /domain",
    });
  });

  test('no log-on in common', async () => {
    const { url, caFile } = await simulated({}, { tls: true, auth: ['negotiate'] });
    expect(await only({ address: url, auth: 'basic', credentials: account, tls: { ca: caFile } })).toMatchObject({
      message: expect.stringContaining('does not let anybody log on by Basic (it offers Negotiate)'),
      command: 'Set-Item WSMan:\\localhost\\Service\\Auth\\Basic $true',
    });
  });

  test('a secret that is not here is not looked for there', async () => {
    const credentials = { username: 'u', password: 'env:HV_NOTHING' };
    const { command, message } = await only({ address: 'https://127.0.0.1:9', credentials });
    expect([command, message]).toEqual([undefined, expect.stringContaining('env:HV_NOTHING')]);
  });

  test('a certificate of an authority that is not trusted', async () => {
    const { url } = await simulated({}, { tls: true });
    const { message, command } = await only({ address: url, credentials: account });
    expect(message).toContain('could not be trusted over TLS');
    expect(command).toMatch(/^Get-ChildItem Cert:.LocalMachine.My \| ForEach-Object \{ \[BitConverter\]/);
  });

  const newest = (name: string) =>
    `Set-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} -ValueSet @{CertificateThumbprint=(Get-ChildItem Cert:\\LocalMachine\\My -SSLServerAuthentication -DnsName ${name} | Sort-Object NotAfter | Select-Object -Last 1).Thumbprint}`;

  test.each([
    ['a certificate that has expired', 'localhost', 'localhost', -1],
    ['a certificate for another name', 'hv-dr-02.example.net', 'localhost', 1],
  ])('%s', async (_title, name, asked, days) => {
    const { port, caFile } = await serverWith(name, days);
    expect(await only({ address: `https://${asked}:${port}`, credentials: account, tls: { ca: caFile } })).toMatchObject({
      message: expect.stringMatching(/CERT_HAS_EXPIRED|ERR_TLS_CERT_ALTNAME_INVALID/),
      command: newest("'localhost'"),
    });
  });
});

async function serverWith(name: string, days: number): Promise<{ readonly port: number; readonly caFile: string }> {
  const common = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: 'Test CA' }], {
    ...common,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...common,
    notBeforeDate: new Date(Date.now() - 3 * 86_400_000),
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    ca: { cert: authority.cert, key: authority.private },
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
  const server = await scriptedServer(() => undefined, { cert, key });
  onTestFinished(() => server.close());
  const caFile = join(folder(), 'ca.pem');
  writeFileSync(caFile, authority.cert);
  return { port: server.port, caFile };
}
