import { Queue, Worker } from 'bullmq';
import { expect, test } from 'vitest';
import type { RunHost } from '../../src/runtime/run-record.ts';
import { ServedQueues } from '../../workers/served-queues.ts';
import { useRedis } from '../support/redis.ts';
import { eventually, quiet } from '../support/system.ts';

const { redis } = useRedis();
const HOST: RunHost = { name: 'hv-a', address: 'http://hv-a:1/wsman', inFlight: 1, connection: null };

/** Queues of run `r`; the first worker for calls takes nothing if `isDeaf`. */
function queuesOf({ isDeaf, work }: { readonly isDeaf: boolean; readonly work: (id: string) => Promise<void> }) {
  const started = { calls: 0 };
  const serve = (name: string, autorun: boolean) =>
    new Worker(name, (job) => work(job.id ?? ''), { connection: redis, prefix: 'served:{r}', autorun });
  const queues = new ServedQueues({
    redis,
    concurrency: 1,
    log: quiet,
    startControl: () => serve('control', true),
    startCalls: () => serve('calls', !isDeaf || started.calls++ > 0),
  });
  queues.serveRun('r');
  queues.serveHost('r', HOST);
  return queues;
}

test('a worker that asks for no more jobs is replaced when they have waited for ten seconds', async ({ onTestFinished }) => {
  const done: string[] = [];
  const queues = queuesOf({ isDeaf: true, work: async (id) => void done.push(id) });
  const queue = new Queue('calls', { connection: redis, prefix: 'served:{r}' });
  onTestFinished(async () => {
    await queues.close();
    await queue.close();
  });
  await queue.add('call', {}, { jobId: 'a' });
  await queues.replaceStuck('r', 0);
  await queues.replaceStuck('r', 9_999);
  expect(await queue.getWaitingCount()).toBe(1);
  await queues.replaceStuck('r', 10_000);
  await eventually(async () => done.length === 1);
  expect(done).toEqual(['a']);
});

test('one that is at work is not, however long jobs wait', async ({ onTestFinished }) => {
  const letGo: (() => void)[] = [];
  const queues = queuesOf({ isDeaf: false, work: () => new Promise((resolve) => letGo.push(resolve)) });
  const queue = new Queue('calls', { connection: redis, prefix: 'served:{r}' });
  onTestFinished(async () => {
    for (const go of letGo) go();
    await queues.close();
    await queue.close();
  });
  await queue.add('call', {}, { jobId: 'a' });
  await eventually(async () => letGo.length === 1);
  await queue.add('call', {}, { jobId: 'b' });
  await queues.replaceStuck('r', 0);
  await queues.replaceStuck('r', 60_000);
  expect(await queue.getWaitingCount()).toBe(1);
  expect(letGo).toHaveLength(1);
});
