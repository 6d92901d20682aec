import { LogOnRefused } from './acceptor.ts';

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/** The elements that follow each other in `bytes`. Tags have one byte, lengths at most three. Throws {@link LogOnRefused} for anything else. */
export function readDer(bytes: Buffer): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1] ?? 0x80;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    const start = at + 2 + lengthBytes;
    if (first === 0x80 || lengthBytes > 3 || start > bytes.length) throw new LogOnRefused('malformed DER');
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
    const end = start + length;
    if (end > bytes.length) throw new LogOnRefused('DER cut short');
    elements.push({ tag: bytes[at] as number, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

/** The element at a path of tags; each is the first of its tag in what encloses it. */
export function derAt(bytes: Buffer, ...path: readonly number[]): DerElement | undefined {
  let found: DerElement | undefined;
  let within = bytes;
  for (const tag of path) {
    found = readDer(within).find((element) => element.tag === tag);
    if (found === undefined) return undefined;
    within = found.content;
  }
  return found;
}

export function writeDer(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
}
