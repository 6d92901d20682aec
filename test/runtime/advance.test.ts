import { afterEach, expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { Admission } from '../../src/runtime/admission.ts';
import { commandMembers } from '../../src/runtime/commands.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { flush, keysIn, useRedis } from '../support/redis.ts';
import { keys, runOf } from './support.ts';

const { redis, url } = useRedis();
const RUN = 'r1';
const ref = { run: RUN, id: 'm0' };
const OBSTACLE = { type: 'host.observed', side: 'home', host: 'hv-a', statistics: null, test: null, vm: null, job: null, running: [] };
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A runtime as another process would have it: its own connection and memory. */
function runtimeOf(): Runtime {
  const own = connectRedis(url, 'worker');
  const runtime = new Runtime({ redis: own });
  closing.push(
    () => own.disconnect(),
    () => runtime.close(),
  );
  return runtime;
}

async function watchOf(runtime: Runtime, id = 'm0'): Promise<{ effect: string; token: string; final: boolean }> {
  const stored = await runtime.read({ run: RUN, id });
  return { effect: 'watch', token: stored?.row.live.watch?.token ?? 'none', final: false };
}

test('a report reaches a process that remembers an older row', async () => {
  const [one, two] = [runtimeOf(), runtimeOf()];
  await runOf(one, RUN, 1);
  expect(await one.read(ref)).not.toBeNull();
  await two.advance(ref, { type: 'failback.admit' });
  expect(await one.advance(ref, OBSTACLE, await watchOf(two))).toBe('committed');
});

test('a command reaches a process that remembers an older row', async () => {
  const [one, two] = [runtimeOf(), runtimeOf()];
  await runOf(one, RUN, 1);
  await one.advance(ref, { type: 'failback.admit' });
  await two.advance(ref, { type: 'failback.pause' });
  expect(await one.advance(ref, { type: 'failback.resume' })).toBe('committed');
});

test('a member that one process saw fail, and another retried, is admitted by the first', async () => {
  const [one, two] = [runtimeOf(), runtimeOf()];
  await runOf(one, RUN, 1);
  const admission = new Admission(one);
  await admission.admit(RUN);
  await one.advance(ref, OBSTACLE, await watchOf(one));
  await admission.release(ref, { host: 'hv-a', partner: null });
  expect(await redis.smembers(keys.status(RUN, 'attention'))).toEqual(['m0']);
  expect(await commandMembers(two, RUN, ['m0'], 'retry', 'fixed')).toEqual({ accepted: ['m0'], refused: [] });
  await admission.admit(RUN);
  expect(await redis.smembers(keys.status(RUN, 'working'))).toEqual(['m0']);
});

test('of events that race each takes effect on what the one before has left', async () => {
  const runtimes = [runtimeOf(), runtimeOf(), runtimeOf()];
  await runOf(runtimes[0] as Runtime, RUN, 1);
  await runtimes[0]?.advance(ref, { type: 'failback.admit' });
  const events = ['failback.pause', 'failback.resume'];
  let committed = 0;
  await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const outcome = await runtimes[n % 3]?.advance(ref, { type: events[n % 2] as string });
      if (outcome === 'committed') committed++;
    }),
  );
  const seen: string[] = [];
  for await (const { event, id } of readJournal(redis, keys, RUN)) if (id === 'm0' && events.includes(event)) seen.push(event);
  expect(seen.every((event, n) => event === events[n % 2])).toBe(true);
  expect((await runtimes[0]?.read(ref))?.revision).toBe(2 + seen.length);
  // Two processes that decide the very same thing both hear that it is on record.
  expect(committed).toBeGreaterThanOrEqual(seen.length);
});

test('a lifecycle that Redis has lost is gone, also for a process that remembers it', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 1);
  await one.advance(ref, { type: 'failback.admit' });
  await flush(redis);
  expect(await one.advance(ref, { type: 'failback.cancel' })).toBe('gone');
  expect(await keysIn(redis, '*')).toEqual([]);
});

test('a name that is taken is refused, and the run that has it is left alone', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 3);
  const before = await redis.hgetall(keys.run(RUN));
  await expect(runOf(runtimeOf(), RUN, 1, { inFlight: 1 })).rejects.toMatchObject({ code: 'run.active' });
  expect(await redis.hgetall(keys.run(RUN))).toEqual(before);
  expect(await redis.ttl(keys.run(RUN))).toBe(-1);
  expect(await redis.ttl(keys.inputs(RUN))).toBe(-1);
});

test('of two processes that create a run of one name at once, one does', async () => {
  const results = await Promise.allSettled([runOf(runtimeOf(), RUN, 5), runOf(runtimeOf(), RUN, 5)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await redis.scard(keys.status(RUN, 'pending'))).toBe(5);
});
