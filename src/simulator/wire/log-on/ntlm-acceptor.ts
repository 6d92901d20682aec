import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CimHost } from '../../cim.ts';
import { type Accepted, type Acceptor, LogOnRefused } from './acceptor.ts';
import { isAccountOf } from './account.ts';
import { type ChannelBinding, ntlmBinding } from './channel-binding.ts';
import { NtlmChannel } from './ntlm-channel.ts';
import { hmacMd5, ntowfV2, ntProof } from './ntlm-keys.ts';
import {
  Attribute,
  type AuthenticateMessage,
  Flag,
  messageType,
  readAttributes,
  readAuthenticate,
  readNegotiateFlags,
  splitMic,
  writeAttributes,
  writeChallenge,
} from './ntlm-messages.ts';
import { Rc4 } from './rc4.ts';

/** What this host agrees to when a client asks for it. */
const AGREEABLE =
  Flag.Unicode | Flag.Oem | Flag.Sign | Flag.Seal | Flag.AlwaysSign | Flag.ExtendedSessionSecurity | Flag.Key128 | Flag.KeyExchange;
const ALWAYS = Flag.RequestTarget | Flag.Ntlm | Flag.TargetTypeServer | Flag.TargetInfo | Flag.Version;
const NEEDED_TO_SIGN = Flag.Sign | Flag.ExtendedSessionSecurity | Flag.Key128 | Flag.KeyExchange;

const PROOF_LENGTH = 16;
/** Where the attributes begin in the client's blob (NTLMv2_CLIENT_CHALLENGE). */
const BLOB_HEADER = 28;
const MIC_PRESENT = 0x2;
const NO_BINDING = Buffer.alloc(16);
const FILETIME_OF_1970 = 116_444_736_000_000_000n;

interface Challenged {
  readonly negotiate: Buffer;
  readonly challenge: Buffer;
  readonly serverChallenge: Buffer;
  readonly flags: number;
}

/**
 * NTLM as a host that refuses everything but NTLMv2 (LmCompatibilityLevel 5). It checks the response, the MIC when the client made one, and the
 * channel binding. The time in the response is not judged: a simulated host's clock runs away from its clients'.
 */
export class NtlmAcceptor implements Acceptor {
  readonly #host: CimHost;
  readonly #binding: ChannelBinding | null;
  #challenged: Challenged | null = null;

  /** @param binding of the TLS connection; null over plain HTTP */
  constructor(host: CimHost, binding: ChannelBinding | null) {
    this.#host = host;
    this.#binding = binding;
  }

  async accept(token: Buffer): Promise<Accepted> {
    const type = messageType(token);
    if (type === 1) return { token: this.#challenge(token), session: null };
    const challenged = this.#challenged;
    this.#challenged = null;
    if (type !== 3 || challenged === null) throw new LogOnRefused('NTLM message out of turn');
    return this.#authenticate(token, challenged);
  }

  dispose(): void {
    this.#challenged = null;
  }

  #challenge(negotiate: Buffer): Buffer {
    const asked = readNegotiateFlags(negotiate);
    if ((asked & Flag.ExtendedSessionSecurity) === 0) throw new LogOnRefused('NTLM without extended session security');
    const flags = ALWAYS | (asked & AGREEABLE & ((asked & Flag.Unicode) === 0 ? ~0 : ~Flag.Oem));
    const serverChallenge = randomBytes(8);
    const { name } = this.#host;
    const netbios = Buffer.from(name.toUpperCase(), 'utf16le');
    const dns = Buffer.from(name, 'utf16le');
    const targetInfo = writeAttributes([
      [Attribute.NbDomainName, netbios],
      [Attribute.NbComputerName, netbios],
      [Attribute.DnsDomainName, dns],
      [Attribute.DnsComputerName, dns],
      [Attribute.Timestamp, fileTime(this.#host.now())],
    ]);
    const challenge = writeChallenge({ flags, serverChallenge, targetName: name.toUpperCase(), targetInfo });
    this.#challenged = { negotiate, challenge, serverChallenge, flags };
    return challenge;
  }

  async #authenticate(token: Buffer, { negotiate, challenge, serverChallenge, flags }: Challenged): Promise<Accepted> {
    const message = readAuthenticate(token);
    const proof = message.ntResponse.subarray(0, PROOF_LENGTH);
    const blob = message.ntResponse.subarray(PROOF_LENGTH);
    if (blob.length < BLOB_HEADER + 4 || blob[0] !== 1 || blob[1] !== 1) throw new LogOnRefused('not an NTLMv2 response');
    if (!isAccountOf(this.#host, message.user)) throw new LogOnRefused('no such account');
    const responseKey = await ntowfV2(this.#host.password, message.user, message.domain);
    if (!timingSafeEqual(proof, ntProof(responseKey, serverChallenge, blob))) throw new LogOnRefused('wrong password');

    const agreed = flags & message.flags;
    const sessionKey = exportedSessionKey(hmacMd5(responseKey, proof), agreed, message);
    const attributes = readAttributes(blob.subarray(BLOB_HEADER));
    if (((attributes.get(Attribute.Flags)?.readUInt32LE() ?? 0) & MIC_PRESENT) !== 0) {
      const { mic, without } = splitMic(token);
      if (!timingSafeEqual(mic, hmacMd5(sessionKey, negotiate, challenge, without))) throw new LogOnRefused('wrong MIC');
    }
    this.#checkBinding(attributes.get(Attribute.ChannelBindings) ?? NO_BINDING);
    const channel = (agreed & NEEDED_TO_SIGN) === NEEDED_TO_SIGN ? new NtlmChannel(sessionKey) : null;
    return {
      token: null,
      session: { account: this.#host.username, channel, confidential: channel !== null && (agreed & Flag.Seal) !== 0 },
    };
  }

  #checkBinding(sent: Buffer): void {
    if (this.#binding === null) return;
    if (sent.equals(NO_BINDING)) {
      if (this.#binding.required) throw new LogOnRefused('no channel binding');
    } else if (!sent.equals(ntlmBinding(this.#binding))) throw new LogOnRefused('bound to another channel');
  }
}

function exportedSessionKey(sessionBaseKey: Buffer, flags: number, { encryptedSessionKey }: AuthenticateMessage): Buffer {
  if ((flags & Flag.KeyExchange) === 0) return sessionBaseKey;
  if (encryptedSessionKey.length !== 16) throw new LogOnRefused('no session key');
  return new Rc4(sessionBaseKey).transform(encryptedSessionKey);
}

function fileTime(epochMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.trunc(epochMs)) * 10_000n + FILETIME_OF_1970);
  return bytes;
}
