import type { IncomingMessage } from 'node:http';
import { BodyRefused } from '../request-body.ts';
import { type Accepted, type Acceptor, LogOnRefused, type SealedMessage, type SecureChannel, type Session } from './acceptor.ts';
import type { HandshakeToken } from './authorization.ts';
import type { HandshakeScheme } from './schemes.ts';
import { isSealed, readSealedBody, withoutPadding, writeSealedBody } from './sealed-body.ts';

/** A request that may be carried out. */
export interface Admitted {
  /** The account that has logged on; null: a stranger, who may ask for Identify only. */
  readonly user: string | null;
  readonly document: Buffer;
  /** Of the document. */
  readonly contentType: string | undefined;
  /** WWW-Authenticate of the answer: the last token of a log-on. */
  readonly authenticate?: readonly string[];
  /** The answer as it travels. */
  wrap(answer: Buffer, contentType: string): { readonly contentType: string; readonly body: Buffer };
}

/** A request whose body is the document, and whose answer's body is too. */
export function admitPlain(user: string | null, document: Buffer, request: IncomingMessage): Admitted {
  const contentType = request.headers['content-type'];
  return { user, document, contentType, wrap: (body, type) => ({ body, contentType: type }) };
}

/**
 * Who has logged on at one connection by Negotiate, Kerberos or NTLM: that holds for all further requests of it. Requests take their turns, so
 * that messages are unsealed and sealed in the order in which they travel.
 */
export class ConnectionLogOn {
  #acceptor: Acceptor | null = null;
  #scheme: HandshakeScheme | null = null;
  #session: Session | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** Runs `work` when everything before it has ended. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  get loggedOn(): boolean {
    return this.#session !== null;
  }

  /** One step of a log-on. @throws LogOnRefused */
  async step({ scheme, token }: HandshakeToken, begin: () => Acceptor): Promise<Accepted> {
    if (this.loggedOn || this.#scheme !== scheme) this.forget();
    try {
      this.#acceptor ??= begin();
      this.#scheme = scheme;
      const accepted = await this.#acceptor.accept(token);
      this.#session = accepted.session;
      return accepted;
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /**
   * Opens what somebody who has logged on sends. Plain bodies only where `allowPlain`.
   * @throws LogOnRefused when nobody has; BodyRefused
   */
  open(request: IncomingMessage, body: Buffer, allowPlain: boolean): Admitted {
    const session = this.#session;
    if (session === null) throw new LogOnRefused('nobody has logged on');
    const contentType = request.headers['content-type'] ?? '';
    if (!isSealed(contentType)) {
      // Seen of WinRM with AllowUnencrypted=false: 500 without a document, and the reason in its event log only.
      if (!allowPlain) throw new BodyRefused(500);
      return admitPlain(session.account, body, request);
    }
    const { account, channel, confidential } = session;
    if (channel === null || !confidential) throw new BodyRefused(415);
    const sealed = readSealedBody(body, contentType);
    const document = this.#unseal(channel, sealed.message);
    if (document.length !== sealed.length) throw new BodyRefused(400);
    return {
      user: account,
      document: withoutPadding(document, sealed.contentType),
      contentType: sealed.contentType,
      wrap: (answer, type) => writeSealedBody({ ...sealed, contentType: type, message: channel.seal(answer), length: answer.length }),
    };
  }

  forget(): void {
    this.#acceptor?.dispose();
    this.#acceptor = null;
    this.#scheme = null;
    this.#session = null;
  }

  /** What a real host answers to a message that was changed on its way is not known; this one answers 400 and forgets the log-on. */
  #unseal(channel: SecureChannel, message: SealedMessage): Buffer {
    try {
      return channel.unseal(message);
    } catch (error) {
      this.forget();
      throw error instanceof LogOnRefused ? new BodyRefused(400) : error;
    }
  }
}
