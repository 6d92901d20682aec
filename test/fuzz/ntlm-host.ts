import { derContent, OCTET_STRING, oidContent, readDer, SEQUENCE } from '../../src/hyperv/wsman/log-on/der.ts';
import { readSealed, writeSealed } from '../../src/hyperv/wsman/log-on/sealed-body.ts';
import type { SealedMessage } from '../../src/hyperv/wsman/log-on/security-context.ts';
import { readNegTokenResp, writeMechTypes, writeNegTokenResp } from '../../src/hyperv/wsman/log-on/spnego-tokens.ts';
import { type Accepted, accept, challenge } from '../hyperv/wsman/log-on/ntlm-acceptor.ts';
import { PASSWORD } from './secrets.ts';

const NTLM = '1.3.6.1.4.1.311.2.2.10';
export const SPNEGO_SESSION = 'application/HTTP-SPNEGO-session-encrypted';
const MECH_TYPES = writeMechTypes([NTLM]);
const END = '--Encrypted Boundary--\r\n';

/** A host's half of a log-on by NTLM in SPNEGO, and of the sealed messages after it. It believes only what is right. */
export class NtlmHost {
  /** Set when a client has shown that it knows the password, and that it got what was sent to it. */
  accepted: Accepted | null = null;
  #negotiate: Buffer | null = null;
  readonly #challenge = challenge();

  /**
   * The parts of the token that answers a client's; null: it is refused.
   * @param token as the client sent it
   */
  async step(token: Buffer): Promise<{ readonly inner: Buffer | null; readonly mic: Buffer | null } | null> {
    if (this.#negotiate === null) {
      this.#negotiate = mechTokenOf(token);
      return { inner: this.#challenge, mic: null };
    }
    const bare = token.subarray(0, 8).equals(Buffer.from('NTLMSSP\0'));
    const { responseToken, mechListMic } = bare ? { responseToken: token, mechListMic: null } : readNegTokenResp(token);
    if (responseToken === null) return null;
    const accepted = await accept(PASSWORD, this.#negotiate, this.#challenge, responseToken);
    if (!accepted.passwordIsRight || !accepted.micIsRight) return null;
    this.accepted = accepted;
    if (bare) return { inner: null, mic: null };
    if (mechListMic === null) return null;
    accepted.incoming.verify(MECH_TYPES, mechListMic);
    return { inner: null, mic: accepted.outgoing.sign(MECH_TYPES) };
  }

  seal(message: Buffer): SealedMessage {
    return this.#keys().outgoing.seal(message);
  }

  unseal(message: SealedMessage): Buffer {
    return this.#keys().incoming.unseal(message);
  }

  #keys(): Accepted {
    if (this.accepted === null) throw new Error('nobody is logged on');
    return this.accepted;
  }
}

/** The mechanism's token in a client's first of SPNEGO, where it stands last. */
export function mechTokenOf(token: Buffer): Buffer {
  const [, body] = readDer(derContent(token, 0x60));
  const fields = readDer(derContent(body?.content ?? token, SEQUENCE));
  return derContent(fields.at(-1)?.content ?? token, OCTET_STRING);
}

/** What a client sealed. */
export function openBody(host: Pick<NtlmHost, 'unseal'>, body: Buffer, contentType: string): Buffer {
  return Buffer.concat(readSealed(body, contentType).map(({ sealed }) => host.unseal(sealed)));
}

/** @param pieces each becomes a message of its own in the body */
export function sealBody(
  host: Pick<NtlmHost, 'seal'>,
  protocol: string,
  pieces: readonly Buffer[],
): { readonly contentType: string; readonly body: Buffer } {
  const bodies = pieces.map((piece) => writeSealed(host.seal(piece), piece.length, protocol));
  const body = Buffer.concat([...bodies.map((each) => each.body.subarray(0, -END.length)), Buffer.from(END)]);
  return { contentType: bodies[0]?.contentType ?? '', body };
}

/** A token of SPNEGO around what a host has to say. */
export function spnegoToken(inner: Buffer | null, mic: Buffer | null): Buffer {
  const state = inner === null ? 'accept-completed' : 'accept-incomplete';
  return writeNegTokenResp({ state, supportedMech: inner === null ? null : oidContent(NTLM), responseToken: inner, mechListMic: mic });
}
