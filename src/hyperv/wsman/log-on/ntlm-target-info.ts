import { unicode } from './ntlm-keys.ts';
import { SecurityError } from './security-context.ts';

/** One AV_PAIR of MS-NLMP 2.2.2.1. */
export interface AvPair {
  readonly id: number;
  readonly value: Buffer;
}

const EOL = 0;
const NB_COMPUTER_NAME = 1;
const FLAGS = 6;
const TIMESTAMP = 7;
const SINGLE_HOST = 8;
const TARGET_NAME = 9;
const CHANNEL_BINDINGS = 10;

/** `MsvAvFlags`: the third message has a MIC. */
const MIC_PROVIDED = 0x2;

/** Up to the pair that ends the list; what may stand behind it does not count. @throws SecurityError `malformed` when there is no such pair */
export function readTargetInfo(bytes: Buffer): AvPair[] {
  const pairs: AvPair[] = [];
  if (bytes.length === 0) return pairs;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at);
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (id === EOL) return pairs;
    pairs.push({ id, value: bytes.subarray(at + 4, end) });
    at = end;
  }
  throw malformed();
}

/** What the client proves it meant: the host's own pairs, that there is a MIC, and by which name and through which TLS connection it came. */
export function answeringTargetInfo(pairs: readonly AvPair[], targetName: string, channelBindings: Buffer): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE((flagsOf(pairs) | MIC_PROVIDED) >>> 0);
  return writePairs([
    // These are the client's to say. A host that sends them, or sends them on, would speak for it.
    ...pairs.filter(({ id }) => ![FLAGS, SINGLE_HOST, TARGET_NAME, CHANNEL_BINDINGS].includes(id)),
    { id: FLAGS, value: flags },
    { id: TARGET_NAME, value: unicode(targetName) },
    { id: CHANNEL_BINDINGS, value: channelBindings },
    { id: EOL, value: Buffer.alloc(0) },
  ]);
}

/**
 * The host's clock as a FILETIME of 8 bytes; null when it does not tell.
 * @throws SecurityError `malformed`
 */
export function timestampOf(pairs: readonly AvPair[]): Buffer | null {
  return fieldOf(pairs, TIMESTAMP, 8);
}

/** The host's NetBIOS name; empty when it does not tell. */
export function computerNameOf(pairs: readonly AvPair[]): string {
  return pairs.find(({ id }) => id === NB_COMPUTER_NAME)?.value.toString('utf16le') ?? '';
}

function flagsOf(pairs: readonly AvPair[]): number {
  return fieldOf(pairs, FLAGS, 4)?.readUInt32LE() ?? 0;
}

function fieldOf(pairs: readonly AvPair[], id: number, length: number): Buffer | null {
  const value = pairs.find((pair) => pair.id === id)?.value ?? null;
  if (value !== null && value.length !== length) throw malformed();
  return value;
}

function writePairs(pairs: readonly AvPair[]): Buffer {
  return Buffer.concat(
    pairs.flatMap(({ id, value }) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(id, 0);
      head.writeUInt16LE(value.length, 2);
      return [head, value];
    }),
  );
}

function malformed(): SecurityError {
  return new SecurityError('malformed', 'The NTLM challenge of the host has target information that can not be read');
}
