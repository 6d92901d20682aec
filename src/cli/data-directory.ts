import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from './usage.ts';

/**
 * Makes the data directory unless it exists.
 * @throws FailbackError `usage.invalid` when it, or the folder of the local Redis in it, can not be made or written to
 */
export function requireDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const place of [directory, join(directory, 'redis')]) if (existsSync(place)) accessSync(place, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
    throw usageError(
      `the data directory ${directory} can not be written to (${reason})`,
      'Name another one with FAILBACK_DATA, or correct its permissions.',
    );
  }
}
