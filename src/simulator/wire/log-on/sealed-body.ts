import { BodyRefused } from '../request-body.ts';
import type { SealedMessage } from './acceptor.ts';

/** MS-WSMV 2.2.9.1. A client with Kerberos under the scheme Negotiate may call its messages by either name. */
const PROTOCOLS: readonly string[] = ['application/http-spnego-session-encrypted', 'application/http-kerberos-session-encrypted'];
const BOUNDARY = 'Encrypted Boundary';
const MAX_HEAD_BYTES = 1024;
const MAX_SIGNATURE_BYTES = 1024;

export interface SealedBody {
  /** As the client wrote it; the answer names the same. */
  readonly protocol: string;
  /** Content type of the plain text. */
  readonly contentType: string;
  readonly message: SealedMessage;
  /** Bytes of the plain text. */
  readonly length: number;
  /** What the lines about the parts begin with. As the client wrote it; the answer has the same. */
  readonly indent: '\t' | '';
}

export function isSealed(contentType: string | undefined): boolean {
  return /^\s*multipart\/encrypted\s*(?:;|$)/i.test(contentType ?? '');
}

/** Reads the one sealed message of a body. Throws {@link BodyRefused}: 415 for another protocol, 400 for what is no such body. */
export function readSealedBody(body: Buffer, contentType: string): SealedBody {
  const protocol = parameterOf(contentType, 'protocol') ?? '';
  if (!PROTOCOLS.includes(protocol.toLowerCase())) throw new BodyRefused(415);
  const boundary = parameterOf(contentType, 'boundary') ?? BOUNDARY;
  const delimiter = `--${boundary}\r\n`;
  const head = body.toString('latin1', 0, MAX_HEAD_BYTES);
  const second = head.indexOf(delimiter, delimiter.length);
  if (!head.startsWith(delimiter) || second < 0) throw new BodyRefused(400);
  const original = /^[ \t]*OriginalContent:[ \t]*type=(.*);[ \t]*Length=(\d+)[ \t]*$/im.exec(head.slice(0, second).replaceAll('\r', ''));
  const binary = /^[ \t]*Content-Type:[ \t]*application\/octet-stream[ \t]*\r\n/i.exec(head.slice(second + delimiter.length));
  if (original === null || binary === null) throw new BodyRefused(400);
  const start = second + delimiter.length + binary[0].length;
  const end = endOf(body, `--${boundary}--`);
  const signatureBytes = start + 4 <= end ? body.readUInt32LE(start) : MAX_SIGNATURE_BYTES + 1;
  const content = start + 4 + signatureBytes;
  if (signatureBytes > MAX_SIGNATURE_BYTES || content > end) throw new BodyRefused(400);
  const message = { signature: body.subarray(start + 4, content), content: body.subarray(content, end) };
  const indent = /^[ \t]/.test(head.slice(delimiter.length)) ? '\t' : '';
  return { protocol, contentType: original[1] ?? '', message, length: Number(original[2]), indent };
}

/** Where the closing delimiter begins; up to two ends of lines may follow it. */
function endOf(body: Buffer, closing: string): number {
  const from = Math.max(0, body.length - closing.length - 4);
  const tail = body.toString('latin1', from);
  const at = tail.lastIndexOf(closing);
  if (at < 0 || !['', '\r\n', '\r\n\r\n'].includes(tail.slice(at + closing.length))) throw new BodyRefused(400);
  return from + at;
}

function parameterOf(contentType: string, name: string): string | undefined {
  const [, quoted, bare] = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;"\\s]+))`, 'i').exec(contentType) ?? [];
  return quoted ?? bare;
}

/**
 * A document without the zeros behind it, counted in characters of its encoding. OMI's client fills documents up with them to a multiple of
 * 16 bytes before it seals them, and counts them in: its authors say that Windows' SSPI wants it so (microsoft/omi, pull request 321).
 */
export function withoutPadding(document: Buffer, contentType: string): Buffer {
  const width = /;\s*charset\s*=\s*"?utf-16/i.test(contentType) ? 2 : 1;
  let end = document.length;
  while (end >= width && document.subarray(end - width, end).every((byte) => byte === 0)) end -= width;
  return document.subarray(0, end);
}

/**
 * Writes a body as Windows does. MS-WSMV has tabs before its lines, and pywinrm reads no answer without them; OMI's client and winrmexec's first
 * versions write none and read no answer with them. All of them talk to Windows; that answers go by the request is inferred from it.
 * @param length bytes of the plain text
 */
export function writeSealedBody({ protocol, contentType, message, length, indent }: SealedBody): { contentType: string; body: Buffer } {
  const head =
    `--${BOUNDARY}\r\n${indent}Content-Type: ${protocol}\r\n${indent}OriginalContent: type=${contentType};Length=${length}\r\n` +
    `--${BOUNDARY}\r\n${indent}Content-Type: application/octet-stream\r\n`;
  const signatureBytes = Buffer.alloc(4);
  signatureBytes.writeUInt32LE(message.signature.length);
  return {
    contentType: `multipart/encrypted;protocol="${protocol}";boundary="${BOUNDARY}"`,
    body: Buffer.concat([Buffer.from(head), signatureBytes, message.signature, message.content, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}
