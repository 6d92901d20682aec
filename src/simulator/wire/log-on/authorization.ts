import type { HandshakeScheme } from './schemes.ts';

const SCHEMES: Readonly<Record<string, HandshakeScheme>> = { negotiate: 'Negotiate', kerberos: 'Kerberos', ntlm: 'NTLM' };

/** One token of a log-on. */
export interface HandshakeToken {
  readonly scheme: HandshakeScheme;
  readonly token: Buffer;
}

/** The token in an `Authorization` header; null when it is of another scheme or has none. */
export function readHandshakeToken(authorization: string | undefined): HandshakeToken | null {
  const [, name = '', token = ''] = /^([A-Za-z]+) +([A-Za-z0-9+/]+=*) *$/.exec(authorization ?? '') ?? [];
  const scheme = SCHEMES[name.toLowerCase()];
  return scheme === undefined ? null : { scheme, token: Buffer.from(token, 'base64') };
}
