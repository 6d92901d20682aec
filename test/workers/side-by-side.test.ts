import { expect, test } from 'vitest';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { ONCE, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

test.concurrent('three workers share the work of two runs on the same hosts: limits hold at every moment, no call is made twice', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, { vms: 16 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  await Promise.all([1, 2, 3].map(() => startWorkerProcess(work, onTestFinished)));
  const limits = { perHost: 3, inFlight: 4 };
  const even = Array.from({ length: 8 }, (_, n) => 2 * n);
  const runs = await Promise.all([
    stage.createRun({ ...limits, only: even }),
    stage.createRun({ ...limits, only: even.map((n) => n + 1) }),
  ]);
  const most = { copying: 0, working: 0, slots: 0 };
  await eventually(async () => {
    for (const { name, url: address } of stage.simulator.hosts) {
      most.copying = Math.max(most.copying, stage.copying(name));
      most.slots = Math.max(most.slots, await redis.hlen(stage.keys.slots(hostKeyOf(address))));
    }
    const views = await Promise.all(runs.map((run) => stage.views.run(run)));
    for (const { counts } of views) most.working = Math.max(most.working, counts.working);
    return views.every(({ state }) => state === 'finished');
  }, 5);
  expect(most.copying).toBeLessThanOrEqual(3);
  expect(most.slots).toBe(3);
  expect(most.working).toBeLessThanOrEqual(4);
  for (const run of runs) expect((await stage.views.run(run)).counts.completed).toBe(8);
  expect(stage.failbacks()).toEqual(Array(16).fill(ONCE));
  expect(stage.ledger.duplicateMessageIds).toEqual([]);
});

test.concurrent('when the worker that looks at a host dies, another one that lives looks instead and finishes what it had begun', async ({
  onTestFinished,
}) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: 4, hosts: 1, clock });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  const workers = await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
  const run = await stage.createRun();
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === 4);
  const lease = stage.keys.poller(hostKeyOf(stage.simulator.hosts[0]?.url ?? ''));
  const holder = await redis.get(lease);
  const victim = workers.find(({ name }) => name === holder);
  const heir = workers.find(({ name }) => name !== holder);
  await victim?.kill();
  await eventually(async () => (await redis.get(lease)) === heir?.name);
  clock.letGo();
  expect((await stage.untilFinished(run)).counts.completed).toBe(4);
  expect(stage.failbacks()).toEqual(Array(4).fill(ONCE));
});

test.concurrent('a worker that dies between claim and call is found out by one that lives', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 3, hosts: 1 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  const run = await stage.createRun();
  const victim = await startWorkerProcess({ ...work, at: 'claimed' }, onTestFinished);
  const [, ended] = await Promise.all([startWorkerProcess(work, onTestFinished), victim.ended()]);
  expect(ended).toBe('SIGKILL');
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  expect(stage.failbacks()).toEqual(Array(3).fill(ONCE));
});

test.concurrent('a job that another worker gets while its call is on the way to the host is left to who makes the call', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, {
    vms: 1,
    hosts: 1,
    scenario: { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 1_000 } }] },
  });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  const workers = await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
  const run = await stage.createRun();
  const ref = { run, id: 'm0' };
  const caller = await eventually(async () => {
    const claim = await redis.hget(stage.keys.calls(run), ref.id);
    return workers.find(({ name }) => claim?.includes(`|${name}|`));
  }, 5);
  const call = (await stage.runtime.read(ref))?.row.live.call;
  if (!call) throw new Error('the call has ended already');
  caller.signal('SIGSTOP');
  await stage.runtime.dispatcher.queueAgain(ref, call, 'again');
  const queue = `${stage.keys.callQueuePrefix(run, hostKeyOf(stage.simulator.hosts[0]?.url ?? ''))}:calls`;
  await eventually(async () => (await redis.exists(`${queue}:${run}.m0.${call.token}.again`)) === 0);
  caller.signal('SIGCONT');
  expect((await stage.untilFinished(run)).counts.completed).toBe(1);
  expect(stage.failbacks()).toEqual([ONCE]);
});

test.concurrent('a worker that was frozen between claim and call, and given up meanwhile, does not make its call any more', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, {
    vms: 1,
    hosts: 1,
    scenario: { quirks: { vms: { failbackStartStates: [6, 5, 14] } } },
  });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  const run = await stage.createRun();
  const frozen = await startWorkerProcess({ ...work, at: 'claimed', freeze: true }, onTestFinished);
  await eventually(async () => ((await redis.hget(stage.keys.calls(run), 'm0')) ?? '').includes(frozen.name));
  await redis.del(stage.keys.worker(frozen.name));
  await startWorkerProcess(work, onTestFinished);
  expect((await stage.untilFinished(run)).counts.completed).toBe(1);
  frozen.signal('SIGCONT');
  frozen.signal('SIGTERM');
  expect(await frozen.ended()).toBe(0);
  expect(stage.failbacks()).toEqual([ONCE]);
});
