import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { FailbackError, unwritable } from '../domain/failure.ts';
import { makeDirectory } from '../redis/make-directory.ts';

/** One line of an archive. */
export interface ArchiveLine {
  readonly type: string;
}

/**
 * Writes JSON lines, compressed, as they come: the file is on the disk as a whole, or not there under its name. Folders are made.
 * @param check reads the file back before it gets its name; what it throws is thrown
 * @throws FailbackError `usage.invalid` when it can not be written; whatever `lines` throws
 */
export async function writeLines(file: string, lines: AsyncIterable<ArchiveLine>, check: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  let otherwise: { readonly cause: unknown } | undefined;
  const ours = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      otherwise = { cause };
      throw cause;
    });
  try {
    makeDirectory(dirname(file), 0o777);
    await removeDrafts(file);
    const handle = await open(draft, 'wx');
    try {
      await pipeline(Readable.from(textOf(lines, ours)), createGzip(), async (chunks) => {
        for await (const chunk of chunks) await handle.appendFile(chunk as Buffer);
      });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await ours(check(draft));
    await rename(draft, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw otherwise ? otherwise.cause : unwritable(file, error);
  }
}

/**
 * Reads an archive line by line.
 * @throws FailbackError `archive.unreadable` when it is not there, not whole, or no archive
 */
export async function* readLines(file: string): AsyncGenerator<ArchiveLine> {
  const text = createGunzip();
  // Whoever reads hears of a file that breaks off; whoever stops reading closes it.
  pipeline(createReadStream(file), text).catch(() => undefined);
  text.setEncoding('utf8');
  let begun = '';
  try {
    for await (const chunk of text) {
      const lines = (begun + chunk).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(line) as ArchiveLine;
    }
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (begun !== '') throw unreadable(file, 'its last line breaks off');
}

export function unreadable(file: string, reason: string, cause?: unknown): FailbackError {
  const remedy = 'Name a file that "failback archive" has written. A run that is still in Redis can be archived again.';
  return new FailbackError(
    { class: 'permanent', code: 'archive.unreadable', message: `${file} can not be read as an archive: ${reason}`, remedy },
    { cause },
  );
}

/** What killed writers of this file left behind. One that is at work finds its draft gone and fails: it has removed nothing yet. */
async function removeDrafts(file: string): Promise<void> {
  const drafts = (await readdir(dirname(file))).filter((name) => name.startsWith(`${basename(file)}.`));
  await Promise.all(drafts.map((name) => rm(join(dirname(file), name), { force: true })));
}

async function* textOf(lines: AsyncIterable<ArchiveLine>, ours: <T>(work: Promise<T>) => Promise<T>): AsyncGenerator<string> {
  const each = lines[Symbol.asyncIterator]();
  for (;;) {
    const next = await ours(each.next());
    if (next.done) return;
    yield `${JSON.stringify(next.value)}\n`;
  }
}

/** The new name is on the disk, too. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
