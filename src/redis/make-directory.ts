import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory and what is missing above it. Does nothing to one that exists.
 * Not `mkdir` with `recursive`: where the kernel answers ENOENT although the folder above exists (as in `/proc`), Node.js 20 never comes back from that.
 * @param mode permissions of what is made; default: for the owner only
 * @throws Error of the file system, with a `code`
 */
export function makeDirectory(directory: string, mode = 0o700): void {
  const path = resolve(directory);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const above = dirname(path);
  if (!existsSync(above)) makeDirectory(above, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Somebody else may have made it at the same moment.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
