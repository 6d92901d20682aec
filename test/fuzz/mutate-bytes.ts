import type { RandomStream } from '../../src/simulator/world/random.ts';

/** Largest message that is made, bytes: what is mutated has to be read a million times. */
export const MAX_BYTES = 262_144;

/** Bytes that mean something to XML, MIME, ASN.1, HTTP, or to nobody. */
const PIECES: readonly Buffer[] = [
  '<',
  '>',
  '&',
  '"',
  '</',
  '/>',
  ']]>',
  '<![CDATA[',
  '<!--',
  '<?',
  '<!DOCTYPE a>',
  '&#0;',
  '&#xD800;',
  '&nbsp;',
  '<x/>',
  ':',
  '=',
  ';',
  ',',
  '--',
  '--Encrypted Boundary',
  '--Encrypted Boundary--',
  '\r\n',
  '\n',
  '\r\n\r\n',
  '\tContent-Type:',
  'Length=',
  'NTLMSSP\0',
  '\0',
  '\0\0\0\0',
  ...['-1', '0', '65536', '2147483648', '4294967295', '4294967296', '9999999999', '18446744073709551616', '1e309', 'NaN', '0x80041003'],
].map((text) => Buffer.from(text, 'latin1'));
/** A lone surrogate, an overlong NUL, what UTF-8 never has, the marks of UTF-16 and UTF-8, and lengths of ASN.1. */
const ODD: readonly Buffer[] = [
  'eda080',
  'c080',
  'ff',
  'f5808080',
  'fffe',
  'feff',
  'efbbbf',
  '80',
  '84ffffffff',
  '8400000000',
  '1f',
  'ffffffff',
].map((hex) => Buffer.from(hex, 'hex'));

type Mutation = (bytes: Buffer, random: RandomStream, other: Buffer) => Buffer;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flip(bytes, random) {
    const flipped = Buffer.from(bytes);
    for (let bits = random.between(1, 8); bits > 0 && flipped.length > 0; bits -= 1) {
      const at = place(flipped, random);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << random.between(0, 7)), at);
    }
    return flipped;
  },
  'cut-end': (bytes, random) => bytes.subarray(0, place(bytes, random)),
  'cut-begin': (bytes, random) => bytes.subarray(place(bytes, random)),
  remove(bytes, random) {
    const at = place(bytes, random);
    return put(bytes, at, at + random.between(1, 200));
  },
  insert: (bytes, random) => put(bytes, place(bytes, random), null, random.pick(random.next() < 0.7 ? PIECES : ODD)),
  overwrite(bytes, random) {
    const at = place(bytes, random);
    const piece = random.pick(random.next() < 0.5 ? PIECES : ODD) ?? bytes;
    return put(bytes, at, at + piece.length, piece);
  },
  noise(bytes, random) {
    const noise = Buffer.from(Array.from({ length: random.between(1, 32) }, () => random.between(0, 255)));
    const at = place(bytes, random);
    return put(bytes, at, at + random.between(0, noise.length), noise);
  },
  repeat(bytes, random) {
    const at = place(bytes, random);
    const stretch = bytes.subarray(at, at + random.between(1, 400));
    const times = Math.min(random.between(1, 300), Math.floor(MAX_BYTES / Math.max(1, stretch.length)));
    return put(bytes, at, null, ...Array<Buffer>(times).fill(stretch));
  },
  move(bytes, random) {
    const [from, length] = [place(bytes, random), random.between(1, 400)];
    const stretch = bytes.subarray(from, from + length);
    const rest = put(bytes, from, from + length);
    return put(rest, place(rest, random), null, stretch);
  },
  zeros(bytes, random) {
    const zeroed = Buffer.from(bytes);
    const at = place(bytes, random);
    return zeroed.fill(random.pick([0, 0xff, 0x20, 0x2d]) ?? 0, at, Math.min(bytes.length, at + random.between(1, 64)));
  },
  splice: (bytes, random, other) => Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]),
};
const NAMES = Object.keys(MUTATIONS);

/**
 * One to three changes of bytes, whatever they mean.
 * @param other another message, for splices of two
 * @returns at most {@link MAX_BYTES}; may be what it was
 */
export function mutateBytes(bytes: Buffer, random: RandomStream, other: Buffer = bytes): Buffer {
  let mutated = bytes;
  for (let times = random.between(1, 3); times > 0; times -= 1) {
    const mutation = MUTATIONS[random.pick(NAMES) ?? ''];
    mutated = (mutation?.(mutated, random, other) ?? mutated).subarray(0, MAX_BYTES);
  }
  return mutated;
}

function place(bytes: Buffer, random: RandomStream): number {
  return random.between(0, Math.max(0, bytes.length - 1));
}

/** @param end null: nothing is removed */
function put(bytes: Buffer, at: number, end: number | null, ...pieces: readonly (Buffer | undefined)[]): Buffer {
  return Buffer.concat([bytes.subarray(0, at), ...pieces.filter((piece) => piece !== undefined), bytes.subarray(end ?? at)]);
}
