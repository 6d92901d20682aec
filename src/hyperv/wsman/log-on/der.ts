import { SecurityError } from './security-context.ts';

/**
 * The few forms of DER that SPNEGO and certificates need here. Not by `asn1js`: it builds a tree of everything and takes BER too, while these
 * tokens come from a host nobody has proved yet, and three levels of them are read, each within the bounds of the one around it.
 */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
}

export const SEQUENCE = 0x30;
export const OBJECT_IDENTIFIER = 0x06;
export const OCTET_STRING = 0x04;
export const ENUMERATED = 0x0a;

/** Tag of a constructed, context-specific element, e.g. `[0]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/**
 * All elements that stand one after another in the bytes. Their contents are views, not copies, and are not looked into.
 * @throws SecurityError `malformed`: tags of more than one byte, lengths that are indefinite, of more than four bytes or beyond the end
 */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if ((tag & 0x1f) === 0x1f || first === undefined || first === 0x80 || first > 0x84) throw malformed();
    const start = at + 2 + (first > 0x80 ? first - 0x80 : 0);
    if (start > bytes.length) throw malformed();
    const end = start + (first > 0x80 ? bytes.readUIntBE(at + 2, first - 0x80) : first);
    if (end > bytes.length) throw malformed();
    elements.push({ tag, content: bytes.subarray(start, end) });
    at = end;
  }
  return elements;
}

/**
 * The content of the one element that the bytes are.
 * @throws SecurityError `malformed` when there is another, or another tag
 */
export function derContent(bytes: Buffer, tag: number): Buffer {
  const [element, ...others] = readDer(bytes);
  if (element?.tag !== tag || others.length > 0) throw malformed();
  return element.content;
}

/** One element around the contents. */
export function writeDer(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
  const head = Buffer.alloc(2 + size);
  head.writeUInt8(tag, 0);
  head.writeUInt8(0x80 | size, 1);
  head.writeUIntBE(length, 2, size);
  return Buffer.concat([head, content]);
}

/** Content of an OBJECT IDENTIFIER given in dotted form. */
export function oidContent(dotted: string): Buffer {
  const [root = 0, branch = 0, ...arcs] = dotted.split('.').map(Number);
  return Buffer.from([root * 40 + branch, ...arcs].flatMap(base128));
}

function base128(arc: number): number[] {
  const groups = [arc & 0x7f];
  for (let rest = arc >>> 7; rest > 0; rest >>>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}

function malformed(): SecurityError {
  return new SecurityError('malformed', 'It is not the ASN.1 that it has to be');
}
