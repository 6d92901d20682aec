/**
 * The log-on of one connection, and afterwards its keys: exchanges tokens with the host until both sides know each other, then seals what is sent
 * and opens what comes back. Messages of each direction must be sealed and opened in the order in which they travel.
 */
export interface SecurityContext {
  /** What a person calls it, e.g. in `hosts check`. */
  readonly mechanism: 'Kerberos' | 'NTLM';
  /** Object identifier in dotted form, by which SPNEGO names it. */
  readonly oid: string;
  /** True when nothing more is to come from the host: it has shown that it knows the keys, as far as the mechanism has it show that. */
  readonly complete: boolean;
  /** When its keys are worth nothing any more; null: they last as long as the connection, or it is not complete. */
  readonly expiresAt: Date | null;
  /**
   * The next token for the host; the first is asked for with null, every other with the host's token. Null when there is nothing to send any more.
   * @throws SecurityError
   */
  step(token: Buffer | null): Promise<Buffer | null>;
  /** A signature over the message, as SPNEGO wants it over the list of mechanisms. */
  sign(message: Buffer): Buffer;
  /** @throws SecurityError `tampered` */
  verify(message: Buffer, signature: Buffer): void;
  seal(message: Buffer): SealedMessage;
  /** @throws SecurityError `tampered` */
  unseal(message: SealedMessage): Buffer;
  /** Gives back what is kept for it outside of JavaScript. Doing it twice does no harm. */
  dispose(): void;
}

/** A message on the wire: the signature stands first, its length before it. */
export interface SealedMessage {
  readonly signature: Buffer;
  readonly content: Buffer;
}

/**
 * `unavailable`: what the mechanism needs is not on this machine, or nobody can be asked for tickets. `credentials`: refused, expired or unusable.
 * `host`: the host, or the name it is asked by, is not known. `downgrade`: the host wants less than it must.
 * `malformed`: a token or message is not what it has to be. `tampered`: a signature is wrong, or messages are out of order.
 */
export type SecurityTrouble = 'unavailable' | 'credentials' | 'host' | 'downgrade' | 'malformed' | 'tampered';

/** Thrown by everything of a log-on. Neither its words nor its details ever hold a secret. */
export class SecurityError extends Error {
  override readonly name = 'SecurityError';
  readonly trouble: SecurityTrouble;
  /** What to do about it, one sentence; null when nothing more can be said. */
  readonly remedy: string | null;

  constructor(trouble: SecurityTrouble, message: string, remedy: string | null = null) {
    super(message);
    this.trouble = trouble;
    this.remedy = remedy;
  }
}
