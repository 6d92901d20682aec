import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { type Check, type Course, judge, type Sample } from '../../bench/endurance/verdict.ts';

vi.setConfig({ testTimeout: 180_000 });

/** How long the event loop takes says something about the machine that runs the tests, too. */
const OF_THE_MACHINE = 'event-loop delay p99';

test('a small course: runs come and go, every VM is home and called once, and nothing is left behind', async () => {
  const args = ['dist/bench/endurance/endurance.js', '--vms', '20', '--hours', '4', '--speed', '1800', '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { readonly runs: number; readonly checks: readonly Check[] };
  expect(summary).toMatchObject({ type: 'endurance', vms: 20, notHome: 0, notOnce: 0 });
  expect(summary.runs).toBeGreaterThan(4);
  const about = (name: string) => !name.startsWith('growth of') && name !== OF_THE_MACHINE && !name.startsWith('VMs missing');
  expect(summary.checks.filter(({ name, holds }) => about(name) && !holds)).toEqual([]);
});

describe('the verdict', () => {
  const MB = 1024 ** 2;
  const sample = (at: number, change: { heap?: number; rss?: number; keys?: number; timers?: number; p99?: number } = {}): Sample => ({
    at,
    inFlight: 100,
    redis: { memory: 40 * MB, keys: change.keys ?? 10, connections: 3 },
    vitals: {
      rss: change.rss ?? 200 * MB,
      heap: change.heap ?? 60 * MB,
      resources: { Timeout: change.timers ?? 5 },
      listeners: 9,
      warnings: [],
      waitedMs: 0,
      delay: { p50: 10, p99: 20, max: 30, ownP99: 5 },
      delayOfAll: { p50: 10, p99: change.p99 ?? 20, max: 30, ownP99: 5 },
    },
  });
  const course = (change: Partial<Course>): Course => ({
    vms: 100,
    before: sample(0),
    during: Array.from({ length: 40 }, (_, n) => sample(n)),
    after: sample(50),
    leftKeys: [],
    tally: { started: 500, completed: 500, notHome: 0, notOnce: 0, errors: 0 },
    ...change,
  });
  const broken = (change: Partial<Course>) =>
    judge(course(change))
      .filter(({ holds }) => !holds)
      .map(({ name }) => name);

  test('a flat course holds, also when it first rises', () => {
    expect(broken({})).toEqual([]);
    expect(broken({ during: Array.from({ length: 40 }, (_, n) => sample(n, { heap: Math.min(60, 20 + 4 * n) * MB })) })).toEqual([]);
  });

  test('a heap that goes on rising is told from one that goes up and down', () => {
    expect(broken({ during: Array.from({ length: 40 }, (_, n) => sample(n, { heap: (60 + 0.5 * n) * MB })) })).toEqual([
      'growth of worker heap',
    ]);
    expect(broken({ during: Array.from({ length: 40 }, (_, n) => sample(n, { heap: (60 + 8 * (n % 2)) * MB })) })).toEqual([]);
  });

  test('resident memory may be any amount above its floor, and its floor may not rise', () => {
    const garbage = (n: number) => 6 * (n % 5) * Math.floor(n / 5);
    const rss = (floor: number) => (_: unknown, n: number) => sample(n, { rss: (200 + floor * n + garbage(n)) * MB });
    expect(broken({ during: Array.from({ length: 60 }, rss(0)) })).toEqual([]);
    expect(broken({ during: Array.from({ length: 60 }, rss(1)) })).toEqual(['growth of worker memory']);
  });

  test('one key, one timer, one VM too many is one too many', () => {
    expect(broken({ after: sample(50, { keys: 11 }) })).toEqual(['Redis keys left behind']);
    expect(broken({ after: sample(50, { rss: 240 * MB }) })).toEqual(['worker memory left behind']);
    expect(broken({ after: sample(50, { timers: 6 }) })).toEqual(['Timeout left behind']);
    expect(broken({ after: sample(50, { p99: 51 }) })).toEqual(['event-loop delay p99']);
    expect(broken({ tally: { started: 500, completed: 499, notHome: 1, notOnce: 1, errors: 0 } })).toHaveLength(3);
  });
});
