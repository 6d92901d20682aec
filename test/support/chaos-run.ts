import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Summary } from '../chaos/campaign.ts';

/** Options of `npm run chaos`, by name. */
export type ChaosOptions = Readonly<Record<string, string | number>>;

/** Runs `npm run chaos` in a process of its own; what it says is told when it does not find everything well. */
export async function runChaos(options: ChaosOptions): Promise<Summary> {
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, ['dist/test/chaos/chaos.js', ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  expect(code, stderr + stdout).toBe(0);
  return JSON.parse(stdout) as Summary;
}
