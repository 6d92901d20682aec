import { type Accepted, type Acceptor, LogOnRefused } from './acceptor.ts';
import { isNtlm, messageType } from './ntlm-messages.ts';
import { SpnegoAcceptor } from './spnego-acceptor.ts';
import { mechanismOf, Oid } from './spnego-tokens.ts';

/** What a host can be asked for under one scheme, by the mechanism's object identifier. */
export type Mechanisms = ReadonlyMap<string, () => Acceptor>;

/** The scheme Negotiate: SPNEGO, or a token of one of the mechanisms by itself. A token that begins a log-on ends what was before it. */
export class NegotiateAcceptor implements Acceptor {
  readonly #mechanisms: Mechanisms;
  #chosen: Acceptor | null = null;

  constructor(mechanisms: Mechanisms) {
    this.#mechanisms = mechanisms;
  }

  accept(token: Buffer): Promise<Accepted> {
    const beginning = this.#begin(token);
    if (beginning !== null) {
      this.dispose();
      this.#chosen = beginning;
    }
    if (this.#chosen === null) throw new LogOnRefused('a log-on that never began');
    return this.#chosen.accept(token);
  }

  dispose(): void {
    this.#chosen?.dispose();
    this.#chosen = null;
  }

  #begin(token: Buffer): Acceptor | null {
    const mechanism = isNtlm(token) && messageType(token) === 1 ? Oid.ntlm : mechanismOf(token);
    if (mechanism === null) return null;
    if (mechanism === Oid.spnego) return new SpnegoAcceptor(this.#mechanisms);
    const create = this.#mechanisms.get(mechanism);
    if (create === undefined) throw new LogOnRefused('a mechanism this host does not have');
    return create();
  }
}
