import type { IncomingMessage } from 'node:http';
import type { CimHost } from '../../cim.ts';
import { LogOnRefused } from './acceptor.ts';
import { type HandshakeToken, readHandshakeToken } from './authorization.ts';
import { accountOfBasic } from './basic.ts';
import { accountOfCertificate, MUTUAL } from './certificate.ts';
import { type Admitted, admitPlain } from './connection-log-on.ts';
import type { LogOns } from './log-ons.ts';

/** An answer that is about the log-on alone: no document. */
export interface LogOnAnswer {
  readonly status: 200 | 401;
  /** WWW-Authenticate, one header each. */
  readonly authenticate: readonly string[];
}

/** Lets a request in, or says what the client has to do for that. Throws BodyRefused for a body that may not be sent like this. */
export async function admit(logOns: LogOns, host: CimHost, request: IncomingMessage, body: Buffer): Promise<Admitted | LogOnAnswer> {
  const { socket, headers } = request;
  try {
    const { authorization } = headers;
    const handshake = readHandshakeToken(authorization);
    if (handshake !== null) return await step(logOns, handshake, request, body);
    const connection = logOns.of(socket);
    if (authorization === undefined && connection.loggedOn) return connection.open(request, body, logOns.takesPlain(socket));
    const user = authorization === undefined ? null : accountOf(authorization, logOns, host, request);
    if (user === null && headers.wsmanidentify === undefined) throw new LogOnRefused('a stranger');
    return admitPlain(user, body, request);
  } catch (error) {
    if (error instanceof LogOnRefused) return { status: 401, authenticate: logOns.offers(socket) };
    throw error;
  }
}

/** The last token of a log-on may come with the first document, or with none. */
async function step(logOns: LogOns, handshake: HandshakeToken, request: IncomingMessage, body: Buffer): Promise<Admitted | LogOnAnswer> {
  const { socket } = request;
  const connection = logOns.of(socket);
  const { token, session } = await connection.step(handshake, () => logOns.begin(handshake.scheme, socket));
  const authenticate = token === null ? [] : [`${handshake.scheme} ${token.toString('base64')}`];
  if (session === null) return { status: 401, authenticate };
  if (body.length === 0) return { status: 200, authenticate };
  return { ...connection.open(request, body, logOns.takesPlain(socket)), authenticate };
}

/** Of what is sent with every request. */
function accountOf(authorization: string, logOns: LogOns, host: CimHost, { socket }: IncomingMessage): string | null {
  if (authorization === MUTUAL) return logOns.schemes.includes('certificate') ? accountOfCertificate(socket, host) : null;
  return logOns.takesBasic(socket) ? accountOfBasic(authorization, host) : null;
}
