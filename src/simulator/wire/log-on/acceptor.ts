/**
 * The host's side of one log-on: takes the client's tokens one after another. A log-on that fails throws {@link LogOnRefused}; the next
 * token may begin a new one.
 */
export interface Acceptor {
  accept(token: Buffer): Promise<Accepted>;
  dispose(): void;
}

export interface Accepted {
  /** For the client; null: there is nothing to say to it. */
  readonly token: Buffer | null;
  /** Null: more tokens must come. */
  readonly session: Session | null;
}

/** What a log-on leaves behind on its connection. */
export interface Session {
  /** The account of the host that logged on. */
  readonly account: string;
  /** Null: what was agreed is too little even to sign with. */
  readonly channel: SecureChannel | null;
  /** Sealing was agreed. */
  readonly confidential: boolean;
}

export interface SealedMessage {
  readonly signature: Buffer;
  readonly content: Buffer;
}

/** The keys of a log-on. Messages of each direction go through it in the order in which they travel; what is wrong throws {@link LogOnRefused}. */
export interface SecureChannel {
  seal(plain: Buffer): SealedMessage;
  unseal(message: SealedMessage): Buffer;
  /** SPNEGO's signature over the list of mechanisms, the only thing that is signed without being sealed. */
  makeMic(message: Buffer): Buffer;
  verifyMic(message: Buffer, mic: Buffer): void;
}

/** The client did not show that it may log on. It is told no more than 401. */
export class LogOnRefused extends Error {
  override readonly name = 'LogOnRefused';
}
