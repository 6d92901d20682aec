import { expect, test } from 'vitest';
import { readJournal } from '../../src/runtime/journal.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

/** How often each kind of timer moved each member. */
async function timersOf(stage: Stage, run: string): Promise<ReadonlyMap<string, number>> {
  const fired = new Map<string, number>();
  for await (const { id, event } of readJournal(redis, stage.keys, run)) {
    if (event.startsWith('xstate.after.')) fired.set(`${id} ${event}`, (fired.get(`${id} ${event}`) ?? 0) + 1);
  }
  return fired;
}

test.concurrent('with several workers every timer acts once', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 6 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
  const run = await stage.createRun();
  expect((await stage.untilFinished(run)).counts.completed).toBe(6);
  const fired = await timersOf(stage, run);
  expect([...fired.values()]).toEqual(Array(6).fill(1));
});

test.concurrent('timers that became due while no worker lived act when one starts', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 3, hosts: 1 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  const worker = await startWorkerProcess(work, onTestFinished);
  const run = await stage.createRun({ settings: { stable: 400 } });
  const proving = await eventually(async () => {
    const members = await stage.members(run);
    return members.every(({ state }) => state.includes('proving') || state === 'completed') && members;
  }, 20);
  await worker.kill();
  const last = Math.max(...proving.map(({ nextTimer }) => nextTimer ?? 0));
  await eventually(async () => Date.now() > last);
  await stage.startWorker();
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  expect([...(await timersOf(stage, run)).values()]).toEqual([1, 1, 1]);
  expect(stage.failbacks()).toEqual(Array(3).fill(ONCE));
});
