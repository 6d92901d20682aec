import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwritable } from '../domain/failure.ts';
import { makeDirectory } from '../redis/make-directory.ts';

/**
 * Writes a file as a whole: whoever reads it sees the old content or the new one. Folders are made.
 * @throws FailbackError `usage.invalid` when it can not be written
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    makeDirectory(dirname(file), 0o777);
    await writeFile(draft, text);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw unwritable(file, cause);
  }
}
