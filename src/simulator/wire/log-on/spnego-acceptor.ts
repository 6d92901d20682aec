import { type Accepted, type Acceptor, LogOnRefused, type Session } from './acceptor.ts';
import { NegState, readInit, readResponse, writeResponse } from './spnego-tokens.ts';

interface Negotiation {
  readonly acceptor: Acceptor;
  readonly mechanism: string;
  readonly mechanismList: Buffer;
  /** The client would have chosen it too, so nobody can have meddled with the list to its harm. */
  readonly preferred: boolean;
  /** The client has been told which mechanism it is. */
  announced: boolean;
  /** Logged on, but for the client's signature over the list. */
  awaitingMic: Session | null;
}

/** Chooses the first mechanism of the client's list that the host has, and protects the choice by mechListMIC (RFC 4178, MS-SPNG). */
export class SpnegoAcceptor implements Acceptor {
  readonly #mechanisms: ReadonlyMap<string, () => Acceptor>;
  #negotiation: Negotiation | null = null;

  constructor(mechanisms: ReadonlyMap<string, () => Acceptor>) {
    this.#mechanisms = mechanisms;
  }

  async accept(token: Buffer): Promise<Accepted> {
    const negotiation = this.#negotiation;
    if (negotiation === null) return this.#begin(token);
    const { responseToken, mic } = readResponse(token);
    if (negotiation.awaitingMic !== null) return finish(negotiation, negotiation.awaitingMic, null, mic);
    if (responseToken === null) throw new LogOnRefused('no token of the mechanism');
    return step(negotiation, responseToken, mic);
  }

  dispose(): void {
    this.#negotiation?.acceptor.dispose();
    this.#negotiation = null;
  }

  #begin(token: Buffer): Promise<Accepted> | Accepted {
    const { mechanisms, mechanismList, mechToken, mic } = readInit(token);
    const mechanism = mechanisms.find((oid) => this.#mechanisms.has(oid));
    const create = mechanism === undefined ? undefined : this.#mechanisms.get(mechanism);
    if (mechanism === undefined || create === undefined) throw new LogOnRefused('no mechanism in common');
    const preferred = mechanism === mechanisms[0];
    const negotiation = { acceptor: create(), mechanism, mechanismList, preferred, announced: false, awaitingMic: null };
    this.#negotiation = negotiation;
    if (preferred && mechToken !== null) return step(negotiation, mechToken, mic);
    return { token: respond(negotiation, preferred ? NegState.Incomplete : NegState.RequestMic, null, null), session: null };
  }
}

async function step(negotiation: Negotiation, mechToken: Buffer, mic: Buffer | null): Promise<Accepted> {
  const { token, session } = await negotiation.acceptor.accept(mechToken);
  if (session === null) return { token: respond(negotiation, NegState.Incomplete, token, null), session: null };
  return finish(negotiation, session, token, mic);
}

/** The mechanism is content; what remains is the list of mechanisms. */
function finish(negotiation: Negotiation, session: Session, token: Buffer | null, mic: Buffer | null): Accepted {
  const { mechanismList, preferred } = negotiation;
  const isSecond = negotiation.awaitingMic !== null;
  if (mic === null && preferred) return { token: respond(negotiation, NegState.Completed, token, null), session };
  if (session.channel === null || (mic === null && isSecond)) throw new LogOnRefused('the choice of mechanism cannot be protected');
  if (mic !== null) session.channel.verifyMic(mechanismList, mic);
  const own = isSecond ? null : session.channel.makeMic(mechanismList);
  if (mic !== null) return { token: respond(negotiation, NegState.Completed, token, own), session };
  negotiation.awaitingMic = session;
  return { token: respond(negotiation, NegState.Incomplete, token, own), session: null };
}

function respond(negotiation: Negotiation, state: number, responseToken: Buffer | null, mic: Buffer | null): Buffer {
  const mechanism = negotiation.announced ? null : negotiation.mechanism;
  negotiation.announced = true;
  return writeResponse({ state, mechanism, responseToken, mic });
}
