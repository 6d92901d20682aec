import { FailbackError } from '../../../domain/failure.ts';

/**
 * Ways to log on. `negotiate` takes NTLM and, with a keytab, Kerberos, each by itself or in SPNEGO. `ntlm` is the scheme of HTTP with that
 * name: a real host does not offer it, but there are clients that know no other.
 */
export const AUTH_SCHEMES = ['basic', 'negotiate', 'kerberos', 'ntlm', 'certificate'] as const;
export type AuthScheme = (typeof AUTH_SCHEMES)[number];

/** Schemes of HTTP under which tokens are exchanged. */
export type HandshakeScheme = 'Negotiate' | 'Kerberos' | 'NTLM';

export interface LogOnOptions {
  /** Default: `negotiate` and `basic`; with TLS and a client authority `certificate`, with a keytab `kerberos`. */
  readonly auth?: readonly AuthScheme[];
  /** Basic over plain HTTP too; default true. A real host says false. */
  readonly basicOverHttp?: boolean;
  /** Plain messages over plain HTTP after a log-on by Negotiate, Kerberos or NTLM; default false, as on a real host. */
  readonly allowUnencrypted?: boolean;
  /** `Strict`: over TLS NTLM and Kerberos must be bound to the connection. Default `Relaxed`, as on a real host: only a wrong binding is refused. */
  readonly cbtHardeningLevel?: 'Relaxed' | 'Strict';
  /** File with the keys of the host's service principal. */
  readonly keytab?: string;
}

/**
 * What a host offers.
 * @throws FailbackError `usage.invalid` for a scheme that lacks what it needs
 */
export function schemesOf({ auth, keytab }: LogOnOptions, takesCertificates: boolean): readonly AuthScheme[] {
  const kerberos = keytab === undefined ? [] : (['kerberos'] as const);
  const certificate = takesCertificates ? (['certificate'] as const) : [];
  if (auth === undefined) return ['negotiate', ...kerberos, 'basic', ...certificate];
  if (auth.includes('kerberos') && keytab === undefined)
    throw lacking('Kerberos without a keytab', 'Name the file with the keys of HTTP/HOST.');
  if (auth.includes('certificate') && !takesCertificates) throw lacking('certificates without TLS', 'Serve with TLS as well.');
  return auth;
}

function lacking(what: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'operator', code: 'usage.invalid', message: `Simulated hosts cannot take ${what}`, remedy });
}
