import { isIP } from 'node:net';
import type { Failure } from '../domain/failure.ts';
import type { PlanHost } from '../plan/plan.ts';

// Commands for Windows PowerShell on the host, run as administrator. Where they come from: docs/hosts-check.md.

export const START_VMMS = 'Start-Service vmms';
export const INSTALL_HYPER_V = 'Install-WindowsFeature -Name Hyper-V -IncludeManagementTools -Restart';
export const SYNCHRONISE_CLOCK = 'w32tm /resync /rediscover';
export const ENLARGE_ENVELOPES = 'Set-Item WSMan:\\localhost\\MaxEnvelopeSizekb 500';
/** Makes the service listen with a certificate of its own choice, and opens the firewall; the host must have a certificate that fits its name. */
export const HTTPS_LISTENER = 'winrm quickconfig -transport:https -quiet';
export const READ_VMMS_LOG = 'Get-WinEvent -LogName Microsoft-Windows-Hyper-V-VMMS-Admin -MaxEvents 20';
const READ_WINRM_LOG = 'Get-WinEvent -LogName Microsoft-Windows-WinRM/Operational -MaxEvents 20';
const RESTART_WINRM = 'Restart-Service WinRM';
const SHOW_LISTENERS = 'winrm enumerate winrm/config/listener';
const ALLOW_OPERATIONS = 'Set-Item WSMan:\\localhost\\Service\\MaxConcurrentOperationsPerUser 1500';
const SHOW_FINGERPRINTS =
  "Get-ChildItem Cert:\\LocalMachine\\My | ForEach-Object { [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($_.RawData)).Replace('-', ':') + '  ' + $_.Subject }";

/** By which name WinRM's configuration knows a log-on; NTLM comes with Negotiate. */
const SCHEMES = { negotiate: 'Negotiate', kerberos: 'Kerberos', ntlm: 'Negotiate', basic: 'Basic', certificate: 'Certificate' } as const;

/**
 * The one command that is most likely to take a failure away. Undefined where nothing on the host is to blame.
 * @param account who logs on, as Windows names it
 */
export function commandFor(failure: Failure, host: PlanHost, account: string | null): string | undefined {
  const { code, details = {} } = failure;
  if (host.access.transport === 'powershell' && host.access.configurationName !== null) {
    const command = endpointCommand(failure, host.access.configurationName, account);
    if (command !== undefined) return command;
  }
  switch (code) {
    case 'host.name-unresolved':
      return 'Register-DnsClient';
    case 'host.unreachable':
      return details.errno === 'ECONNREFUSED' ? listenCommand(host) : openFirewall(host);
    case 'host.timeout':
      return details.sent === false ? openFirewall(host) : RESTART_WINRM;
    case 'host.disconnected':
      return RESTART_WINRM;
    case 'host.not-wsman':
      return SHOW_LISTENERS;
    case 'host.tls':
      return certificateCommand(host, String(details.errno));
    case 'host.unauthorized':
      if (details.offered === false || host.access.auth === 'certificate') return allowScheme(host);
      // The host itself has refused what the domain gave out.
      return host.access.auth === 'kerberos' && details.status === 401 ? `setspn -Q ${quote(spnOf(host))}` : showAccount(account);
    case 'host.log-on-failed':
      // `-S` looks first whether another account has the name already.
      return failure.class === 'operator' ? `setspn -S ${quote(spnOf(host))} $env:COMPUTERNAME` : undefined;
    case 'host.forbidden':
      return addToGroup('Remote Management Users', account);
    case 'wmi.access-denied':
      return addToGroup('Hyper-V Administrators', account);
    case 'host.no-hyperv':
      return INSTALL_HYPER_V;
    case 'host.envelope-too-small':
      return ENLARGE_ENVELOPES;
    case 'host.busy':
      return typeof details.hresult === 'string' ? ALLOW_OPERATIONS : RESTART_WINRM;
    case 'host.fault':
    case 'host.malformed-answer':
      return READ_WINRM_LOG;
    default:
      return undefined;
  }
}

/** Who comes by an endpoint needs no rights of his own on the host, but to be let in there. */
function endpointCommand({ code }: Failure, name: string, account: string | null): string | undefined {
  switch (code) {
    case 'host.unauthorized':
      return `(Get-PSSessionConfiguration -Name ${quote(name)}).Permission`;
    case 'host.forbidden':
    case 'powershell.unavailable':
      return `.\\Register-FailbackEndpoint.ps1 -Name ${quote(name)} -Group ${quote(account ?? 'DOMAIN\\group')}`;
    default:
      return undefined;
  }
}

/** Makes an account a member of a local group. */
export function addToGroup(group: string, account: string | null): string {
  const who = account ?? 'DOMAIN\\account';
  // `net` does not know names of the form user@domain.
  return who.includes('@')
    ? `Add-LocalGroupMember -Group ${quote(group)} -Member ${quote(who)}`
    : `net localgroup ${quote(group)} ${quote(who)} /add`;
}

/** Gives the HTTPS listener the newest certificate the host has for its name. */
export function renewCertificate({ address }: PlanHost): string {
  const { hostname } = new URL(address);
  const name = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? quote(hostname) : "([Net.Dns]::GetHostEntry('').HostName)";
  const mine = `Get-ChildItem Cert:\\LocalMachine\\My -SSLServerAuthentication -DnsName ${name}`;
  const newest = `(${mine} | Sort-Object NotAfter | Select-Object -Last 1).Thumbprint`;
  return `Set-WSManInstance winrm/config/Listener -SelectorSet @{Address='*';Transport='HTTPS'} -ValueSet @{CertificateThumbprint=${newest}}`;
}

/** Lets the host send so many change logs at a time. */
export function allowTransfers(transfers: number): string {
  const key = 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Virtualization\\Replication';
  return `New-ItemProperty '${key}' -Name MaximumActiveTransfers -PropertyType DWord -Value ${transfers} -Force`;
}

/** Makes WinRM listen where the plan asks for it: service, listener and firewall in one. */
function listenCommand({ address }: PlanHost): string {
  const { protocol, port } = new URL(address);
  if (protocol === 'dcom:') return "Enable-NetFirewallRule -DisplayGroup 'Windows Management Instrumentation (WMI)'";
  if (protocol === 'https:') return port === '5986' ? HTTPS_LISTENER : SHOW_LISTENERS;
  return port === '5985' ? 'winrm quickconfig -quiet' : SHOW_LISTENERS;
}

function openFirewall(host: PlanHost): string {
  const { protocol, port } = new URL(host.address);
  if (protocol === 'dcom:') return listenCommand(host);
  const number = port || (protocol === 'https:' ? '443' : '80');
  return `New-NetFirewallRule -DisplayName 'WinRM ${number}' -Direction Inbound -Protocol TCP -LocalPort ${number} -Action Allow`;
}

function certificateCommand(host: PlanHost, errno: string): string | undefined {
  if (errno === 'CERT_HAS_EXPIRED' || errno === 'ERR_TLS_CERT_ALTNAME_INVALID') return renewCertificate(host);
  if (errno === 'CERT_NOT_YET_VALID') return SYNCHRONISE_CLOCK;
  if (errno === 'EPROTO' || errno.startsWith('ERR_SSL')) return SHOW_LISTENERS;
  // A file of this machine that can not be read.
  return /^E[A-Z]+$/.test(errno) ? undefined : SHOW_FINGERPRINTS;
}

function allowScheme({ access, address }: PlanHost): string {
  if (access.auth === 'basic' && address.startsWith('http:')) return HTTPS_LISTENER;
  return `Set-Item WSMan:\\localhost\\Service\\Auth\\${SCHEMES[access.auth]} $true`;
}

/** Says whether it is there, active, locked or expired. A password is not set anew by somebody who only looks. */
function showAccount(account: string | null): string | undefined {
  if (account === null) return undefined;
  const isOfDomain = /[\\@]/.test(account) && !account.startsWith('.\\');
  const name = account.replace(/^.*\\/, '').replace(/@.*$/, '');
  return `net user ${quote(name)}${isOfDomain ? ' /domain' : ''}`;
}

function spnOf({ address, access }: PlanHost): string {
  return 'spn' in access && access.spn !== null ? access.spn : `HTTP/${new URL(address).hostname}`;
}

/** A literal of PowerShell, which takes typographic quotes for quotes. */
function quote(text: string): string {
  return `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`;
}
