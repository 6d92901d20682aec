import { type SealedMessage, SecurityError } from './security-context.ts';

/** The `multipart/encrypted` body that carries sealed messages over HTTP (MS-WSMV 2.2.9.1). It looks like MIME and is not: no blank lines, no line end after the content. */

const BOUNDARY = 'Encrypted Boundary';
const ORIGINAL_CONTENT_TYPE = 'application/soap+xml;charset=UTF-8';

/** Bytes of one line; Windows needs 80. */
const MAX_LINE = 512;
/** Bytes of a signature; NTLM's have 16, those of Kerberos 60 or 76. */
const MAX_SIGNATURE = 1_024;
/** Bytes that a mechanism may pad its content with. */
const MAX_PADDING = 256;

/**
 * One sealed message as Windows writes it.
 * @param plainLength bytes of the message before it was sealed
 * @param protocol e.g. `application/HTTP-SPNEGO-session-encrypted`
 */
export function writeSealed(sealed: SealedMessage, plainLength: number, protocol: string): { contentType: string; body: Buffer } {
  const head = [
    `--${BOUNDARY}`,
    `\tContent-Type: ${protocol}`,
    `\tOriginalContent: type=${ORIGINAL_CONTENT_TYPE};Length=${plainLength}`,
    `--${BOUNDARY}`,
    '\tContent-Type: application/octet-stream',
    '',
  ].join('\r\n');
  const signatureLength = Buffer.alloc(4);
  signatureLength.writeUInt32LE(sealed.signature.length);
  return {
    contentType: `multipart/encrypted;protocol="${protocol}";boundary="${BOUNDARY}"`,
    body: Buffer.concat([Buffer.from(head), signatureLength, sealed.signature, sealed.content, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}

export interface SealedPart {
  readonly sealed: SealedMessage;
  /** Bytes of the message inside, as the host says; never more than there are sealed. */
  readonly plainLength: number;
  readonly originalContentType: string;
  /** As the part says it; the same as in the header, but for upper and lower case. */
  readonly protocol: string;
}

/**
 * The messages of a body, at least one: Windows divides what is too long for one. Contents are views of the body. Blanks, tabs, case, quotes and a blank
 * in the boundary (`-- Encrypted Boundary`, as Exchange writes it) do not matter.
 * @throws SecurityError `malformed` for everything else
 */
export function readSealed(body: Buffer, contentType: string): SealedPart[] {
  const { protocol, boundary } = readContentType(contentType);
  const lines = new Lines(body, boundary);
  const parts: SealedPart[] = [];
  if (lines.delimiter() !== 'next') throw malformed('begins with no boundary');
  do parts.push(readPart(lines, protocol));
  while (lines.delimiter() === 'next');
  if (lines.rest().toString('latin1').trim() !== '') throw malformed('goes on after its end');
  return parts;
}

function readPart(lines: Lines, expected: string): SealedPart {
  const headers = new Map([lines.header(), lines.header()]);
  const protocol = headers.get('content-type') ?? '';
  const original = /^type=([^=]{1,100}(?:=[^=]{1,100})?);\s*length=(\d{1,10})$/i.exec(headers.get('originalcontent') ?? '');
  if (protocol.toLowerCase() !== expected || original === null) throw malformed('does not say what is sealed in it');
  if (lines.delimiter() !== 'next') throw malformed('has half a message');
  const [name, type] = lines.header();
  if (name !== 'content-type' || type.toLowerCase() !== 'application/octet-stream') throw malformed('has a message of another type');
  const plainLength = Number(original[2]);
  return { sealed: lines.sealed(plainLength), plainLength, originalContentType: original[1] ?? '', protocol };
}

function readContentType(contentType: string): { protocol: string; boundary: string } {
  const [type = '', ...parameters] = contentType.slice(0, MAX_LINE).split(';');
  const values = new Map(parameters.map((parameter) => splitAt(parameter, '=')));
  const [protocol, boundary] = [unquote(values.get('protocol')), unquote(values.get('boundary'))];
  if (!/^multipart\/(x-multi-)?encrypted$/i.test(type.trim()) || protocol === '' || boundary === '')
    throw malformed('is not of the type multipart/encrypted');
  return { protocol: protocol.toLowerCase(), boundary: boundary.toLowerCase() };
}

/** Reads a body from its beginning to its end. */
class Lines {
  readonly #body: Buffer;
  readonly #boundary: string;
  #at = 0;

  constructor(body: Buffer, boundary: string) {
    this.#body = body;
    this.#boundary = boundary;
  }

  /** @returns `end` for the delimiter that has dashes behind it */
  delimiter(): 'next' | 'end' {
    const line = this.#line();
    const name = line.startsWith('--') ? line.slice(2).trim().toLowerCase() : '';
    if (name === this.#boundary) return 'next';
    if (name === `${this.#boundary}--`) return 'end';
    throw malformed('has no boundary where one has to be');
  }

  /** @returns the name in lower case, and the value */
  header(): [name: string, value: string] {
    return splitAt(this.#line(), ':');
  }

  /** The next delimiter is not looked for before the message can be at its end: any bytes may be in it. */
  sealed(plainLength: number): SealedMessage {
    const start = this.#at + 4;
    const length = start > this.#body.length ? 0 : this.#body.readUInt32LE(this.#at);
    if (length === 0 || length > MAX_SIGNATURE) throw malformed('has no signature');
    const earliest = start + length + plainLength;
    const end = this.#delimiterFrom(earliest);
    this.#at = end;
    return { signature: this.#body.subarray(start, start + length), content: this.#body.subarray(start + length, end) };
  }

  rest(): Buffer {
    return this.#body.subarray(this.#at, this.#at + MAX_LINE);
  }

  #delimiterFrom(earliest: number): number {
    const stretch = this.#body
      .subarray(earliest, earliest + MAX_PADDING + this.#boundary.length + 4)
      .toString('latin1')
      .toLowerCase();
    for (let at = stretch.indexOf('--'); at >= 0 && at <= MAX_PADDING; at = stretch.indexOf('--', at + 1)) {
      if (
        stretch
          .slice(at + 2)
          .trimStart()
          .startsWith(this.#boundary)
      )
        return earliest + at;
    }
    throw malformed('has a message that does not end');
  }

  #line(): string {
    const stretch = this.#body.subarray(this.#at, this.#at + MAX_LINE);
    const end = stretch.indexOf('\n');
    const line = end < 0 ? stretch : stretch.subarray(0, end + 1);
    this.#at += line.length;
    return line.toString('latin1').trim();
  }
}

/** @returns what stands before the separator, in lower case, and what stands after it, both trimmed */
function splitAt(text: string, separator: string): [name: string, value: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text.trim().toLowerCase(), ''] : [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()];
}

function unquote(value = ''): string {
  return value.replace(/^"(.*)"$/, '$1').trim();
}

function malformed(what: string): SecurityError {
  return new SecurityError('malformed', `The sealed answer of the host ${what}`);
}
