import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findManagedRedis } from '../../src/redis/managed-redis.ts';
import { ENVIRONMENT, failback, folder, simulate, start, writePlan } from './command-line.ts';

/** Starts the built program; resolves when it has said the text. */
async function launch(argv: readonly string[], env: Readonly<Record<string, string>>, text: string) {
  const child = spawn(process.execPath, ['dist/src/bin/failback.js', ...argv], { env: { PATH: process.env.PATH, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  let said = '';
  await new Promise<void>((resolve) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(text)) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
  });
  return { child, ended };
}

describe('a data directory', () => {
  test.for([
    ['/proc/x', '(ENOENT)'],
    ['/proc', '(ENOENT)'],
    ['/dev/null/x', '(ENOTDIR)'],
    [`/tmp/${'long'.repeat(70)}`, '(ENAMETOOLONG)'],
    ['/tmp/two\nlines', '/tmp/two\\u{a}lines has characters in its name'],
  ])('that can not be used (%j) ends a demo with 2 at once', async ([FAILBACK_DATA, reason]) => {
    const { code, stderr } = await failback(['demo', '--vms', '1'], { FAILBACK_DATA });
    expect([code, stderr]).toEqual([2, expect.stringContaining(reason as string)]);
    expect(stderr).toContain('FAILBACK_DATA');
  });

  test('that is a file is named as such', async () => {
    const FAILBACK_DATA = join(folder(), 'a-file');
    writeFileSync(FAILBACK_DATA, '');
    const { code, stderr } = await failback(['demo', '--vms', '1'], { FAILBACK_DATA });
    expect([code, stderr]).toEqual([2, expect.stringContaining('(EEXIST)')]);
  });

  test.for(['two words', '🚚 "home"', `deep/${'x'.repeat(150)}`])('may have any printable name (%s)', async (name) => {
    const FAILBACK_DATA = join(folder(), name);
    mkdirSync(FAILBACK_DATA, { recursive: true });
    const { code } = await failback(['demo', '--vms', '1', '--hosts', '1', '--faults', 'none', '--speed', '600'], { FAILBACK_DATA });
    expect(code).toBe(0);
  });
});

describe('the local Redis', () => {
  test('is not taken from a command that uses it when the demo that started it ends, and is stopped when nobody does', async () => {
    const FAILBACK_DATA = folder();
    const demo = start(['demo', '--vms', '3', '--hosts', '1', '--faults', 'none', '--speed', '200'], { FAILBACK_DATA });
    await demo.until('data is on its way home');
    const plan = writePlan(await simulate({ hosts: 1, vms: 1, speed: 1 }));
    const env = { ...ENVIRONMENT, FAILBACK_DATA, HV_PASSWORD: ENVIRONMENT.HV_PASSWORD };
    const run = await launch(['run', plan, '--name', 'real'], env, 'data is on its way home');
    const { code, stderr } = await demo.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining(`goes on running: process ${run.child.pid} uses it`)]);
    const refused = await failback(['redis', 'stop'], { FAILBACK_DATA });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/process \d+ uses it, and real is not finished/)]);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    const status = await failback(['redis', 'status', '--json'], { FAILBACK_DATA });
    expect(status.objects[0]).toMatchObject({ running: true, users: [], runs: ['real'] });
    expect((await failback(['redis', 'stop'], { FAILBACK_DATA })).code).toBe(2);
    expect((await failback(['redis', 'stop', '--force'], { FAILBACK_DATA })).code).toBe(0);
    expect(await findManagedRedis(FAILBACK_DATA)).toBeUndefined();
  });

  test('is stopped by the demo that started it when nobody else uses it', async () => {
    const FAILBACK_DATA = folder();
    expect((await failback(['demo', '--vms', '1', '--hosts', '1', '--faults', 'none', '--speed', '600'], { FAILBACK_DATA })).code).toBe(0);
    expect(await findManagedRedis(FAILBACK_DATA)).toBeUndefined();
    const { objects } = await failback(['redis', 'status', '--json'], { FAILBACK_DATA });
    expect(objects).toEqual([{ type: 'redis', running: false, directory: FAILBACK_DATA }]);
    expect((await failback(['redis', 'stop'], { FAILBACK_DATA })).stdout).toContain('no local Redis runs');
  });
});

test('a demo between two sites brings pairs home from where they stand, and ends with the report', async () => {
  const FAILBACK_DATA = folder();
  const argv = ['demo', '--strategy', 'mixed', '--vms', '6', '--hosts', '2', '--faults', 'none', '--speed', '600'];
  const { code, stdout, stderr } = await failback(argv, { FAILBACK_DATA });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/6 of 6 home .* down at most .*, objectives met/)]);
  expect(stderr).toMatch(/report {5}.*\.html/);
  const plan = readFileSync(join(FAILBACK_DATA, 'demo', 'plan.yaml'), 'utf8');
  expect(plan).toContain('site: dr');
  expect(plan).toContain('--strategy mixed --stages failed-over,committed');
});
