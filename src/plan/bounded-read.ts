import { createReadStream } from 'node:fs';

/**
 * The content of a file, device or pipe, but never more than `limit + 1` bytes: one byte too many tells a large file from
 * one that just fits.
 * @throws what the file system throws
 */
export async function readAtMost(path: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: limit }) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The `code` of a file system error, such as `ENOENT`; null when it has none. */
export function errnoOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}
