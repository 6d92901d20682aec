import type { Identity, LogOn } from '../hyperv/wsman/log-on/log-on.ts';
import type { HostAccess } from '../plan/host-access.ts';

type WsmanAccess = Extract<HostAccess, { transport: 'wsman' }>;
type TicketCredentials = Extract<WsmanAccess, { auth: 'kerberos' | 'negotiate' }>['credentials'];
type ReadSecret = (reference: string) => Promise<string>;

/** The log-on a plan describes. @param readSecret called for every use of a secret */
export function logOnOf(access: WsmanAccess, readSecret: ReadSecret): LogOn {
  switch (access.auth) {
    case 'basic':
    case 'ntlm':
      return { scheme: access.auth, credentials: credentialsOf(access.credentials, readSecret) };
    case 'certificate': {
      const { certificate, key, passphrase } = access.credentials;
      const read = passphrase === null ? null : () => readSecret(passphrase);
      return { scheme: 'certificate', certificateFile: certificate, keyFile: key, passphrase: read };
    }
    case 'negotiate':
    case 'kerberos': {
      const identity = identityOf(access.credentials, readSecret);
      return { scheme: access.auth, ...(access.spn === null ? {} : { spn: access.spn }), identity };
    }
  }
}

function identityOf(credentials: TicketCredentials, readSecret: ReadSecret): Identity {
  if ('password' in credentials) return { kind: 'password', credentials: credentialsOf(credentials, readSecret) };
  if ('keytab' in credentials) return { kind: 'keytab', principal: credentials.username, file: credentials.keytab };
  return { kind: 'cache', name: credentials.cache, principal: credentials.username };
}

/** An account with its password as it is now. */
export function credentialsOf({ username, password }: { readonly username: string; readonly password: string }, readSecret: ReadSecret) {
  return async () => ({ username, password: await readSecret(password) });
}
