import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../redis/make-directory.ts';
import { printable } from '../report/printable.ts';
import { usageError } from './usage.ts';

/**
 * Makes the data directory unless it exists.
 * @throws FailbackError `usage.invalid` when it, or the folder of the local Redis in it, can not be made or written to
 */
export function requireDataDirectory(directory: string): void {
  // Redis reads its configuration, and tells where it is, line by line.
  if (printable(directory) !== directory) {
    throw usageError(
      `the data directory ${printable(directory)} has characters in its name that can not be printed`,
      'Name another one with FAILBACK_DATA.',
    );
  }
  try {
    makeDirectory(directory);
    for (const place of [directory, join(directory, 'redis')]) if (existsSync(place)) rmdirSync(mkdtempSync(join(place, '.probe-')));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
    throw usageError(
      `the data directory ${shortened(directory)} can not be written to (${reason})`,
      'Name another one with FAILBACK_DATA, or correct its permissions.',
    );
  }
}

function shortened(path: string): string {
  return path.length > 200 ? `${path.slice(0, 100)}…${path.slice(-50)}` : path;
}
