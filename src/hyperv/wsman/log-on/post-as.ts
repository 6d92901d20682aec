import type { Connection } from '../connection.ts';
import type { HttpAnswer, HttpPost } from '../http-exchange.ts';
import { TransportError } from '../transport-failure.ts';
import { throwBroken } from './broken-security.ts';
import { channelBinding } from './channel-binding.ts';
import { handshake } from './handshake.ts';
import type { ReadyLogOn } from './ready-log-on.ts';
import { readSealed, writeSealed } from './sealed-body.ts';
import { type SecurityContext, SecurityError } from './security-context.ts';

/** An answer to a message, and what is known about the way of both. */
export interface PostedAnswer extends HttpAnswer {
  /** False is a promise that the message has not left this process: the host refused the log-on before. */
  readonly sent: boolean;
  /** Its status comes from the host itself, as far as the way it was reached can tell: of an answer that is sealed only the body does. */
  readonly authentic: boolean;
  /** It was refused on a connection that had been logged on before: log-ons can be forgotten. */
  readonly forgotten: boolean;
  readonly connection: Connection;
}

const SOAP = 'application/soap+xml;charset=UTF-8';

/** Posts as somebody, on one connection. */
export interface PosterAs {
  readonly logOn: ReadyLogOn;
  readonly connection: Connection;
  /** Exchanges without content, until `sendBy` of the message. */
  readonly ask: (post: HttpPost) => Promise<HttpAnswer>;
  readonly post: (post: HttpPost) => Promise<HttpAnswer>;
}

/**
 * Sends a message as somebody: with what says who it is from, or on a connection that is logged on, now if need be; sealed where nothing else
 * protects it.
 * @throws TransportError; `host.not-authentic` for an answer that is not sealed as it has to be
 */
export async function postAs({ logOn, connection, ask, post }: PosterAs, message: Buffer): Promise<PostedAnswer> {
  if (logOn.by === 'request') {
    const answer = await post({ body: message, contentType: SOAP, authorization: logOn.authorization });
    return { ...answer, sent: true, authentic: true, forgotten: false, connection };
  }
  const { certificate } = connection;
  const loggedOn = connection.security;
  if (loggedOn === null) {
    const refusal = await begin(logOn, connection, certificate, ask);
    if (refusal !== null) return { ...refusal, sent: false, authentic: true, forgotten: false, connection };
  }
  const security = connection.security as SecurityContext;
  const sealed = certificate === null ? sealedBody(security, message, logOn.protocol) : null;
  const answer = await post({ ...(sealed ?? { body: message, contentType: SOAP }), authorization: null });
  const forgotten = loggedOn !== null && answer.status === 401;
  if (answer.status === 401) connection.close();
  if (sealed === null) return { ...answer, authentic: true, sent: true, forgotten, connection };
  try {
    return { ...opened(security, answer), authentic: false, sent: true, forgotten, connection };
  } catch (error) {
    // Nothing can be opened any more where one message was missed.
    connection.close();
    throw error;
  }
}

function sealedBody(security: SecurityContext, message: Buffer, protocol: string): { contentType: string; body: Buffer } {
  try {
    return writeSealed(security.seal(message), message.length, protocol);
  } catch (error) {
    throwBroken(error, security, false);
  }
}

async function begin(
  logOn: Extract<ReadyLogOn, { by: 'connection' }>,
  connection: Connection,
  certificate: Buffer | null,
  ask: PosterAs['ask'],
): Promise<HttpAnswer | null> {
  const context = logOn.start(certificate === null ? null : channelBinding(certificate));
  try {
    const refusal = await handshake(context, logOn.scheme, (authorization) =>
      ask({ body: Buffer.alloc(0), contentType: SOAP, authorization }).catch(notSent),
    );
    if (refusal === null) connection.security = context;
    return refusal;
  } finally {
    if (connection.security !== context) {
      context.dispose();
      connection.close();
    }
  }
}

/** An answer without content has nothing that could be sealed. */
function opened(security: SecurityContext, answer: HttpAnswer): HttpAnswer {
  if (answer.body.length === 0) return answer;
  try {
    if (!/^\s*multipart\//i.test(answer.contentType))
      throw new SecurityError('downgrade', 'The host answered without sealing what it says');
    const parts = readSealed(answer.body, answer.contentType);
    const plain = parts.map(({ sealed, plainLength }) => {
      const part = security.unseal(sealed);
      if (part.length !== plainLength) throw new SecurityError('malformed', 'A sealed message has another length than it says');
      return part;
    });
    return { ...answer, contentType: parts[0]?.originalContentType ?? '', body: Buffer.concat(plain) };
  } catch (error) {
    throwBroken(error, security, true);
  }
}

function notSent(error: unknown): never {
  if (error instanceof TransportError) throw new TransportError({ ...error.broken, sent: false });
  throw error;
}
