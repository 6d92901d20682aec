import { LogOnRefused } from './acceptor.ts';

/** NEGOTIATE flags of MS-NLMP 2.2.2.5, as far as this host goes by them. */
export const Flag = {
  Unicode: 0x1,
  Oem: 0x2,
  RequestTarget: 0x4,
  Sign: 0x10,
  Seal: 0x20,
  Ntlm: 0x200,
  AlwaysSign: 0x8000,
  TargetTypeServer: 0x20000,
  ExtendedSessionSecurity: 0x80000,
  TargetInfo: 0x800000,
  Version: 0x2000000,
  Key128: 0x20000000,
  KeyExchange: 0x40000000,
} as const;

/** Attributes of MS-NLMP 2.2.2.1. */
export const Attribute = {
  End: 0,
  NbComputerName: 1,
  NbDomainName: 2,
  DnsComputerName: 3,
  DnsDomainName: 4,
  Flags: 6,
  Timestamp: 7,
  ChannelBindings: 10,
} as const;

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const CHALLENGE_HEADER = 56;
const AUTHENTICATE_HEADER = 64;
const MIC_OFFSET = 72;
const MIC_LENGTH = 16;
/** Windows Server 2019, NTLM revision 15. */
const VERSION = Buffer.from('0a0063450000000f', 'hex');

export function isNtlm(token: Buffer): boolean {
  return token.length >= 16 && token.subarray(0, 8).equals(SIGNATURE);
}

/** 1 NEGOTIATE, 2 CHALLENGE, 3 AUTHENTICATE. */
export function messageType(token: Buffer): number {
  if (!isNtlm(token)) throw new LogOnRefused('not an NTLM message');
  return token.readUInt32LE(8);
}

export function readNegotiateFlags(token: Buffer): number {
  return token.readUInt32LE(12);
}

export interface ChallengeMessage {
  readonly flags: number;
  readonly serverChallenge: Buffer;
  readonly targetName: string;
  readonly targetInfo: Buffer;
}

export function writeChallenge({ flags, serverChallenge, targetName, targetInfo }: ChallengeMessage): Buffer {
  const name = Buffer.from(targetName, (flags & Flag.Unicode) === 0 ? 'latin1' : 'utf16le');
  const header = Buffer.alloc(CHALLENGE_HEADER);
  SIGNATURE.copy(header);
  header.writeUInt32LE(2, 8);
  writeField(header, 12, name.length, CHALLENGE_HEADER);
  header.writeUInt32LE(flags >>> 0, 20);
  serverChallenge.copy(header, 24);
  writeField(header, 40, targetInfo.length, CHALLENGE_HEADER + name.length);
  VERSION.copy(header, 48);
  return Buffer.concat([header, name, targetInfo]);
}

function writeField(header: Buffer, at: number, length: number, offset: number): void {
  header.writeUInt16LE(length, at);
  header.writeUInt16LE(length, at + 2);
  header.writeUInt32LE(offset, at + 4);
}

export interface AuthenticateMessage {
  readonly flags: number;
  readonly ntResponse: Buffer;
  readonly domain: string;
  readonly user: string;
  readonly encryptedSessionKey: Buffer;
}

export function readAuthenticate(token: Buffer): AuthenticateMessage {
  if (token.length < AUTHENTICATE_HEADER) throw new LogOnRefused('AUTHENTICATE message cut short');
  const field = (at: number): Buffer => {
    const offset = token.readUInt32LE(at + 4);
    const end = offset + token.readUInt16LE(at);
    if (end > token.length) throw new LogOnRefused('AUTHENTICATE message points beyond its end');
    return token.subarray(offset, end);
  };
  const flags = token.readUInt32LE(60);
  const text = (at: number): string => field(at).toString((flags & Flag.Unicode) === 0 ? 'latin1' : 'utf16le');
  return { flags, ntResponse: field(20), domain: text(28), user: text(36), encryptedSessionKey: field(52) };
}

/** The message integrity code, and the AUTHENTICATE message as it was when the code was made: with zeros in its place. */
export function splitMic(token: Buffer): { readonly mic: Buffer; readonly without: Buffer } {
  if (token.length < MIC_OFFSET + MIC_LENGTH) throw new LogOnRefused('no room for a MIC');
  const without = Buffer.from(token);
  without.fill(0, MIC_OFFSET, MIC_OFFSET + MIC_LENGTH);
  return { mic: token.subarray(MIC_OFFSET, MIC_OFFSET + MIC_LENGTH), without };
}

export function writeAttributes(attributes: readonly (readonly [id: number, value: Buffer])[]): Buffer {
  const parts = [...attributes, [Attribute.End, Buffer.alloc(0)] as const].map(([id, value]) => {
    const header = Buffer.alloc(4);
    header.writeUInt16LE(id, 0);
    header.writeUInt16LE(value.length, 2);
    return Buffer.concat([header, value]);
  });
  return Buffer.concat(parts);
}

export function readAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at);
    if (id === Attribute.End) return attributes;
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    attributes.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  throw new LogOnRefused('attributes without an end');
}
