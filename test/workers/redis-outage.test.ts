import process from 'node:process';
import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import type { ManagedRedis } from '../../src/redis/managed-redis.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { ownRedis } from '../support/own-redis.ts';
import { eventually } from '../support/system.ts';
import { type Defer, ONCE, type Stage, type StageOptions, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

interface OwnStage {
  readonly server: ManagedRedis;
  readonly stage: Stage;
  readonly run: string;
}

/** A run on a Redis of its own, with some calls made and some not. */
async function inTheMiddle(defer: Defer, options: Partial<StageOptions> = {}): Promise<OwnStage> {
  const server = await ownRedis();
  const redis = connectRedis(server.url, 'worker');
  defer(() => redis.disconnect());
  const stage = await setStage(redis, defer, { vms: 8, scenario: SLOW, ...options });
  await stage.startWorker();
  const run = await stage.createRun({ inFlight: 4 });
  await eventually(async () => stage.ledger.calls.length >= 2, 5);
  return { server, stage, run };
}

/** Answers take their time, so that some are always on their way. */
const SLOW = { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 50, delayAfterMs: 100 } }] };

async function expectAllHome({ stage, run }: OwnStage): Promise<void> {
  expect((await stage.untilFinished(run)).counts.completed).toBe(8);
  expect(stage.failbacks()).toEqual(Array(8).fill(ONCE));
  expect(stage.simulator.world.incidents).toEqual([]);
}

test('Redis does not answer for a while: the run goes on where it was', async ({ onTestFinished }) => {
  const own = await inTheMiddle(onTestFinished);
  process.kill(own.server.pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(own.server.pid, 'SIGCONT'));
  const frozen = Date.now();
  await eventually(async () => Date.now() - frozen > 1_500);
  process.kill(own.server.pid, 'SIGCONT');
  await expectAllHome(own);
});

test('Redis is killed and started again, twice: the run goes on where it was, no call is made again', async ({ onTestFinished }) => {
  const own = await inTheMiddle(onTestFinished);
  await own.server.kill();
  await own.server.restart();
  await eventually(async () => own.stage.ledger.calls.length >= 6, 5);
  await own.server.kill();
  await own.server.restart();
  await expectAllHome(own);
});

test('a call that was intended before Redis was restarted, and that nobody claimed as far as it knows, is made only after a look', async ({
  onTestFinished,
}) => {
  const server = await ownRedis();
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const stage = await setStage(redis, onTestFinished, { vms: 1, hosts: 1 });
  const run = await stage.createRun();
  const worker = await startWorkerProcess({ redisUrl: server.url, prefix: stage.keys.prefix, at: 'unclaimed' }, onTestFinished);
  expect(await worker.ended()).toBe('SIGKILL');
  await server.kill();
  await server.restart();
  await stage.startWorker();
  expect((await stage.untilFinished(run)).counts.completed).toBe(1);
  const states: string[] = [];
  for await (const { id, to } of readJournal(redis, stage.keys, run)) if (id === 'm0') states.push(to);
  const [called, looked] = [states.indexOf('failback: calling'), states.indexOf('failback: reconciling.looking')];
  expect(looked).toBe(called + 1);
  expect(stage.failbacks()).toEqual([ONCE]);
});

test('a worker that is told to close lets the calls it is making report first', async ({ onTestFinished }) => {
  const server = await ownRedis();
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const slow = { faults: [{ method: 'InitiateFailback', do: { delayAfterMs: 700 } }] };
  const stage = await setStage(redis, onTestFinished, { vms: 2, hosts: 1, scenario: slow });
  const worker = await stage.startWorker();
  const run = await stage.createRun();
  await eventually(async () => stage.ledger.calls.length === 2, 5);
  await worker.close();
  expect((await stage.views.run(run)).calls).toEqual({ initiateFailback: 2 });
  expect((await stage.members(run)).map(({ context }) => context.jobId)).toEqual([expect.any(String), expect.any(String)]);
  expect(await redis.exists(stage.keys.calls(run), stage.keys.outbox(run), stage.keys.workers())).toBe(0);
  await stage.startWorker();
  expect((await stage.untilFinished(run)).counts.completed).toBe(2);
  expect(stage.failbacks()).toEqual([ONCE, ONCE]);
});

test('everything works on a server that refuses whatever touches two slots of a cluster', async ({ onTestFinished }) => {
  const server = await ownRedis({ settings: { 'cluster-enabled': 'yes' } });
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await eventually(async () => /cluster_state:ok/.test(String(await redis.call('CLUSTER', 'INFO'))));
  await expect(redis.mset('a', 1, 'b', 2)).rejects.toThrow(/CROSSSLOT/);
  const stage = await setStage(redis, onTestFinished, { vms: 3 });
  await stage.startWorker();
  const run = await stage.createRun({ perHost: 1 });
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  const slots = new Map<string, Set<number>>();
  for (const key of await redis.keys('*')) {
    const tag = /\{[^}]+\}/.exec(key)?.[0] ?? 'none';
    slots.set(tag, (slots.get(tag) ?? new Set()).add(Number(await redis.call('CLUSTER', 'KEYSLOT', key))));
  }
  for (const [tag, found] of slots) if (tag !== 'none') expect(found.size, tag).toBe(1);
  expect([...slots.keys()]).toContain(`{${run}}`);
});
