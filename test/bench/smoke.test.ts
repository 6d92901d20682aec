import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import type { Comparison } from '../../bench/comparison.ts';

const MEMBERS = 10;

vi.setConfig({ testTimeout: 180_000 });

async function bench(...options: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const args = ['dist/bench/bench.js', '--members', String(MEMBERS), '--rounds', '1', '--json', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

async function figuresOf(...options: readonly string[]) {
  const { code, stdout, stderr } = await bench(...options);
  expect(code, stderr).toBe(0);
  const { comparisons } = JSON.parse(stdout) as { readonly comparisons: readonly [Comparison] };
  return (name: string) => comparisons[0].figures.find(({ figure }) => figure === name);
}

test('on both sides the hosts of the benchmark hear InitiateFailback exactly once for each VM', async () => {
  const figure = await figuresOf();
  expect(figure('calls')).toMatchObject({ product: 1, yardstick: 1 });
});

test('a lifecycle of the yardstick is eight records and six requests where the host answers at once inside the worker', async () => {
  const figure = await figuresOf('--host', 'null', '--only', 'yardstick');
  expect(figure('records')).toMatchObject({ product: null, yardstick: 8 });
  expect(figure('calls')).toMatchObject({ product: null, yardstick: 1 });
});

test('the product asks no more than it shall of a host, whichever worker does it', async () => {
  const figure = await figuresOf('--workers', '2', '--only', 'product');
  expect(figure('requests')?.product).toBeLessThanOrEqual(3);
});

test('the ledger of simulated hosts has one InitiateFailback for each VM, on both sides', async () => {
  const figure = await figuresOf('--host', 'wsman');
  expect(figure('calls')).toMatchObject({ product: 1, yardstick: 1 });
});

test('what can not be measured is refused with a reason before anything starts', async () => {
  const { code, stdout, stderr } = await bench('--host', 'null', '--workers', '2');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^--host null is inside the worker process/);
});
