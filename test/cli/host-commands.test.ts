import { describe, expect, test } from 'vitest';
import { connectionFindings } from '../../src/cli/connection-findings.ts';
import { addToGroup, commandFor } from '../../src/cli/host-commands.ts';
import { limitFindings } from '../../src/cli/limit-findings.ts';
import type { FailureClass, FailureCode } from '../../src/domain/failure.ts';
import type { HostIdentity } from '../../src/hyperv/hyperv-host.ts';
import type { HostAccess } from '../../src/plan/host-access.ts';
import type { PlanHost } from '../../src/plan/plan.ts';

const WSMAN = { transport: 'wsman', tls: { caFile: null, fingerprint: null } } as const;
const NEGOTIATE: HostAccess = { ...WSMAN, auth: 'negotiate', credentials: { username: 'svc', password: 'env:P' }, spn: null };

const hostAt = (address: string, access: HostAccess = NEGOTIATE): PlanHost => ({
  name: 'h1',
  address,
  access,
  site: null,
  cluster: null,
  broker: null,
  replicaCertificate: null,
  limits: { inFlight: 3, transfers: 3 },
});
const POWERSHELL: HostAccess = {
  transport: 'powershell',
  auth: 'kerberos',
  credentials: null,
  executable: null,
  configurationName: null,
  sessions: 2,
};
const HTTPS = hostAt('https://hv-dr-01.contoso.example:5986/wsman');

function command(code: FailureCode, host: PlanHost, details = {}, more: { class?: FailureClass; account?: string | null } = {}) {
  const { class: failureClass = 'operator', account = 'CONTOSO\\svc' } = more;
  return commandFor({ class: failureClass, code, message: '', details }, host, account);
}

describe('the command for a host that can not be reached', () => {
  test.each([
    ['https://h1:5986/wsman', 'winrm quickconfig -transport:https -quiet'],
    ['http://h1:5985/wsman', 'winrm quickconfig -quiet'],
    ['https://h1/wsman', 'winrm enumerate winrm/config/listener'],
    ['dcom://h1', "Enable-NetFirewallRule -DisplayGroup 'Windows Management Instrumentation (WMI)'"],
  ])('makes it listen at %s', (address, expected) => {
    expect(command('host.unreachable', hostAt(address), { errno: 'ECONNREFUSED' })).toBe(expected);
  });

  test.each([
    ['https://h1:5986/wsman', '5986'],
    ['https://h1/wsman', '443'],
    ['http://h1/wsman', '80'],
  ])('opens the firewall where %s does not answer at all', (address, port) => {
    const open = `New-NetFirewallRule -DisplayName 'WinRM ${port}' -Direction Inbound -Protocol TCP -LocalPort ${port} -Action Allow`;
    expect(command('host.unreachable', hostAt(address), { errno: 'ETIMEDOUT' })).toBe(open);
    expect(command('host.timeout', hostAt(address), { sent: false })).toBe(open);
    expect(command('host.timeout', hostAt(address), { sent: true })).toBe('Restart-Service WinRM');
  });
});

describe('the command for an endpoint', () => {
  const endpoint = hostAt('https://h1:5986/wsman', { ...POWERSHELL, configurationName: 'Failback' });
  const register = ".\\Register-FailbackEndpoint.ps1 -Name 'Failback' -Group 'CONTOSO\\svc'";

  test.each<[FailureCode, string]>([
    ['host.unauthorized', "(Get-PSSessionConfiguration -Name 'Failback').Permission"],
    ['powershell.unavailable', register],
    ['host.forbidden', register],
    ['host.name-unresolved', 'Register-DnsClient'],
  ])('is about the endpoint for %s', (code, expected) => {
    expect(command(code, endpoint)).toBe(expected);
  });

  test('says by which one the host was asked', () => {
    const identity = { productVendor: null, productVersion: null, tls: null, logOn: null, clockSkewMs: null } as HostIdentity;
    expect(connectionFindings(endpoint, identity, 0)[1]?.message).toBe(
      'logged on as whoever runs the worker by powershell, kerberos, endpoint Failback',
    );
  });
});

describe('the command for a log-on that fails', () => {
  const unauthorized = (account: string | null, access: HostAccess = NEGOTIATE, details = {}) =>
    command('host.unauthorized', hostAt('https://h1:5986/wsman', access), details, { account });

  test.each([
    ['CONTOSO\\svc', "net user 'svc' /domain"],
    ['svc@contoso.example', "net user 'svc' /domain"],
    ['svc', "net user 'svc'"],
    ['.\\svc', "net user 'svc'"],
    [null, undefined],
  ])('looks at account %s, and sets no password', (account, expected) => {
    expect(unauthorized(account)).toBe(expected);
  });

  test('allows the scheme where it is not offered, and certificates in any case', () => {
    const basic: HostAccess = { ...WSMAN, auth: 'basic', credentials: { username: 'u', password: 'env:P' }, allowUnencrypted: true };
    const certificate: HostAccess = { ...WSMAN, auth: 'certificate', credentials: { certificate: '/c', key: '/k', passphrase: null } };
    expect(unauthorized('u', { ...basic, auth: 'ntlm' } as HostAccess, { offered: false })).toMatch(/\\Auth\\Negotiate \$true$/);
    expect(unauthorized(null, certificate)).toMatch(/\\Auth\\Certificate \$true$/);
    const plain = hostAt('http://h1:5985/wsman', basic);
    expect(command('host.unauthorized', plain, { offered: false })).toBe('winrm quickconfig -transport:https -quiet');
  });

  test('registers the name of the host, unless nobody could be asked about it', () => {
    expect(command('host.log-on-failed', HTTPS)).toBe("setspn -S 'HTTP/hv-dr-01.contoso.example' $env:COMPUTERNAME");
    expect(command('host.log-on-failed', hostAt('https://10.0.0.7:5986/wsman', { ...NEGOTIATE, spn: 'WSMAN/hv' } as HostAccess))).toBe(
      "setspn -S 'WSMAN/hv' $env:COMPUTERNAME",
    );
    expect(command('host.log-on-failed', HTTPS, {}, { class: 'retryable' })).toBeUndefined();
  });
});

describe('the command for TLS', () => {
  test.each([
    ['CERT_NOT_YET_VALID', /^w32tm/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^winrm enumerate/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /^Get-ChildItem Cert:/],
    [null, /^Get-ChildItem Cert:/],
    ['CERT_HAS_EXPIRED', /-DnsName 'hv-dr-01\.contoso\.example' \|/],
  ])('after %s', (errno, expected) => {
    expect(command('host.tls', HTTPS, { errno })).toMatch(expected);
  });

  test('is none for a file of this machine, and knows no address as a name', () => {
    expect(command('host.tls', HTTPS, { errno: 'ENOENT' })).toBeUndefined();
    expect(command('host.tls', hostAt('https://[fe80::1]:5986/wsman'), { errno: 'CERT_HAS_EXPIRED' })).toContain('GetHostEntry');
  });
});

describe('what is put into a command', () => {
  test.each([
    ["O'Neil", "'O''Neil'"],
    ['a’; Remove-VM *', "'a’’; Remove-VM *'"],
    ['$(whoami)`n', "'$(whoami)`n'"],
  ])('stays text: %s', (account, quoted) => {
    expect(addToGroup('Hyper-V Administrators', account)).toBe(`net localgroup 'Hyper-V Administrators' ${quoted} /add`);
  });

  test('is an account as the command knows it', () => {
    expect(addToGroup('G', 'svc@contoso.example')).toBe("Add-LocalGroupMember -Group 'G' -Member 'svc@contoso.example'");
    expect(addToGroup('G', null)).toBe("net localgroup 'G' 'DOMAIN\\account' /add");
  });
});

describe('what is told of a connection', () => {
  const certificate = {
    subject: 'CN=h1',
    issuer: 'CN=ca',
    names: [],
    validFrom: 0,
    validUntil: Date.UTC(2030, 0, 31, 12),
    fingerprint: 'AB:CD',
  };
  const identity: HostIdentity = {
    productVendor: null,
    productVersion: null,
    protocolVersion: null,
    hostName: null,
    osVersion: null,
    replicationService: null,
    clockSkewMs: null,
    tls: { protocol: 'TLSv1.2', cipher: 'TLS_X', certificate },
    logOn: null,
  };

  test.each([
    [Date.UTC(2030, 0, 1), 'ok', '30 days left'],
    [Date.UTC(2030, 0, 2), 'warning', '29 days left'],
    [Date.UTC(2030, 0, 30), 'warning', '1 day left'],
    [Date.UTC(2030, 1, 1), 'warning', 'over'],
  ])('is how long its certificate is good for', (now, severity, words) => {
    const told = connectionFindings(HTTPS, identity, now)[1];
    expect(told?.severity).toBe(severity);
    expect(told?.message).toContain(`for no name, valid until 2030-01-31 (${words}), SHA-256 AB:CD; trusted by system authorities`);
  });

  test('is what the plan says where the way to the host tells nothing', () => {
    const quiet = { ...identity, tls: null };
    expect(connectionFindings(hostAt('dcom://h1', POWERSHELL), quiet, 0).map(({ message }) => message)).toEqual([
      'reached by PowerShell, DCOM; somebody who does not tell a name answers',
      'logged on as whoever runs the worker by powershell, kerberos',
      'the host does not tell its clock',
    ]);
    const [limits] = limitFindings(hostAt('dcom://h1', POWERSHELL), { winrm: null, activeTransfers: null });
    expect(limits?.message).toBe('the limits of WinRM are not to be read: PowerShell does not lead to them');
  });
});
