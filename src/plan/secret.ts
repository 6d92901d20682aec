import { stat } from 'node:fs/promises';
import { FailbackError } from '../domain/failure.ts';
import { errnoOf, readAtMost } from './bounded-read.ts';
import { parseSecretReference } from './secret-reference.ts';

/** Longest secret, in bytes: a larger file is not one. */
const MAX_SECRET_BYTES = 64 * 1024;

export interface ResolveSecretOptions {
  /** Default: the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Gets one sentence when everybody on this machine may read the secret's file. Default: nobody is told. */
  readonly warn?: (message: string) => void;
}

/**
 * The secret a reference (`env:NAME` or `file:PATH`) stands for, read at the moment of the call and kept nowhere. One
 * trailing line break and a byte order mark are dropped.
 * @throws FailbackError `secret.missing` naming the reference, never the value, when the variable is not set, the file
 *   cannot be read, is not UTF-8 or is larger than 64 KiB, or the secret is empty
 */
export async function resolveSecret(reference: string, options: ResolveSecretOptions = {}): Promise<string> {
  const parsed = parseSecretReference(reference);
  // What is no reference may be a password, so it is not repeated.
  if (!parsed) throw missing('a credential is not a reference', 'Write env:NAME or file:PATH.');
  if (parsed.kind === 'env') {
    const value = (options.environment ?? process.env)[parsed.name];
    if (value === undefined || value === '')
      throw missing(
        `${reference}: the environment variable is ${value === undefined ? 'not set' : 'empty'}`,
        `Set ${parsed.name} where failback and its workers run.`,
      );
    return value;
  }
  const value = await readSecretFile(parsed.path, reference, options.warn);
  if (value === '') throw missing(`${reference}: the file is empty`, 'Write the secret into the file.');
  return value;
}

async function readSecretFile(path: string, reference: string, warn?: (message: string) => void): Promise<string> {
  const bytes = await readAtMost(path, MAX_SECRET_BYTES).catch((cause: unknown) => {
    const remedy = 'Check the path and its permissions on the machine that runs the worker.';
    throw missing(`${reference}: the file cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, remedy, cause);
  });
  // Windows has no such bits: Node makes them up there.
  if (warn && process.platform !== 'win32' && ((await stat(path)).mode & 0o004) !== 0)
    warn(`${reference}: everybody on this machine may read this file; use chmod 600`);
  if (bytes.length > MAX_SECRET_BYTES)
    throw missing(`${reference}: the file is larger than 64 KiB`, 'Name a file that holds the secret only.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // The decoder's error is left out as a cause: nothing that has seen the bytes travels on.
    throw missing(`${reference}: the file is not UTF-8`, 'Save the file as UTF-8.');
  }
  return text.replace(/\r?\n$/, '');
}

function missing(message: string, remedy: string, cause?: unknown): FailbackError {
  return new FailbackError({ class: 'operator', code: 'secret.missing', message, remedy }, { cause });
}
