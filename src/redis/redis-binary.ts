import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['redis-server', 'valkey-server'];
/** Where packages put servers that a plain user's PATH may lack. */
const MORE_DIRECTORIES = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** The path of an executable `redis-server`, else `valkey-server`; undefined when there is none. Looks at PATH first. */
export function findRedisBinary(path = process.env.PATH ?? ''): string | undefined {
  const directories = [...path.split(delimiter).filter((directory) => directory !== ''), ...MORE_DIRECTORIES];
  const candidates = NAMES.flatMap((name) => directories.map((directory) => join(directory, name)));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
