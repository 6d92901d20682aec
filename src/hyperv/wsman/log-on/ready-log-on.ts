import { isIP } from 'node:net';
import type { Endpoint } from '../endpoint.ts';
import { type Credentials, createMask, type Mask, resolveSecrets, unusable } from '../secrets.ts';
import { createKerberos } from './kerberos.ts';
import type { LogOn } from './log-on.ts';
import { createNtlm } from './ntlm.ts';
import { requireKerberos } from './require-kerberos.ts';
import type { SecurityContext } from './security-context.ts';
import { createSpnego } from './spnego.ts';

/** A log-on with everything at hand that it needs from this process. */
export type ReadyLogOn = {
  /** By which WinRM knows it. */
  readonly scheme: 'Basic' | 'Certificate' | 'Negotiate' | 'Kerberos';
  readonly mask: Mask;
  /** Who logs on; null: whoever the certificate or the tickets belong to. */
  readonly account: string | null;
} & (
  | {
      /** Every request says who it is from. */
      readonly by: 'request';
      readonly authorization: string;
    }
  | {
      /** A connection is logged on, and from then on belongs to somebody. */
      readonly by: 'connection';
      /** Media type of messages it has sealed. */
      readonly protocol: string;
      /** @param channelBinding what ties the log-on to the TLS connection under it; null without TLS */
      readonly start: (channelBinding: Buffer | null) => SecurityContext;
    }
);

/** What WinRM wants to read where the certificate of the TLS connection says who it is. */
const MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

const SPNEGO_SESSION = 'application/HTTP-SPNEGO-session-encrypted';
const KERBEROS_SESSION = 'application/HTTP-Kerberos-session-encrypted';

/** Milliseconds for which Kerberos that was not to be had is not asked for again: looking for a domain controller may take seconds. */
const WITHOUT_KERBEROS_MS = 60_000;
/** By log-on: until when (`performance.now()`). */
const withoutKerberos = new WeakMap<LogOn, number>();

/**
 * Resolves secrets; sends nothing.
 * @throws FailbackError `secret.missing` when a resolver fails with anything but a FailbackError: its words are not repeated
 */
export async function readyLogOn({ name, hostname }: Endpoint, logOn: LogOn): Promise<ReadyLogOn> {
  switch (logOn.scheme) {
    case 'certificate':
      return { by: 'request', scheme: 'Certificate', authorization: MUTUAL, mask: (text) => text, account: null };
    case 'basic':
      return basic(name, await resolveSecrets(name, logOn.credentials));
    case 'ntlm': {
      const credentials = await resolveSecrets(name, logOn.credentials);
      const start = (channelBinding: Buffer | null) => createSpnego([ntlm(credentials, `HTTP/${hostname}`, channelBinding)]);
      const account = credentials.username;
      return { by: 'connection', scheme: 'Negotiate', protocol: SPNEGO_SESSION, start, mask: createMask([credentials.password]), account };
    }
    case 'kerberos':
    case 'negotiate': {
      const { identity, spn = `HTTP/${hostname}` } = logOn;
      const credentials = identity.kind === 'password' ? await resolveSecrets(name, identity.credentials) : null;
      if (logOn.scheme === 'kerberos' || credentials === null) await requireKerberos(name, identity);
      const mask = createMask(credentials === null ? [] : [credentials.password]);
      const account = identity.kind === 'password' ? (credentials?.username ?? null) : identity.principal;
      const kerberos = (channelBinding: Buffer | null): SecurityContext =>
        createKerberos({
          spn,
          channelBinding,
          identity: credentials === null ? identity : { kind: 'password', credentials: async () => credentials },
          onUnavailable: () => withoutKerberos.set(logOn, performance.now() + WITHOUT_KERBEROS_MS),
        });
      if (logOn.scheme === 'kerberos')
        return { by: 'connection', scheme: 'Kerberos', protocol: KERBEROS_SESSION, start: kerberos, mask, account };
      const start = (channelBinding: Buffer | null) => {
        if (credentials === null) return createSpnego([kerberos(channelBinding)]);
        const byPassword = ntlm(credentials, spn, channelBinding);
        // Kerberos knows hosts by name. Nobody's domain controller is asked about an address.
        const isWithout = (logOn.spn === undefined && isIP(hostname) !== 0) || performance.now() < (withoutKerberos.get(logOn) ?? 0);
        return createSpnego(isWithout ? [byPassword] : [kerberos(channelBinding), byPassword]);
      };
      return { by: 'connection', scheme: 'Negotiate', protocol: SPNEGO_SESSION, start, mask, account };
    }
  }
}

/** UTF-8, as RFC 7617 allows. */
function basic(host: string, { username, password }: Credentials): ReadyLogOn {
  // RFC 7617 forbids control characters in both.
  if (username.includes(':') || /\p{Cc}/u.test(username + password))
    throw unusable(host, 'contain characters that Basic authentication cannot carry');
  const token = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { by: 'request', scheme: 'Basic', authorization: `Basic ${token}`, mask: createMask([token, password]), account: username };
}

function ntlm({ username, password }: Credentials, targetName: string, channelBinding: Buffer | null): SecurityContext {
  return createNtlm({ username, password, targetName, channelBinding });
}
