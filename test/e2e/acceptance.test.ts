import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { eventually } from '../support/system.ts';
import { endOf, jsonLines, Product } from './product.ts';

const once = (count: number) => Array.from({ length: count }, () => 1);

test('run --json ends with a summary whose initiateCalls equals the ledger and the members', async () => {
  const product = await Product.start(['--hosts', '2', '--vms', '12', '--seed', '5', '--speed', '1200']);
  const { code, stdout, stderr } = await product.run(['run', product.writePlan(), '--json', '--yes']);
  expect(stderr).not.toContain(product.hosts[0]?.password);
  const lines = jsonLines(stdout);
  expect(lines.at(-1)).toMatchObject({ type: 'summary', plan: 'acceptance', members: 12, completed: 12, failed: 0, initiateCalls: 12 });
  expect(lines[0]).toMatchObject({ type: 'run', plan: 'acceptance' });
  expect(lines.slice(1, -1).every(({ type }) => type === 'transition')).toBe(true);
  expect(product.callsPerVm()).toEqual(once(12));
  expect(code).toBe(0);
});

test('a worker killed ten times in a run of 200: every member comes home, called once', async () => {
  const scenario = { faults: [{ method: 'InitiateFailback', probability: 0.1, do: { drop: 'after' } }] };
  const product = await Product.start(['--hosts', '2', '--vms', '200', '--seed', '9', '--speed', '1200'], scenario);
  expect((await product.run(['run', product.writePlan({ limits: { inFlight: 40 } }), '--detach', '--yes', '--name', 'ten'])).code).toBe(0);
  for (let kill = 1; kill <= 10; kill++) {
    const worker = product.spawn(['worker']);
    const ended = endOf(worker);
    // Killed while calls are being made: a few more of them each time.
    await eventually(async () => product.callsPerVm().length >= kill * 15);
    worker.kill('SIGKILL');
    await ended;
  }
  product.spawn(['worker']);
  const { code, stdout } = await product.run(['watch', 'ten', '--json']);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', members: 200, completed: 200 });
  expect(product.callsPerVm()).toEqual(once(200));
  expect(code).toBe(0);
}, 180_000);

test('Redis is emptied in the middle: adopt rebuilds the run from the hosts, nothing is called twice', async () => {
  const product = await Product.start(['--hosts', '2', '--vms', '30', '--seed', '3', '--speed', '400']);
  const plan = product.writePlan({ limits: { inFlight: 12 } });
  const run = endOf(product.spawn(['run', plan, '--json', '--yes', '--name', 'lost']));
  const redis = new Redis(product.redisUrl);
  await eventually(async () => product.callsPerVm().length >= 15);
  await redis.flushall();
  redis.disconnect();
  const lost = await run;
  expect(lost.stderr).toMatch(/failback adopt/);
  expect(lost.code).toBe(6);
  const { code, stdout } = await product.run(['adopt', plan, '--json', '--yes']);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', members: 30, completed: 30 });
  expect(product.callsPerVm()).toEqual(once(30));
  expect(code).toBe(0);
}, 120_000);
