import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collectReport } from '../../src/report/collect-report.ts';
import { REPORT_FORMATS, renderReport } from '../../src/report/write-report.ts';
import { Keys } from '../../src/runtime/keys.ts';
import { RunArchive } from '../../src/runtime/run-archive.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import { keysIn, useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, folder, simulate, start, writePlan } from './command-line.ts';

const { redis, url } = useRedis();
const REDIS = ['--redis', url];

function environment(): Record<string, string> {
  return { ...ENVIRONMENT, FAILBACK_DATA: join(folder(), 'data'), FAILBACK_LOG: 'silent' };
}

/** A run of six VMs that has ended: five are home, one is refused by its host. */
async function ended(run: string, env: Record<string, string>): Promise<void> {
  const simulator = await simulate({
    hosts: 2,
    scenario: {
      vms: [{ names: ['good', 'bad'] }, { names: ['web'], count: 4 }],
      faults: [{ vm: 'bad', method: 'InitiateFailback', do: { returnValue: 32770 } }],
    },
  });
  expect((await failback(['run', writePlan(simulator), '--name', run, ...REDIS], env)).code).toBe(3);
}

test('an archived run is gone from Redis; its report and its history are those it had', async () => {
  const env = environment();
  await ended('first', env);
  const asked = { now: Date.now(), operator: 'tester@bench' };
  const before = await collectReport({ source: new RunViews(redis, new Keys()), ...asked }, 'first');
  const history = await failback(['history', 'first', '--json', ...REDIS], env);
  const { code, objects } = await failback(['archive', 'first', '--json', ...REDIS], env);
  const file = join(env.FAILBACK_DATA as string, 'archive', 'first.failback-archive.jsonl.gz');
  expect([code, objects]).toEqual([
    0,
    [{ type: 'archive', run: 'first', file, members: 6, entries: history.objects.length, bytes: expect.any(Number) }],
  ]);
  expect(await keysIn(redis, '*{first}*')).toEqual([]);
  expect((await failback(['status', 'first', ...REDIS], env)).stderr).toContain('there is no run "first"');

  const after = await collectReport({ source: new RunArchive(file), ...asked }, 'first');
  expect(after).toEqual(before);
  for (const format of REPORT_FORMATS) expect(renderReport(after, format)).toBe(renderReport(before, format));
  // Without any Redis.
  const shown = await failback(['report', '--archive', file, '--format', 'json', '--out', '-', '--json'], env);
  const { generatedAt: _, ...same } = JSON.parse(JSON.stringify(before)) as Record<string, unknown>;
  expect(shown.objects[0]).toMatchObject(same);
  expect((await failback(['history', '--archive', file, '--json'], env)).stdout).toBe(history.stdout);
  const one = await failback(['history', '--archive', file, '--vm', 'BAD'], env);
  expect(one.stdout).toContain('bad');
  expect(one.stdout).not.toContain('good');
  const written = await failback(['report', '--archive', file, '--format', 'md'], env);
  expect(written.stdout).toContain(join('reports', 'first.md'));
});

test('--ended-before takes all runs that ended longer ago, and leaves a name alone whose records Redis has lost', async () => {
  const env = environment();
  const out = join(folder(), 'kept');
  await ended('first', env);
  const late = await failback(['archive', '--ended-before', '1h', '--out', out, ...REDIS], env);
  expect([late.code, late.stdout]).toEqual([0, 'nothing to archive: no run has ended longer than 1h ago\n']);
  await redis.zadd(new Keys().runs(), 1, 'lost');
  const all = await failback(['archive', '--ended-before', '0s', '--out', out, ...REDIS], env);
  expect([all.code, all.stdout]).toEqual([
    0,
    expect.stringMatching(/^archived first: 6 VMs, \d+ journal entries, .* in .*first\.failback-archive\.jsonl\.gz\n$/),
  ]);
  expect((await failback(['runs', '--json', ...REDIS], env)).objects).toEqual([{ type: 'run', run: 'lost', state: 'gone' }]);
});

describe('refused with exit code 2', () => {
  test('a run that has not ended; nothing is written, and the run goes on', async () => {
    const env = environment();
    const simulator = await simulate({ hosts: 1, speed: 1, vms: 1 });
    const running = start(['run', writePlan(simulator), '--name', 'busy', ...REDIS], env);
    await running.until('data is on its way home');
    const { code, stderr } = await failback(['archive', 'busy', ...REDIS], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/run busy can not be archived: it has not ended \(1 working\)\n {2}remedy: /);
    expect(existsSync(join(env.FAILBACK_DATA as string, 'archive'))).toBe(false);
    expect((await failback(['status', 'busy', '--json', ...REDIS], env)).objects[0]).toMatchObject({ counts: { working: 1 } });
    running.interrupt();
    await running.ended;
  });

  test.each([
    [['archive'], 'give names of runs, or --ended-before'],
    [['archive', 'x', '--ended-before', '1d'], 'give names of runs, or --ended-before'],
    [['archive', '--ended-before', 'yesterday'], 'Give a time like 30d'],
    [['archive', 'nobody', ...REDIS], 'there is no run "nobody"'],
    [['report'], 'give the name of a run, or the file of an archive'],
    [['history', 'x', '--archive', 'y'], 'give the name of a run, or the file of an archive'],
    [['report', '--archive', '/nonexistent'], '/nonexistent can not be read as an archive'],
  ])('%j', async (argv, message) => {
    expect(await failback(argv, environment())).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
