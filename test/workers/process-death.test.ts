import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ONCE, setStage } from './support/stage.ts';
import { type KillPoint, startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

const POINTS: readonly (readonly [string, KillPoint, number])[] = [
  ['after the first admission is on record, before its watch is handed over', 'committed', 1],
  ['after a later commit, before its effects are handed over', 'committed', 9],
  ['after effects are handed over, before the outbox forgets them', 'handed-over', 9],
  ['after the claim of a call, before the call', 'claimed', 2],
  ['after the host carried a call out, before its answer is reported', 'called', 2],
  ['after the answer is on record', 'reported', 1],
];

describe.concurrent('a worker is killed and a new one goes on: every VM comes home with one InitiateFailback', () => {
  for (const [where, at, nth] of POINTS) {
    test(where, async ({ onTestFinished, expect: check }) => {
      const stage = await setStage(redis, onTestFinished, { vms: 5 });
      const run = await stage.createRun();
      const work = { redisUrl: url, prefix: stage.keys.prefix };
      const first = await startWorkerProcess({ ...work, at, nth }, onTestFinished);
      check(await first.ended()).toBe('SIGKILL');
      check((await stage.views.run(run)).state).toBe('running');
      await startWorkerProcess(work, onTestFinished);
      const { counts, calls } = await stage.untilFinished(run);
      check(counts).toMatchObject({ completed: 5 });
      check(stage.failbacks()).toEqual(Array(5).fill(ONCE));
      check(calls.initiateFailback).toBe(5);
      await eventually(async () => (await redis.exists(stage.keys.outbox(run), stage.keys.calls(run), stage.keys.due(run))) === 0);
    });
  }

  test('the answer to a call is lost on the way: the host is looked at, not called again', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, {
      vms: 4,
      scenario: { faults: [{ method: 'InitiateFailback', nth: 1, do: { drop: 'after' } }] },
    });
    const run = await stage.createRun();
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(4);
    check(stage.failbacks()).toEqual(Array(4).fill(ONCE));
    check((await stage.views.run(run)).calls.initiateFailback).toBe(4);
  });

  test('the request is lost on the way: nothing is to be seen on the host, so it is made again', async ({
    onTestFinished,
    expect: check,
  }) => {
    const stage = await setStage(redis, onTestFinished, {
      vms: 2,
      scenario: { faults: [{ method: 'InitiateFailback', nth: 1, do: { drop: 'before' } }] },
    });
    const run = await stage.createRun();
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(2);
    check(stage.failbacks()).toEqual(Array(2).fill(ONCE));
  });
});

test('workers killed one after the other, wherever they are, never make a call twice', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 12 });
  const run = await stage.createRun({ inFlight: 4 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  for (const [at, nth] of [
    ['handed-over', 5],
    ['committed', 17],
    ['handed-over', 6],
  ] as const) {
    const worker = await startWorkerProcess({ ...work, at, nth }, onTestFinished);
    expect(await worker.ended()).toBe('SIGKILL');
  }
  await startWorkerProcess(work, onTestFinished);
  expect((await stage.untilFinished(run)).counts.completed).toBe(12);
  expect(stage.failbacks()).toEqual(Array(12).fill(ONCE));
  expect(stage.simulator.world.incidents).toEqual([]);
});
