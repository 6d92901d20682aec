import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readJournal } from '../../src/runtime/journal.ts';
import { hostKeyOf, Keys } from '../../src/runtime/keys.ts';
import { readLedger } from '../../src/simulator/world/ledger.ts';
import { ENVIRONMENT, type Environment, failback, folder, simulate, start, writePlan } from '../cli/command-line.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';

const { redis, url } = useRedis();

const WITHOUT = { ...ENVIRONMENT, HV_PASSWORD: undefined };
const REASON = 'env:HV_PASSWORD: the environment variable is not set';

/** `failback worker` in a process of its own; resolves when it serves. */
async function startWorker(env: Environment): Promise<{ readonly name: string; readonly output: () => string }> {
  const child = spawn(process.execPath, ['dist/src/bin/failback.js', 'worker', '--json', '--redis', url], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stderr?.on('data', (text: Buffer) => {
    log += text.toString();
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream & NodeJS.EventEmitter, 'data')) as [Buffer];
  return { name: (JSON.parse(line.toString()) as { worker: string }).worker, output: () => log };
}

async function stage() {
  const ledgerFile = join(folder(), 'ledger.jsonl');
  const simulator = await simulate({ hosts: 2, vms: 6, ledgerFile });
  const plan = writePlan(simulator);
  return { simulator, plan, ledger: () => readLedger(ledgerFile) };
}

/** States a run's members went through. */
async function statesOf(run: string): Promise<readonly string[]> {
  const states: string[] = [];
  for await (const { to } of readJournal(redis, new Keys(), run)) states.push(to);
  return states;
}

test('a worker without the secret, alone: everything waits, status and doctor name worker, host and reason; one that has it brings all home', async () => {
  const { simulator, plan, ledger } = await stage();
  const lacking = await startWorker(WITHOUT);
  expect((await failback(['run', plan, '--detach', '--name', 'r', '--redis', url], ENVIRONMENT)).code).toBe(0);
  const status = async () => (await failback(['status', 'r', '--json', '--redis', url], ENVIRONMENT)).objects[0];
  const trouble = { code: 'secret.missing', message: expect.stringContaining(`no worker can log on: ${REASON} (worker ${lacking.name})`) };
  await eventually(async () => JSON.stringify(await status()).match(/no worker can log on/g)?.length === 2);
  expect(await status()).toMatchObject({
    counts: { attention: 0, failed: 0 },
    hosts: [{ trouble }, { trouble }],
    workers: [{ worker: lacking.name, cannotLogOn: [{ failure: { code: 'secret.missing' } }, { failure: { code: 'secret.missing' } }] }],
  });
  for (const { url: address } of simulator.hosts) expect(await redis.get(new Keys().poller(hostKeyOf(address)))).toBeNull();
  const doctor = await failback(['doctor', '--redis', url], ENVIRONMENT);
  expect(doctor.stdout).toContain(`${lacking.name} can not log on to ${simulator.hosts[0]?.name} (run r): ${REASON}`);
  expect(lacking.output()).toContain('can not log on');
  const watching = start(['watch', 'r', '--redis', url], ENVIRONMENT);
  await watching.until('no worker can log on');
  const equipped = await startWorker(ENVIRONMENT);
  await eventually(async () => ((await status())?.workers as unknown[] | undefined)?.length === 2);
  expect((await watching.ended).code).toBe(0);
  expect(equipped.output()).not.toContain('can not log on');
  expect((await statesOf('r')).filter((state) => /operator|failed/.test(state))).toEqual([]);
  expect(simulator.hosts.flatMap(({ vms }) => vms.map(({ id }) => ledger().count(id, 'InitiateFailback')))).toEqual(
    Array(6).fill({ received: 1, accepted: 1 }),
  );
});

test('of two workers the one without the secret makes nobody ask a person', async () => {
  const { plan } = await stage();
  await Promise.all([startWorker(WITHOUT), startWorker(ENVIRONMENT)]);
  expect((await failback(['run', plan, '--detach', '--name', 'r', '--redis', url], ENVIRONMENT)).code).toBe(0);
  const watched = await failback(['watch', 'r', '--json', '--redis', url], ENVIRONMENT);
  expect([watched.code, watched.objects.at(-1)]).toMatchObject([0, { type: 'summary', completed: 6 }]);
  expect((await statesOf('r')).filter((state) => /operator|failed/.test(state))).toEqual([]);
});

test('a run that nobody else serves is not gone on with from a process without the secret', async () => {
  const { plan } = await stage();
  const fresh = await failback(['run', plan, '--name', 'r', '--redis', url], WITHOUT);
  expect([fresh.code, fresh.stderr]).toEqual([2, expect.stringContaining(REASON)]);
  await failback(['run', plan, '--detach', '--name', 'r', '--redis', url], ENVIRONMENT);
  const again = await failback(['run', plan, '--name', 'r', '--redis', url], WITHOUT);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(REASON)]);
  const worker = await startWorker(ENVIRONMENT);
  await eventually(async () => (await redis.hexists(new Keys().workers(), worker.name)) === 1);
  const followed = await failback(['run', plan, '--name', 'r', '--redis', url], WITHOUT);
  expect([followed.code, followed.stderr]).toEqual([0, expect.stringContaining('going on with it')]);
});
