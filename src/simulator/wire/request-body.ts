import type { IncomingMessage } from 'node:http';

const MAX_REQUEST_BYTES = 1024 * 1024;
const MAX_DRAINED_BYTES = 16 * MAX_REQUEST_BYTES;

/** A request this server does not read; `status` is what HTTP calls the reason. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
  readonly status: 400 | 413 | 415 | 500;

  constructor(status: BodyRefused['status']) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/**
 * The whole body. Throws {@link BodyRefused} (413) beyond {@link MAX_REQUEST_BYTES}, after reading the rest and dropping it, so
 * that the client sees the answer; beyond {@link MAX_DRAINED_BYTES} the connection is cut. Rejects when the client goes away.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_DRAINED_BYTES) throw new Error('The client does not stop sending.');
    if (bytes <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_REQUEST_BYTES) throw new BodyRefused(413);
  return Buffer.concat(chunks);
}

/** The text of a SOAP 1.2 body in UTF-8 or UTF-16. Throws {@link BodyRefused} (415) for other types, encodings and for bytes that are no text. */
export function decodeBody(body: Buffer, contentType: string | undefined): string {
  const [mediaType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (mediaType !== 'application/soap+xml') throw new BodyRefused(415);
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  const encoding = encodingOf(charset ?? 'utf-8', body);
  if (encoding === null) throw new BodyRefused(415);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch {
    throw new BodyRefused(415);
  }
}

function encodingOf(charset: string, body: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' | null {
  if (charset === 'utf-8' || charset === 'utf8') return 'utf-8';
  if (charset === 'utf-16be') return 'utf-16be';
  if (charset === 'utf-16le') return 'utf-16le';
  if (charset !== 'utf-16') return null;
  return body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : 'utf-16le';
}
