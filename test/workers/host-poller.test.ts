import { expect, test } from 'vitest';
import { readHostHealth, writeHostHealth } from '../../src/runtime/host-health.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import type { RunHost } from '../../src/runtime/run-record.ts';
import { useRedis } from '../support/redis.ts';
import { eventually, runHosts } from '../support/system.ts';
import { type Counted, countRequests } from './support/counting-proxy.ts';
import { heldClock } from './support/held-clock.ts';
import { type Defer, ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

/** A run of VMs on one host whose requests are counted; every copy is at work and stands still. */
async function copying(vms: number, defer: Defer) {
  const clock = heldClock();
  const stage = await setStage(redis, defer, { vms, hosts: 1, clock });
  const counted = await countRequests(runHosts(stage.simulator)[0] as RunHost, defer);
  const run = await stage.createRun({ hosts: [counted.host] });
  return { stage, clock, counted, run };
}

async function untilCopying(stage: Stage, run: string, vms: number): Promise<void> {
  await eventually(async () => (await stage.views.run(run)).calls.initiateFailback === vms);
}

/** Waits for further looks at a host, then gives what was requested for them, by class. */
async function looks({ requests }: Counted, count: number): Promise<ReadonlyMap<string, number>> {
  const begin = requests.length;
  const seen = () => requests.slice(begin).filter((request) => request === 'Enumerate Msvm_ReplicationRelationship').length;
  await eventually(async () => seen() >= count, 20);
  const byClass = new Map<string, number>();
  for (const request of requests.slice(begin)) byClass.set(request, (byClass.get(request) ?? 0) + 1);
  return byClass;
}

test.concurrent.for([3, 20])(
  'a look at a host costs the same for %i members: each class is enumerated once',
  async (vms, { onTestFinished }) => {
    const { stage, counted, run } = await copying(vms, onTestFinished);
    await stage.startWorker();
    await untilCopying(stage, run, vms);
    await looks(counted, 1);
    const requests = await looks(counted, 4);
    expect([...requests.keys()].filter((request) => !/^(Enumerate|Pull) /.test(request))).toEqual([]);
    for (const name of ['Msvm_ComputerSystem', 'Msvm_ConcreteJob', 'Msvm_ReplicationRelationship']) {
      // The last look may be half written down.
      expect(Math.abs((requests.get(`Enumerate ${name}`) ?? 0) - 4)).toBeLessThanOrEqual(1);
      expect(requests.get(`Pull ${name}`) ?? 0).toBeLessThanOrEqual(5);
    }
  },
);

test.concurrent('two workers do not look twice as often: one of them stands by', async ({ onTestFinished }) => {
  const { stage, counted, run } = await copying(3, onTestFinished);
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
  await untilCopying(stage, run, 3);
  const lease = stage.keys.poller(hostKeyOf(counted.host.address));
  const holders = new Set<string | null>();
  const begin = counted.requests.length;
  await eventually(async () => {
    holders.add(await redis.get(lease));
    return counted.requests.slice(begin).filter((request) => request === 'Enumerate Msvm_ConcreteJob').length >= 5;
  }, 10);
  expect(holders.size).toBe(1);
});

test.concurrent('only what changed becomes an event', async ({ onTestFinished }) => {
  const { stage, counted, run, clock } = await copying(4, onTestFinished);
  await stage.startWorker();
  await untilCopying(stage, run, 4);
  await looks(counted, 2);
  const entries = await redis.xlen(stage.keys.journal(run));
  await looks(counted, 3);
  expect(await redis.xlen(stage.keys.journal(run))).toBe(entries);
  clock.letGo();
  expect((await stage.untilFinished(run)).counts.completed).toBe(4);
  // Admitted, called, accepted, back, called, accepted, started, running, proved, confirmed: a dozen or so, whatever the number of looks.
  expect(await redis.xlen(stage.keys.journal(run))).toBeLessThanOrEqual(4 * 14 + 5);
});

test.concurrent('how far copies are is shown while they run', async ({ onTestFinished }) => {
  const { stage, counted, run, clock } = await copying(2, onTestFinished);
  await stage.startWorker();
  await untilCopying(stage, run, 2);
  // Three seconds until the first data; 8 GB at 200 MB/s are some 40.
  clock.advance(23_000);
  await looks(counted, 2);
  const shown = await eventually(async () => {
    const members = await stage.members(run);
    return members.every(({ percent }) => (percent ?? 0) > 0) && members;
  });
  for (const { percent } of shown) expect(percent).toBeLessThan(100);
  clock.letGo();
  await stage.untilFinished(run);
});

test.concurrent('a host that can not be reached for a while is waited for, and said to be in trouble meanwhile', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, { vms: 3, hosts: 1, scenario: { vms: [{ count: 3, sizeGB: 100 }] } });
  await stage.startWorker();
  const run = await stage.createRun();
  await untilCopying(stage, run, 3);
  const hostKey = hostKeyOf(stage.simulator.hosts[0]?.url ?? '');
  const name = stage.simulator.hosts[0]?.name ?? '';
  stage.simulator.world.host(name).disconnect(900_000);
  const [trouble] = await eventually(async () => {
    const troubles = await readHostHealth(redis, stage.keys, [hostKey]);
    return troubles.length > 0 && troubles;
  });
  expect(trouble).toMatchObject({ host: name, failure: { code: expect.stringMatching(/^host\./) } });
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  expect(await readHostHealth(redis, stage.keys, [hostKey])).toEqual([]);
  expect(stage.failbacks()).toEqual(Array(3).fill(ONCE));
});

test.concurrent('a trouble that a worker put on record before it was gone is cleared by the first look of the next one', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, { vms: 1, hosts: 1 });
  const { name: host = '', url: address = '' } = stage.simulator.hosts[0] ?? {};
  const failure = { class: 'retryable', code: 'host.unreachable', message: 'gone' } as const;
  await writeHostHealth(redis, stage.keys, hostKeyOf(address), { host, since: 0, failure });
  await stage.startWorker();
  await stage.untilFinished(await stage.createRun());
  expect(await readHostHealth(redis, stage.keys, [hostKeyOf(address)])).toEqual([]);
});

test.concurrent('a host that restarts and forgets its jobs while data is copied: the replication state decides, nobody is called again', async ({
  onTestFinished,
}) => {
  const { stage, run, clock } = await copying(3, onTestFinished);
  await stage.startWorker();
  await untilCopying(stage, run, 3);
  const host = stage.simulator.world.host(stage.simulator.hosts[0]?.name ?? '');
  clock.advance(10_000);
  host.crash(null);
  expect(host.jobs.size).toBe(0);
  host.comeUp();
  clock.letGo();
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  expect(stage.failbacks()).toEqual(Array(3).fill(ONCE));
});
