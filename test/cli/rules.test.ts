import fc from 'fast-check';
import picocolors from 'picocolors';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { commandHint } from '../../src/cli/command-hint.ts';
import { ExitCode, exitCodeOf } from '../../src/cli/exit-code.ts';
import { shares } from '../../src/cli/follow/bars.ts';
import { exitCodeOfRun, summarise, summaryLine } from '../../src/cli/follow/run-summary.ts';
import { standstillOf } from '../../src/cli/follow/standstill.ts';
import { jsonLine } from '../../src/cli/output.ts';
import { quoteArgument } from '../../src/cli/quote-argument.ts';
import { checkRunName, newRunName } from '../../src/cli/run-name.ts';
import { runStateWords } from '../../src/cli/run-state-words.ts';
import { table } from '../../src/cli/table.ts';
import { timerWords } from '../../src/cli/timer-words.ts';
import { windowsName } from '../../src/cli/windows-name.ts';
import { FAILURE_CODES, FailbackError } from '../../src/domain/failure.ts';
import { MEMBER_STATUSES, type MemberStatus } from '../../src/domain/member.ts';
import type { RunView } from '../../src/runtime/run-view.ts';
import { ACTS_ON_TERMINALS } from './terminal-text.ts';

const plain = picocolors.createColors(false);

function counts(some: Partial<Record<MemberStatus, number>>): Record<MemberStatus, number> {
  return { ...(Object.fromEntries(MEMBER_STATUSES.map((status) => [status, 0])) as Record<MemberStatus, number>), ...some };
}

function view(state: RunView['state'], some: Partial<Record<MemberStatus, number>>): RunView {
  const all = counts(some);
  const members = Object.values(all).reduce((sum, count) => sum + count, 0);
  const record = {
    run: 'r',
    plan: 'p',
    createdAt: 1000,
    createdBy: 'op@here',
    members,
    inFlight: 1,
    hosts: [],
    adopt: false,
    settings: [],
  };
  return { record, state, counts: all, calls: { initiateFailback: 3 } };
}

describe('exit codes', () => {
  test('every failure code has one', () => {
    const codes = FAILURE_CODES.map((code) => exitCodeOf(new FailbackError({ class: 'permanent', code, message: 'x' })));
    expect(codes.every((code) => Object.values(ExitCode).includes(code))).toBe(true);
    expect(exitCodeOf(new Error('bug'))).toBe(1);
    expect(exitCodeOf(new FailbackError({ class: 'operator', code: 'host.unauthorized', message: 'x' }))).toBe(6);
    expect(exitCodeOf(new FailbackError({ class: 'operator', code: 'redis.unsafe', message: 'x' }))).toBe(6);
    expect(exitCodeOf(new FailbackError({ class: 'operator', code: 'secret.missing', message: 'x' }))).toBe(2);
  });

  test.each([
    ['finished', { completed: 3 }, 0],
    ['finished', { completed: 2, failed: 1 }, 3],
    ['finished', { completed: 2, cancelled: 1 }, 3],
    ['running', { completed: 2, attention: 1 }, 4],
    ['paused', { pending: 2 }, 4],
  ] as const)('a run that stands still as %s %j ends with %d', (state, some, code) => {
    expect(exitCodeOfRun(summarise(view(state, some), 2000, 3000))).toBe(code);
  });
});

describe('a follower stops', () => {
  test.each([
    ['finished', { completed: 1 }, 'finished'],
    ['running', { completed: 1, failed: 1 }, 'ended'],
    ['running', { working: 1, attention: 1 }, null],
    ['running', { pending: 1, attention: 1 }, null],
    ['running', { completed: 1, attention: 1 }, 'people'],
    ['running', { paused: 1 }, 'people'],
    ['paused', { pending: 5 }, 'people'],
    ['pausing', { pending: 5 }, null],
    ['cancelling', { attention: 1 }, null],
  ] as const)('%s %j: %s', (state, some, expected) => {
    expect(standstillOf(view(state, some))).toBe(expected);
  });
});

test('a summary of a run that has not ended says so', () => {
  const waiting = view('running', { completed: 1, attention: 1 });
  const summary = summarise(waiting, 2000, 5000);
  expect(summary).toMatchObject({ endedAt: null, durationMs: 4000, initiateCalls: 3 });
  expect(summaryLine(summary, waiting.counts, plain)).toBe('1 of 2 home, 1 waits for a person · 4.0 s · 3 InitiateFailback calls');
  const held = view('paused', { completed: 1, failed: 1, pending: 3 });
  expect(summaryLine(summarise(held, 2000, 5000), held.counts, plain)).toContain('1 of 5 home, 1 failed, 3 wait for their turn · ');
  expect(summarise(view('finished', { completed: 1 }), 2000, 5000)).toMatchObject({
    endedAt: '1970-01-01T00:00:02.000Z',
    durationMs: 1000,
  });
});

test('cells of a bar add up to its width and show everything that is not zero', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 7, maxLength: 7 }),
      fc.integer({ min: 7, max: 80 }),
      (parts, width) => {
        const cells = shares(parts, width);
        const total = parts.reduce((sum, part) => sum + part, 0);
        expect(cells.reduce((sum, cell) => sum + cell, 0)).toBe(total === 0 ? 0 : width);
        for (const [n, part] of parts.entries()) expect((cells[n] ?? 0) > 0).toBe(part > 0);
      },
    ),
  );
});

test('names of runs are fit for keys, files and shells, whatever the plan is called', () => {
  expect(newRunName('Zürich: Büro <7>', 0)).toMatch(/^zu-rich-bu-ro-7-19700101-000000-[a-z0-9]{4}$/);
  expect(newRunName('日本語', 0)).toMatch(/^run-19700101-000000-/);
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (plan) => checkRunName(newRunName(plan, 0)).length > 0));
  for (const bad of ['latest', '', '-x', 'a b', 'a:b', '{a}', 'x'.repeat(101)])
    expect(() => checkRunName(bad)).toThrow('can not be the name of a run');
});

test('arguments to be pasted survive a shell', () => {
  expect(quoteArgument('web-01.example')).toBe('web-01.example');
  expect(quoteArgument("o'brien; rm -rf $HOME")).toBe(`'o'\\''brien; rm -rf $HOME'`);
});

describe('commands to be pasted', () => {
  test.each([
    [{}, {}, ['retry', 'night', '--vm', "o'brien"], `failback retry night --vm 'o'\\''brien'`],
    [{ npm_command: 'start' }, {}, ['status'], 'npx failback status'],
    [{}, { redis: 'redis://10.0.0.5:6379/2' }, ['resume', 'night'], 'failback resume night --redis redis://10.0.0.5:6379/2'],
    [{}, { redis: 'rediss://me:p@ss@redis.example' }, ['status'], "failback status --redis 'rediss://***@redis.example'"],
  ])('%j %j: %j', (env, options, words, line) => {
    expect(commandHint(env, options)(...words)).toBe(line);
  });
});

test.each([
  ['failback: backingOff', 40_000, 'tries again in 40.0 s'],
  ['verify: proving.waiting', 8_000, 'for another 8.0 s'],
  ['failback: tracking.going', 14_340_000, null],
  ['failback: tracking.going', 60_000, 'asks a person if nothing has come of it in 1m 00s'],
  ['failback: backingOff', 900, null],
  ['failback: backingOff', -1, null],
  ['failback: calling', null, null],
])('the timer of "%s" due in %j ms reads %j', (state, left, words) => {
  expect(timerWords(state, left === null ? null : 5000 + left, 5000)).toBe(words);
});

test.each([
  ['running', { working: 1, attention: 1 }, 'running'],
  ['running', { completed: 1, attention: 1 }, 'waits for a person'],
  ['paused', { pending: 2 }, 'paused'],
  ['finished', { completed: 2 }, 'finished'],
] as const)('a run that is %s with %j reads "%s"', (state, some, words) => {
  expect(runStateWords(view(state, some))).toBe(words);
});

test('columns line up under wide characters and emoji', () => {
  const lines = table(
    ['vm', 'host'],
    [
      ['日本語サーバー', 'a'],
      ['Zürich 🏔️', 'b'],
      ['x', 'c'],
    ],
    plain,
  ).split('\n');
  const starts = lines.slice(1).map((line) => stringWidth(line.slice(0, -1)));
  expect(new Set(starts).size).toBe(1);
});

test('JSON lines carry no character that acts on a terminal', () => {
  const line = jsonLine({ name: 'a\u001b[31m\u009b31m\u202ex\u2028y' });
  expect(line).not.toMatch(ACTS_ON_TERMINALS);
  expect(JSON.parse(line)).toEqual({ name: 'a\u001b[31m\u009b31m\u202ex\u2028y' });
});

test('Windows versions have names', () => {
  expect(windowsName('10.0.17763')).toBe('Windows Server 2019 (10.0.17763)');
  expect(windowsName('10.0.26100')).toBe('Windows Server 2025 (10.0.26100)');
  expect(windowsName('6.2.9200')).toBe('Windows 6.2.9200');
});
