import { oidContent } from './der.ts';
import { isNtlmMessage } from './ntlm-messages.ts';
import { type SealedMessage, type SecurityContext, SecurityError } from './security-context.ts';
import { type NegTokenResp, readNegTokenResp, SPNEGO_OID, writeMechTypes, writeNegTokenInit, writeNegTokenResp } from './spnego-tokens.ts';

/**
 * A log-on that leaves the choice of the mechanism to the host (RFC 4178, MS-SPNG). It is a {@link SecurityContext} like those it chooses from: `mechanism`
 * is the one in use, `oid` is SPNEGO's own.
 *
 * A mechanism whose first step throws `unavailable` or `host` is left out; any other trouble is thrown, so that a wrong password is tried once.
 * The list of mechanisms is signed by both sides with NTLM, or when the host chose another mechanism than the best, or asks for it.
 * A host that answers NTLM without SPNEGO around it is answered likewise.
 * @param contexts best first, at least one; they belong to the result, which disposes of them
 */
export function createSpnego(contexts: readonly [SecurityContext, ...SecurityContext[]]): SecurityContext {
  return new Spnego(contexts);
}

/** Windows names Kerberos by a number that came from a slip of its own, and still answers so. */
const KERBEROS = oidContent('1.2.840.113554.1.2.2');
const KERBEROS_OF_WINDOWS = oidContent('1.2.840.48018.1.2.2');

class Spnego implements SecurityContext {
  readonly oid = SPNEGO_OID;
  readonly #contexts: readonly SecurityContext[];
  #offered: readonly SecurityContext[] = [];
  #mechTypes = writeMechTypes([]);
  #chosen: SecurityContext;
  #answered = false;
  #listIsSigned = false;
  #micSent = false;
  #micSeen = false;
  #complete = false;

  constructor(contexts: readonly [SecurityContext, ...SecurityContext[]]) {
    this.#contexts = contexts;
    this.#chosen = contexts[0];
  }

  get mechanism(): SecurityContext['mechanism'] {
    return this.#chosen.mechanism;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get expiresAt(): Date | null {
    return this.#chosen.expiresAt;
  }

  async step(token: Buffer | null): Promise<Buffer | null> {
    if (token === null) return this.#begin();
    if (isNtlmMessage(token)) return this.#answerBareNtlm(token);
    const answer = readNegTokenResp(token);
    if (answer.state === 'reject') throw await this.#refusal(answer);
    const own = await this.#advance(answer);
    this.#judgeMic(answer);
    return answer.state === 'accept-completed' ? this.#end(own) : this.#reply(own);
  }

  sign(message: Buffer): Buffer {
    return this.#agreed().sign(message);
  }

  verify(message: Buffer, signature: Buffer): void {
    this.#agreed().verify(message, signature);
  }

  seal(message: Buffer): SealedMessage {
    return this.#agreed().seal(message);
  }

  unseal(message: SealedMessage): Buffer {
    return this.#agreed().unseal(message);
  }

  dispose(): void {
    this.#complete = false;
    for (const context of this.#contexts) context.dispose();
  }

  /** The first that can begin, and all after it. */
  async #begin(): Promise<Buffer> {
    const troubles: SecurityError[] = [];
    for (const [at, context] of this.#contexts.entries()) {
      const token = await context.step(null).catch((error: unknown) => {
        if (!(error instanceof SecurityError) || !['unavailable', 'host'].includes(error.trouble)) throw error;
        troubles.push(error);
        return null;
      });
      if (token === null) continue;
      this.#choose(context);
      this.#offered = this.#contexts.slice(at);
      this.#mechTypes = writeMechTypes(this.#offered.map(({ oid }) => oid));
      return writeNegTokenInit(this.#mechTypes, token);
    }
    throw this.#noneLeft(troubles);
  }

  #noneLeft([first, ...others]: readonly SecurityError[]): SecurityError {
    const reasons = [first, ...others].map((error, at) => `${this.#contexts[at]?.mechanism}: ${error?.message}`);
    return new SecurityError(first?.trouble ?? 'unavailable', reasons.join('; '), first?.remedy ?? null);
  }

  async #answerBareNtlm(token: Buffer): Promise<Buffer | null> {
    if (this.#answered || this.#chosen.mechanism !== 'NTLM') throw malformed('The host answers by NTLM where nobody began it');
    this.#answered = true;
    const reply = await this.#chosen.step(token);
    this.#complete = this.#chosen.complete;
    return reply;
  }

  /** @returns what the mechanism has to say to the answer */
  async #advance({ supportedMech, responseToken }: NegTokenResp): Promise<Buffer | null> {
    const wanted = supportedMech === null ? this.#chosen : this.#find(supportedMech);
    const isFirst = !this.#answered;
    this.#answered = true;
    if (wanted === this.#chosen) return responseToken === null ? null : this.#chosen.step(responseToken);
    if (!isFirst) throw malformed('The host changed the mechanism during the log-on');
    this.#choose(wanted);
    this.#listIsSigned = true;
    return wanted.step(null);
  }

  #choose(context: SecurityContext): void {
    this.#chosen = context;
    // As Windows does: whoever could change the list could otherwise have NTLM chosen.
    this.#listIsSigned = context.mechanism === 'NTLM';
  }

  #find(supportedMech: Buffer): SecurityContext {
    const named = supportedMech.equals(KERBEROS_OF_WINDOWS) ? KERBEROS : supportedMech;
    const context = this.#offered.find(({ oid }) => oidContent(oid).equals(named));
    if (context === undefined) throw malformed('The host chose a mechanism that was not offered');
    return context;
  }

  #judgeMic({ state, mechListMic }: NegTokenResp): void {
    if (state === 'request-mic') this.#listIsSigned = true;
    if (mechListMic === null) return;
    if (!this.#chosen.complete) throw malformed('The host signed the list of mechanisms when it could not');
    this.#chosen.verify(this.#mechTypes, mechListMic);
    this.#micSeen = true;
    this.#listIsSigned = true;
  }

  #end(own: Buffer | null): null {
    if (own !== null || !this.#chosen.complete) throw malformed('The host ended the log-on before it was done');
    if (this.#listIsSigned && !this.#micSeen)
      throw new SecurityError('downgrade', 'The host did not sign the list of mechanisms, so somebody may have changed it');
    this.#complete = true;
    return null;
  }

  #reply(own: Buffer | null): Buffer {
    // When the mechanism is done and the host still waits, it can only wait for the signature.
    if (own === null) this.#listIsSigned = true;
    const mechListMic = this.#listIsSigned && this.#chosen.complete && !this.#micSent ? this.#chosen.sign(this.#mechTypes) : null;
    if (own === null && mechListMic === null) throw malformed('The host waits for more than there is');
    this.#micSent ||= mechListMic !== null;
    this.#complete = this.#micSent && this.#micSeen;
    return writeNegTokenResp({
      state: this.#complete ? 'accept-completed' : 'accept-incomplete',
      supportedMech: null,
      responseToken: own,
      mechListMic,
    });
  }

  /** Kerberos tells in its own words why, e.g. that clocks differ, by throwing it. */
  async #refusal({ responseToken }: NegTokenResp): Promise<SecurityError> {
    if (responseToken !== null && this.#chosen.mechanism === 'Kerberos') await this.#chosen.step(responseToken);
    return new SecurityError('credentials', `The host refused the log-on by ${this.#chosen.mechanism}`);
  }

  #agreed(): SecurityContext {
    if (!this.#complete) throw malformed('There are no keys before the log-on is complete');
    return this.#chosen;
  }
}

function malformed(message: string): SecurityError {
  return new SecurityError('malformed', message);
}
