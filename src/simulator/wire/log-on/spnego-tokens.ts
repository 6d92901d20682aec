import { LogOnRefused } from './acceptor.ts';
import { derAt, readDer, writeDer } from './der.ts';

const Tag = { Octets: 0x04, Oid: 0x06, Enumerated: 0x0a, Sequence: 0x30, Initial: 0x60, Init: 0xa0, Response: 0xa1 } as const;
/** Context-specific number of a field. */
const field = (number: number): number => 0xa0 + number;

/** Object identifiers, hexadecimal as they are encoded. */
export const Oid = {
  spnego: '2b0601050502',
  kerberos: '2a864886f712010202',
  /** What Windows 2000 wrote for Kerberos by mistake; Windows still puts it first. */
  microsoftKerberos: '2a864882f712010202',
  ntlm: '2b06010401823702020a',
} as const;

export const NegState = { Completed: 0, Incomplete: 1, RequestMic: 3 } as const;

export interface NegTokenInit {
  readonly mechanisms: readonly string[];
  /** MechTypeList as it was sent: what mechListMIC signs. */
  readonly mechanismList: Buffer;
  readonly mechToken: Buffer | null;
  readonly mic: Buffer | null;
}

/** The mechanism of a GSS-API initial token (RFC 2743, 3.1); null for anything else. */
export function mechanismOf(token: Buffer): string | null {
  if (token[0] !== Tag.Initial) return null;
  return derAt(token, Tag.Initial, Tag.Oid)?.content.toString('hex') ?? null;
}

export function readInit(token: Buffer): NegTokenInit {
  const fields = derAt(token, Tag.Initial, Tag.Init, Tag.Sequence)?.content;
  const list = fields === undefined ? undefined : derAt(fields, field(0), Tag.Sequence);
  if (fields === undefined || list === undefined) throw new LogOnRefused('not a NegTokenInit');
  return {
    mechanisms: readDer(list.content).map(({ content }) => content.toString('hex')),
    mechanismList: list.whole,
    mechToken: octets(fields, 2),
    mic: octets(fields, 3),
  };
}

export function readResponse(token: Buffer): { readonly responseToken: Buffer | null; readonly mic: Buffer | null } {
  const fields = derAt(token, Tag.Response, Tag.Sequence)?.content;
  if (fields === undefined) throw new LogOnRefused('not a NegTokenResp');
  return { responseToken: octets(fields, 2), mic: octets(fields, 3) };
}

function octets(fields: Buffer, number: number): Buffer | null {
  return derAt(fields, field(number), Tag.Octets)?.content ?? null;
}

export interface NegTokenResp {
  readonly state: number;
  /** Only in the first answer. */
  readonly mechanism: string | null;
  readonly responseToken: Buffer | null;
  readonly mic: Buffer | null;
}

export function writeResponse({ state, mechanism, responseToken, mic }: NegTokenResp): Buffer {
  const fields = [writeDer(field(0), writeDer(Tag.Enumerated, Buffer.from([state])))];
  if (mechanism !== null) fields.push(writeDer(field(1), writeDer(Tag.Oid, Buffer.from(mechanism, 'hex'))));
  if (responseToken !== null) fields.push(writeDer(field(2), writeDer(Tag.Octets, responseToken)));
  if (mic !== null) fields.push(writeDer(field(3), writeDer(Tag.Octets, mic)));
  return writeDer(Tag.Response, writeDer(Tag.Sequence, ...fields));
}
