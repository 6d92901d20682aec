import { expect, test } from 'vitest';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { Presence } from '../../src/runtime/presence.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { ONCE, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

const UNTOUCHED = { received: 0, accepted: 0 };

test.concurrent('a worker of one run leaves another run on the same host as it is, also when that run has timers and calls waiting', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, { vms: 4, hosts: 1 });
  const foreign = await stage.createRun({ only: [0, 1] });
  // Somebody began the foreign run and has gone: calls wait in its queue, watches in the host's index.
  const began = await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix, at: 'unclaimed' }, onTestFinished);
  await began.ended();
  const before = await redis.xlen(stage.keys.journal(foreign));
  const own = await stage.createRun({ only: [2, 3] });
  const worker = await stage.startWorker({ runs: [own] });
  expect((await stage.untilFinished(own)).counts.completed).toBe(2);
  expect(stage.failbacks()).toEqual([UNTOUCHED, UNTOUCHED, ONCE, ONCE]);
  expect(await redis.xlen(stage.keys.journal(foreign))).toBe(before);
  const presence = new Presence(redis, stage.keys);
  expect((await presence.serving(own)).map((record) => record.worker)).toEqual([worker.worker]);
  expect(await presence.serving(foreign)).toEqual([]);
  await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix }, onTestFinished);
  expect((await stage.untilFinished(foreign)).counts.completed).toBe(2);
  expect(stage.failbacks()).toEqual(Array(4).fill(ONCE));
});

test.concurrent('a worker of one run looks at a host itself only while nobody looks for all, and again when that one is gone', async ({
  onTestFinished,
}) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: 4, hosts: 1, clock });
  const own = await stage.createRun({ only: [0, 1] });
  const other = await stage.createRun({ only: [2, 3] });
  const hostKey = hostKeyOf(stage.simulator.hosts[0]?.url ?? '');
  const leases = () => redis.mget(stage.keys.pollerOf(hostKey, [own]), stage.keys.poller(hostKey));
  const { worker } = await stage.startWorker({ runs: [own] });
  await eventually(async () => (await leases()).join() === `${worker},`);
  const all = await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix }, onTestFinished);
  await eventually(async () => (await leases()).join() === `,${all.name}`);
  await eventually(async () => (await stage.views.run(other)).calls.initiateFailback === 2);
  await all.kill();
  await eventually(async () => (await leases())[0] === worker);
  clock.letGo();
  expect((await stage.untilFinished(own)).counts.completed).toBe(2);
  expect((await stage.views.run(other)).counts.completed).toBe(0);
  await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix }, onTestFinished);
  expect((await stage.untilFinished(other)).counts.completed).toBe(2);
  expect(stage.failbacks()).toEqual(Array(4).fill(ONCE));
});

test.concurrent('what BullMQ recorded of a run goes when the run ends', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 2, hosts: 1 });
  await stage.startWorker();
  const run = await stage.createRun();
  const events = `${stage.keys.callQueuePrefix(run, hostKeyOf(stage.simulator.hosts[0]?.url ?? ''))}:calls:events`;
  await eventually(async () => (await redis.exists(events)) === 1);
  await stage.untilFinished(run);
  await eventually(async () => (await redis.exists(events)) === 0);
});
