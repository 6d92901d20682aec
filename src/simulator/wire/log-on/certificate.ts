import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CimHost } from '../../cim.ts';
import { isAccountOf } from './account.ts';

/** The `Authorization` of a request whose client certificate is to count, as WinRM has it. */
export const MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

/** The host's account when the connection's client certificate is of the client authority and made out to it, else null. */
export function accountOfCertificate(socket: Socket, host: CimHost): string | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const name = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' && isAccountOf(host, name) ? host.username : null;
}
