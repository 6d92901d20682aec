import { unicode } from './ntlm-keys.ts';
import { type AvPair, readTargetInfo } from './ntlm-target-info.ts';
import { SecurityError } from './security-context.ts';

/** The three messages of an NTLM log-on, MS-NLMP 2.2.1. */

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');

const UNICODE = 0x1;
const REQUEST_TARGET = 0x4;
const SIGN = 0x10;
const SEAL = 0x20;
const NTLM = 0x200;
const ALWAYS_SIGN = 0x8000;
const EXTENDED_SESSION_SECURITY = 0x80000;
const TARGET_INFO = 0x800000;
const VERSION = 0x2000000;
const KEY_128 = 0x20000000;
const KEY_EXCHANGE = 0x40000000;
const KEY_56 = 0x80000000;

/** What a challenge must grant: with less, what follows could be read or forged. */
const REQUIRED: readonly (readonly [flag: number, name: string])[] = [
  [UNICODE, 'Unicode'],
  [SIGN, 'signing'],
  [SEAL, 'sealing'],
  [EXTENDED_SESSION_SECURITY, 'extended session security'],
  [KEY_128, '128-bit keys'],
  [KEY_EXCHANGE, 'key exchange'],
];

const OFFERED = REQUIRED.reduce((flags, [flag]) => flags | flag, REQUEST_TARGET | NTLM | ALWAYS_SIGN | VERSION | KEY_56) >>> 0;

/** VERSION of MS-NLMP 2.2.2.10, which nobody decides by: Windows 10.0, no build, NTLM revision 15. */
const OUR_VERSION = Buffer.from([10, 0, 0, 0, 0, 0, 0, 15]);

/** Longest challenge that is read, bytes. Windows sends a few hundred. */
const MAX_CHALLENGE = 16_384;

const MIC_AT = 72;
const MIC_LENGTH = 16;

/** Whether a token is an NTLM message without SPNEGO around it. */
export function isNtlmMessage(token: Buffer): boolean {
  return token.subarray(0, SIGNATURE.length).equals(SIGNATURE);
}

/** NEGOTIATE_MESSAGE: asks for all that {@link readChallenge} insists on, and names neither domain nor workstation. */
export function writeNegotiate(): Buffer {
  const [emptyDomain, emptyWorkstation] = [field(0, 0), field(0, 0)];
  return Buffer.concat([SIGNATURE, uint32(1), uint32(OFFERED), emptyDomain, emptyWorkstation, OUR_VERSION]);
}

export interface Challenge {
  /** What both sides want, to be repeated in the answer. */
  readonly flags: number;
  /** 8 bytes. */
  readonly serverChallenge: Buffer;
  readonly targetInfo: readonly AvPair[];
}

/**
 * CHALLENGE_MESSAGE, up to 16 KiB.
 * @throws SecurityError `malformed`; `downgrade` when it does not grant what is needed
 */
export function readChallenge(message: Buffer): Challenge {
  if (message.length < 48 || message.length > MAX_CHALLENGE || !isNtlmMessage(message) || message.readUInt32LE(8) !== 2) throw malformed();
  const flags = message.readUInt32LE(20);
  const missing = REQUIRED.filter(([flag]) => (flags & flag) === 0).map(([, name]) => name);
  if (missing.length > 0)
    throw new SecurityError(
      'downgrade',
      `The host wants NTLM without ${missing.join(', ')}`,
      'Allow NTLMv2 with 128-bit session security on the host, or use Kerberos.',
    );
  return {
    flags: (flags & (OFFERED | TARGET_INFO)) >>> 0,
    serverChallenge: message.subarray(24, 32),
    targetInfo: (flags & TARGET_INFO) === 0 ? [] : readTargetInfo(payload(message, 40)),
  };
}

export interface Authentication {
  readonly flags: number;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly ntResponse: Buffer;
  /** `EncryptedRandomSessionKey`, 16 bytes. */
  readonly sessionKey: Buffer;
}

/** AUTHENTICATE_MESSAGE with zeros for the MIC, and for the answer of LAN Manager, which is never given. */
export function writeAuthenticate({ flags, domain, user, workstation, ntResponse, sessionKey }: Authentication): Buffer {
  const payloads = [Buffer.alloc(24), ntResponse, unicode(domain), unicode(user), unicode(workstation), sessionKey];
  const fields: Buffer[] = [];
  let offset = MIC_AT + MIC_LENGTH;
  for (const { length } of payloads) {
    fields.push(field(length, offset));
    offset += length;
  }
  return Buffer.concat([SIGNATURE, uint32(3), ...fields, uint32(flags), OUR_VERSION, Buffer.alloc(MIC_LENGTH), ...payloads]);
}

/** The same message with its MIC. */
export function withMic(authenticate: Buffer, mic: Buffer): Buffer {
  return Buffer.concat([authenticate.subarray(0, MIC_AT), mic, authenticate.subarray(MIC_AT + MIC_LENGTH)]);
}

function payload(message: Buffer, at: number): Buffer {
  const [length, offset] = [message.readUInt16LE(at), message.readUInt32LE(at + 4)];
  if (offset + length > message.length) throw malformed();
  return message.subarray(offset, offset + length);
}

function field(length: number, offset: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(length, 2);
  bytes.writeUInt32LE(offset, 4);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function malformed(): SecurityError {
  return new SecurityError('malformed', 'The host sent something that is not an NTLM challenge');
}
