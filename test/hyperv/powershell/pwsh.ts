import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const TOOLS = [fileURLToPath(new URL('../../../.failback/tools', import.meta.url)), join(homedir(), '.dotnet', 'tools')];

/**
 * The PowerShell the tests use: `FAILBACK_TEST_PWSH` (a path, or a name on the PATH), else `pwsh` on the PATH, in the tools of this checkout
 * or those of the user; null when there is none.
 */
export const PWSH: string | null = findPowerShell();

/** Beside the name of a test that is skipped. */
export const NO_PWSH = 'no PowerShell here: dotnet tool install --global PowerShell, or FAILBACK_TEST_PWSH';

/** The start of a process takes a second or two, and many times that where the machine has other things to do. */
vi.setConfig({ testTimeout: 180_000 });

function findPowerShell(): string | null {
  const wanted = process.env.FAILBACK_TEST_PWSH ?? 'pwsh';
  const suffix = process.platform === 'win32' && !/\.exe$/i.test(wanted) ? '.exe' : '';
  const folders = /[\\/]/.test(wanted) ? [''] : [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...TOOLS];
  const found = folders.map((folder) => (folder === '' ? wanted : join(folder, `${wanted}${suffix}`))).find((file) => existsSync(file));
  if (found === undefined) return null;
  const { status, stdout } = spawnSync(found, ['-NoProfile', '-NonInteractive', '-Command', '$PSHOME'], { encoding: 'utf8' });
  if (status !== 0) return null;
  // The .NET tool is a program that starts another one; half of the tests' time would go there.
  const inner = join(stdout.trim(), 'pwsh');
  return isExecutable(inner) ? inner : found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
