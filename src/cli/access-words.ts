import type { HostAccess } from '../plan/host-access.ts';

/** Who logs on, e.g. "CONTOSO\svc-failback". Not sanitised. */
export function accountWords({ credentials }: HostAccess): string {
  if (credentials === null) return 'whoever runs the worker';
  if ('certificate' in credentials) return 'whom the certificate is mapped to';
  return credentials.username ?? 'whom the tickets are for';
}

/** What proves it: references and paths, never a secret. Not sanitised. */
export function proofWords({ credentials }: HostAccess): string {
  if (credentials === null) return '-';
  if ('password' in credentials) return credentials.password;
  if ('keytab' in credentials) return `keytab ${credentials.keytab}`;
  if ('certificate' in credentials) return `certificate ${credentials.certificate}`;
  return credentials.cache === null ? 'ticket cache' : `ticket cache ${credentials.cache}`;
}

/** "negotiate", "powershell, kerberos", "powershell, kerberos, endpoint Failback" */
export function logOnWords(access: HostAccess): string {
  if (access.transport === 'wsman') return access.auth;
  const { transport, auth, configurationName } = access;
  return `${transport}, ${auth}${configurationName === null ? '' : `, endpoint ${configurationName}`}`;
}

/** Whom it is believed that the host is the host. */
export function trustWords(access: HostAccess): string {
  if (access.transport === 'powershell') return "Windows' authorities";
  if (access.auth === 'basic' && access.allowUnencrypted) return 'unencrypted allowed';
  return access.tls.fingerprint ? 'pinned certificate' : access.tls.caFile ? 'own authorities' : 'system authorities';
}
