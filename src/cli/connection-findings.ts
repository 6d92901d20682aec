import type { HostIdentity, HostTls } from '../hyperv/hyperv-host.ts';
import type { PlanHost } from '../plan/plan.ts';
import { accountWords, logOnWords, trustWords } from './access-words.ts';
import type { Finding } from './finding.ts';
import { HTTPS_LISTENER, renewCertificate, SYNCHRONISE_CLOCK } from './host-commands.ts';

/** Clocks further apart than this are reported: job times and certificates stop making sense, and from five minutes on Kerberos. */
const MAX_SKEW_MS = 5_000;
const KERBEROS_SKEW_MS = 300_000;
/** A certificate that ends sooner is reported. */
const FEW_DAYS = 30;
const DAY_MS = 86_400_000;

/** How a host was reached, who it says it is, and as whom it was logged on to. @param now milliseconds of the epoch */
export function connectionFindings(host: PlanHost, identity: HostIdentity, now: number): Finding[] {
  return [
    { severity: 'ok', message: `reached by ${wayWords(host, identity.tls)}; ${productWords(identity)} answers` },
    ...(identity.tls === null ? [] : [certificateFinding(host, identity.tls, now)]),
    logOnFinding(host, identity),
    clockFinding(identity),
  ];
}

function wayWords({ address, access }: PlanHost, tls: HostTls | null): string {
  const { protocol } = new URL(address);
  if (access.transport === 'powershell') return `PowerShell, ${protocol === 'dcom:' ? 'DCOM' : `WS-Management over ${nameOf(protocol)}`}`;
  return `WS-Management over ${tls === null ? nameOf(protocol) : `${tls.protocol} (${tls.cipher})`}`;
}

function productWords({ productVendor, productVersion }: HostIdentity): string {
  const known = [productVendor, productVersion].filter((part) => part !== null);
  return known.length === 0 ? 'somebody who does not tell a name' : known.join(', ');
}

function nameOf(protocol: string): string {
  return protocol === 'https:' ? 'HTTPS' : 'HTTP';
}

function certificateFinding(host: PlanHost, { certificate }: HostTls, now: number): Finding {
  const { subject, issuer, names, validUntil, fingerprint } = certificate;
  const days = Math.floor((validUntil - now) / DAY_MS);
  const end = `${new Date(validUntil).toISOString().slice(0, 10)} (${days < 0 ? 'over' : days === 1 ? '1 day left' : `${days} days left`})`;
  const whose = `its certificate is ${subject}, issued by ${issuer}, for ${names.length === 0 ? 'no name' : names.join(', ')}`;
  const message = `${whose}, valid until ${end}, SHA-256 ${fingerprint}; trusted by ${trustWords(host.access)}`;
  if (days >= FEW_DAYS) return { severity: 'ok', message };
  const remedy = 'Have a new certificate made for the host, then give it to its listener.';
  return { severity: 'warning', message, remedy, command: renewCertificate(host) };
}

function logOnFinding(host: PlanHost, { logOn, tls }: HostIdentity): Finding {
  const { access, address } = host;
  const who = logOn?.account ?? accountWords(access);
  const mechanism = logOn?.mechanism ? ` (${logOn.mechanism})` : '';
  const by = `logged on as ${who} by ${logOnWords(access)}${mechanism}`;
  if (logOn?.sealed) return { severity: 'ok', message: `${by}; messages are sealed` };
  if (tls !== null || !address.startsWith('http:')) return { severity: 'ok', message: by };
  if (access.auth !== 'basic') return { severity: 'ok', message: by };
  return {
    severity: 'warning',
    message: `${by}; passwords and orders travel in clear text`,
    remedy: 'Use https://, or another auth than basic, outside of labs.',
    command: HTTPS_LISTENER,
  };
}

function clockFinding({ clockSkewMs, logOn }: HostIdentity): Finding {
  if (clockSkewMs === null) return { severity: 'ok', message: 'the host does not tell its clock' };
  const skew = Math.abs(clockSkewMs);
  if (skew <= MAX_SKEW_MS) return { severity: 'ok', message: 'its clock agrees with ours' };
  const tooMuch = skew > KERBEROS_SKEW_MS && logOn?.mechanism !== 'Kerberos' ? '; Kerberos stands no more than five minutes' : '';
  return {
    severity: 'warning',
    message: `its clock is ${Math.round(skew / 1000)} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} ours${tooMuch}`,
    remedy: 'Synchronise both clocks (NTP); times in reports are our own.',
    command: SYNCHRONISE_CLOCK,
  };
}
