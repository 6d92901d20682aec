import { describe, type ExpectStatic, expect, test } from 'vitest';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { removeKeys, useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { type HeldClock, heldClock } from './support/held-clock.ts';
import { type Defer, ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });
const VMS = 5;

function hostKeys(stage: Stage): readonly string[] {
  return stage.simulator.hosts.map((host) => hostKeyOf(host.url));
}

function deleteMatching(pattern: string): Promise<number> {
  return removeKeys(redis, pattern.replaceAll('[', '\\['));
}

function deleteCallQueues(stage: Stage, run: string): Promise<readonly number[]> {
  return Promise.all(hostKeys(stage).map((key) => deleteMatching(`${stage.keys.callQueuePrefix(run, key)}:calls:*`)));
}

/** The sweep looks at a lifecycle some time after it was last heard of: makes that time pass. */
async function letSweepBeDue(stage: Stage, run: string): Promise<void> {
  for (const id of await redis.zrange(stage.keys.due(run), '0', '-1')) await redis.zadd(stage.keys.due(run), 0, id);
}

async function expectHome(stage: Stage, run: string, check: ExpectStatic, vms = VMS): Promise<void> {
  check((await stage.untilFinished(run)).counts.completed).toBe(vms);
  check(stage.failbacks()).toEqual(Array(vms).fill(ONCE));
}

/** A run whose copies are all at work and stay so until the clock is let go. */
async function allCopying(defer: Defer): Promise<{ stage: Stage; run: string; clock: HeldClock }> {
  const clock = heldClock();
  const stage = await setStage(redis, defer, { vms: VMS, clock });
  await stage.startWorker();
  const run = await stage.createRun();
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === VMS);
  return { stage, run, clock };
}

describe.concurrent('what got lost is found', () => {
  test('the outbox, with a commit in it whose effects were never handed over', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, { vms: VMS });
    const run = await stage.createRun();
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    const worker = await startWorkerProcess({ ...work, at: 'committed', nth: 7 }, onTestFinished);
    await worker.ended();
    check(await redis.del(stage.keys.outbox(run))).toBe(1);
    await stage.startWorker();
    await expectHome(stage, run, check);
  });

  test('the queue of a run on a host, with calls waiting in it', async ({ onTestFinished, expect: check }) => {
    // More than fit into one job.
    const vms = 20;
    const stage = await setStage(redis, onTestFinished, {
      vms,
      hosts: 1,
      scenario: { faults: [{ method: 'InitiateFailback', do: { delayAfterMs: 150 } }] },
    });
    await stage.startWorker({ concurrency: 1 });
    const run = await stage.createRun();
    const waiting = `${stage.keys.callQueuePrefix(run, hostKeys(stage)[0] as string)}:calls:wait`;
    await eventually(async () => stage.ledger.calls.length > 0 && (await redis.llen(waiting)) >= 1, 10);
    await deleteCallQueues(stage, run);
    await letSweepBeDue(stage, run);
    await expectHome(stage, run, check, vms);
  });

  test('the control queue, with timers in it', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, { vms: VMS });
    await stage.startWorker();
    const run = await stage.createRun({ settings: { stable: 1_000 } });
    await eventually(async () => (await stage.members(run)).some(({ state }) => state.includes('proving')), 20);
    check(await deleteMatching(`${stage.keys.controlQueuePrefix(run)}:control:*`)).toBeGreaterThan(0);
    await expectHome(stage, run, check);
  });

  test('everything hosts are watched for', async ({ onTestFinished, expect: check }) => {
    const { stage, run, clock } = await allCopying(onTestFinished);
    for (const key of hostKeys(stage)) check(await redis.del(stage.keys.watches(run, key))).toBe(1);
    await redis.del(stage.keys.watchVersions(run));
    // A look that was on its way when the index was lost is news of its member, and puts the sweep's next look at it off.
    await eventually(async () => {
      await letSweepBeDue(stage, run);
      const watched = await Promise.all(hostKeys(stage).map((key) => redis.hlen(stage.keys.watches(run, key))));
      return watched.reduce((sum, some) => sum + some, 0) === VMS;
    });
    clock.letGo();
    await expectHome(stage, run, check);
  });

  test('a job that BullMQ believes to be at work although its worker died before the claim', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, { vms: VMS, hosts: 1 });
    const run = await stage.createRun();
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    const worker = await startWorkerProcess({ ...work, at: 'unclaimed' }, onTestFinished);
    await worker.ended();
    const active = `${stage.keys.callQueuePrefix(run, hostKeys(stage)[0] as string)}:calls:active`;
    check(await redis.llen(active)).toBeGreaterThan(0);
    await stage.startWorker();
    await expectHome(stage, run, check);
  });

  test('slots of a host: held by nobody, or not held by who is in flight', async ({ onTestFinished, expect: check }) => {
    const clock = heldClock();
    const stage = await setStage(redis, onTestFinished, { vms: VMS, hosts: 1, clock });
    const slots = stage.keys.slots(hostKeys(stage)[0] as string);
    await redis.hset(slots, { 'long-gone/m1': 0, 'long-gone/m2': 0 });
    await stage.startWorker();
    const run = await stage.createRun({ perHost: 2 });
    await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === 2);
    check((await redis.hkeys(slots)).sort()).toEqual([`${run}/m0`, `${run}/m1`]);
    await redis.del(slots);
    await eventually(async () => (await redis.hlen(slots)) === 2);
    check(stage.copying(stage.simulator.hosts[0]?.name ?? '')).toBe(2);
    clock.letGo();
    await expectHome(stage, run, check);
    await eventually(async () => (await redis.exists(slots)) === 0);
  });

  test('all of it at once', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, { vms: VMS });
    const run = await stage.createRun({ perHost: 2 });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    const worker = await startWorkerProcess({ ...work, at: 'claimed', nth: 2 }, onTestFinished);
    await worker.ended();
    await redis.del(stage.keys.outbox(run));
    await deleteCallQueues(stage, run);
    await deleteMatching(`${stage.keys.controlQueuePrefix(run)}:control:*`);
    for (const key of hostKeys(stage)) {
      await redis.del(stage.keys.watches(run, key), stage.keys.watchVersions(run));
      await redis.del(stage.keys.slots(key));
      await redis.hset(stage.keys.slots(key), { 'long-gone/m1': 0, [`${run}/m4`]: 0 });
    }
    await stage.startWorker();
    await expectHome(stage, run, check);
  });
});

test('one lifecycle this build can not read does not keep the others from being looked after', async ({ onTestFinished }) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: VMS, hosts: 1, clock });
  const worker = await stage.startWorker();
  const run = await stage.createRun();
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === VMS);
  await worker.close();
  const stored = (await redis.hget(stage.keys.rows(run), 'm0')) as string;
  const newer = stored.replace(/"version":\d+/, '"version":99');
  await redis.hset(stage.keys.rows(run), 'm0', newer);
  for (const key of hostKeys(stage)) await redis.del(stage.keys.watches(run, key), stage.keys.watchVersions(run));
  await stage.startWorker();
  clock.letGo();
  await stage.until(run, ({ counts }) => counts.completed === VMS - 1);
  expect(await redis.hget(stage.keys.rows(run), 'm0')).toBe(newer);
  await redis.hset(stage.keys.rows(run), 'm0', stored);
  await letSweepBeDue(stage, run);
  await expectHome(stage, run, expect);
});

test('a worker that starts looks at every lifecycle, however many there are', async ({ onTestFinished }) => {
  const { Sweep } = await import('../../src/runtime/sweep.ts');
  const { Presence } = await import('../../src/runtime/presence.ts');
  const { runOf } = await import('../runtime/support.ts');
  const stage = await setStage(redis, onTestFinished, { vms: 1 });
  await runOf(stage.runtime, 'many', 450);
  await Promise.all(Array.from({ length: 450 }, (_, n) => stage.runtime.advance({ run: 'many', id: `m${n}` }, { type: 'failback.admit' })));
  const watches = stage.keys.watches('many', hostKeyOf('http://hv-a:1/wsman'));
  expect(await redis.hlen(watches)).toBe(450);
  await redis.del(watches);
  await new Sweep(stage.runtime, new Presence(redis, stage.keys)).sweep('many', true);
  expect(await redis.hlen(watches)).toBe(450);
});
