import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { channelBindingHash } from './channel-binding.ts';
import { directionKeys, encipherSessionKey, messageIntegrityCode, ntowfV2, ntProof, responseBlob, sessionBaseKey } from './ntlm-keys.ts';
import { readChallenge, withMic, writeAuthenticate, writeNegotiate } from './ntlm-messages.ts';
import { NtlmDirection } from './ntlm-sealing.ts';
import { answeringTargetInfo, computerNameOf, timestampOf } from './ntlm-target-info.ts';
import { type SealedMessage, type SecurityContext, SecurityError } from './security-context.ts';

export interface NtlmOptions {
  /** `DOMAIN\user`, `user@domain`, `.\user` (an account of the host itself) or `user`; each part up to 1,024 characters. */
  readonly username: string;
  readonly password: string;
  /** Service principal name that the host is meant by, e.g. `HTTP/hv1.example.org`. */
  readonly targetName: string;
  /** What `channelBinding` gives for the TLS connection; null without TLS. */
  readonly channelBinding: Buffer | null;
  /** Milliseconds since 1970, asked only for hosts that do not tell their own time; default Date.now. */
  readonly now?: () => number;
  /** Default node:crypto's. */
  readonly random?: (bytes: number) => Buffer;
}

/**
 * An NTLM log-on as a client (MS-NLMP): NTLMv2 only, always with MIC, extended session security, 128-bit keys and key exchange. The older answers do not
 * exist here, and a host that wants less is refused. It is complete with its second token: whether the host agrees, only its next message shows.
 */
export function createNtlm(options: NtlmOptions): SecurityContext {
  return new Ntlm(options);
}

const NO_BINDING = Buffer.alloc(16);
const MAX_NAME = 1_024;
/** NetBIOS names end there. */
const MAX_WORKSTATION = 15;

class Ntlm implements SecurityContext {
  readonly mechanism = 'NTLM';
  readonly oid = '1.3.6.1.4.1.311.2.2.10';
  readonly expiresAt = null;
  readonly #options: NtlmOptions;
  #negotiate: Buffer | null = null;
  #keys: { readonly outgoing: NtlmDirection; readonly incoming: NtlmDirection } | null = null;

  constructor(options: NtlmOptions) {
    this.#options = options;
  }

  get complete(): boolean {
    return this.#keys !== null;
  }

  async step(token: Buffer | null): Promise<Buffer | null> {
    if (token === null) {
      readAccount(this.#options.username);
      this.#negotiate = writeNegotiate();
      return this.#negotiate;
    }
    if (this.#negotiate === null || this.complete)
      throw new SecurityError('malformed', 'The host sent an NTLM message that nobody waits for');
    return this.#answer(this.#negotiate, token);
  }

  sign(message: Buffer): Buffer {
    return this.#agreed().outgoing.sign(message);
  }

  verify(message: Buffer, signature: Buffer): void {
    this.#agreed().incoming.verify(message, signature);
  }

  seal(message: Buffer): SealedMessage {
    return this.#agreed().outgoing.seal(message);
  }

  unseal(message: SealedMessage): Buffer {
    return this.#agreed().incoming.unseal(message);
  }

  dispose(): void {
    this.#negotiate = null;
    this.#keys = null;
  }

  async #answer(negotiate: Buffer, token: Buffer): Promise<Buffer> {
    const { username, password, targetName, channelBinding, now = Date.now, random = randomBytes } = this.#options;
    const { flags, serverChallenge, targetInfo } = readChallenge(token);
    const { user, domain = computerNameOf(targetInfo) } = readAccount(username);
    const binding = channelBinding === null ? NO_BINDING : channelBindingHash(channelBinding);
    const blob = responseBlob(timestampOf(targetInfo) ?? fileTime(now()), random(8), answeringTargetInfo(targetInfo, targetName, binding));
    const ntowf = await ntowfV2(password, user, domain);
    const proof = ntProof(ntowf, serverChallenge, blob);
    const sessionKey = random(16);
    const authenticate = writeAuthenticate({
      flags,
      domain,
      user,
      workstation: workstation(),
      ntResponse: Buffer.concat([proof, blob]),
      sessionKey: encipherSessionKey(sessionBaseKey(ntowf, proof), sessionKey),
    });
    this.#keys = {
      outgoing: new NtlmDirection(directionKeys(sessionKey, 'client-to-server')),
      incoming: new NtlmDirection(directionKeys(sessionKey, 'server-to-client')),
    };
    return withMic(authenticate, messageIntegrityCode(sessionKey, negotiate, token, authenticate));
  }

  #agreed() {
    if (this.#keys === null) throw new SecurityError('malformed', 'There are no NTLM keys before the log-on is complete');
    return this.#keys;
  }
}

/** Without a domain the account is the host's own. */
interface Account {
  readonly user: string;
  readonly domain?: string;
}

/** @throws SecurityError `credentials` */
function readAccount(username: string): Account {
  const slash = username.indexOf('\\');
  const [domain, user] = [username.slice(0, Math.max(slash, 0)), username.slice(slash + 1)];
  if (user === '') throw new SecurityError('credentials', 'The user name is empty', 'Give it as DOMAIN\\user, user@domain or .\\user.');
  if (user.length > MAX_NAME || domain.length > MAX_NAME)
    throw new SecurityError('credentials', 'The user name is too long for NTLM', 'Give it as DOMAIN\\user, user@domain or .\\user.');
  return domain === '.' ? { user } : { user, domain };
}

/** What the host's security log names as the origin. */
function workstation(): string {
  return hostname().replace(/\..*/, '').slice(0, MAX_WORKSTATION).toUpperCase();
}

/** FILETIME: 100 ns since 1601. */
function fileTime(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(Math.trunc(milliseconds)) + 11_644_473_600_000n) * 10_000n);
  return bytes;
}
