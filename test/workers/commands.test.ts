import { expect, test } from 'vitest';
import { commandMembers, commandRun } from '../../src/runtime/commands.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

/** Waits until so many copies were told to end; on a host whose clock stands still they do not. */
async function untilEnding(stage: Stage, run: string, count: number): Promise<void> {
  await eventually(async () => (await stage.members(run)).filter(({ state }) => state.includes('ending')).length === count);
}

test.concurrent('a paused run admits nobody and lets what is at work end; resumed, it goes on', async ({ onTestFinished }) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: 6, hosts: 1, clock });
  await stage.startWorker();
  const run = await stage.createRun({ inFlight: 2 });
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === 2);
  await commandRun(stage.runtime, stage.views, run, 'pause', 'lunch');
  await stage.until(run, ({ state }) => state === 'paused');
  clock.letGo();
  const { counts } = await stage.until(run, ({ counts: { paused } }) => paused === 2);
  expect(counts).toMatchObject({ pending: 4, working: 0, completed: 0 });
  expect(stage.ledger.calls.map(({ method }) => method)).toEqual(['InitiateFailback', 'InitiateFailback']);
  await expect(commandRun(stage.runtime, stage.views, run, 'pause', null)).rejects.toMatchObject({ code: 'command.refused' });
  await commandRun(stage.runtime, stage.views, run, 'resume', null);
  expect((await stage.untilFinished(run)).counts.completed).toBe(6);
  expect(stage.failbacks()).toEqual(Array(6).fill(ONCE));
});

test.concurrent.for(['pause', 'cancel'] as const)(
  'a worker that dies while it tells the members of a %s: all of them hear it',
  async (command, context) => {
    const clock = heldClock();
    const stage = await setStage(redis, context.onTestFinished, { vms: 6, hosts: 1, clock });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    const run = await stage.createRun();
    const teller = await startWorkerProcess({ ...work, at: 'committed', nth: 3, armed: false }, context.onTestFinished);
    await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === 6);
    teller.arm();
    await commandRun(stage.runtime, stage.views, run, command, null);
    expect(await teller.ended()).toBe('SIGKILL');
    await stage.startWorker();
    if (command === 'pause') {
      await stage.until(run, ({ state }) => state === 'paused');
      expect((await stage.members(run)).every(({ context: { pauseRequested } }) => pauseRequested)).toBe(true);
      clock.letGo();
      await stage.until(run, ({ counts }) => counts.paused === 6);
      expect(stage.failbacks()).toEqual(Array(6).fill(ONCE));
    } else {
      await untilEnding(stage, run, 6);
      clock.letGo();
      expect((await stage.untilFinished(run)).counts.quarantined).toBe(6);
    }
  },
);

test.concurrent('a cancelled run ends: what has not begun is cancelled, a copy is never left unspoken of', async ({ onTestFinished }) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: 5, hosts: 1, clock });
  await stage.startWorker();
  const run = await stage.createRun({ inFlight: 2 });
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === 2);
  await commandRun(stage.runtime, stage.views, run, 'cancel', null);
  await untilEnding(stage, run, 2);
  clock.letGo();
  expect((await stage.untilFinished(run)).counts).toMatchObject({ cancelled: 3, quarantined: 2, completed: 0 });
  expect(stage.failbacks().map(({ received }) => received)).toEqual([1, 1, 0, 0, 0]);
  await eventually(async () => (await redis.sismember(stage.keys.activeRuns(), run)) === 0);
});

test.concurrent('a retry of a failed member reopens the run that had ended without it; done work is kept', async ({ onTestFinished }) => {
  const notSupported = 32770;
  const stage = await setStage(redis, onTestFinished, {
    vms: 4,
    hosts: 1,
    scenario: {
      vms: [
        { names: ['broken'], sizeGB: 2 },
        { count: 3, sizeGB: 2 },
      ],
      faults: [{ method: 'InitiateFailback', vm: 'broken', nth: 1, do: { returnValue: notSupported } }],
    },
  });
  await stage.startWorker();
  const run = await stage.createRun();
  expect((await stage.untilFinished(run)).counts).toMatchObject({ completed: 3, failed: 1 });
  await eventually(async () => (await redis.sismember(stage.keys.activeRuns(), run)) === 0);
  const failed = (await stage.members(run)).filter(({ status }) => status === 'failed');
  expect(failed.map(({ input: { vm } }) => vm)).toEqual(['broken']);
  const ids = failed.map(({ id }) => id);
  expect(await commandMembers(stage.runtime, run, ids, 'retry', 'provider updated')).toEqual({ accepted: ids, refused: [] });
  expect((await stage.views.run(run)).state).toBe('running');
  expect((await stage.untilFinished(run)).counts.completed).toBe(4);
  expect(stage.failbacks().map(({ accepted }) => accepted)).toEqual([1, 1, 1, 1]);
});
