import { Queue } from 'bullmq';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/runtime/journal.ts';
import { Presence } from '../../src/runtime/presence.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { Sweep } from '../../src/runtime/sweep.ts';
import { useRedis } from '../support/redis.ts';
import { quickSettings } from '../support/system.ts';
import { keys, runOf } from './support.ts';

const { redis } = useRedis();
const ref = { run: 'r1', id: 'm0' };
const DEADLINE = quickSettings.timeouts.step;

/** A runtime whose clock is moved by hand, with what sweeps for it. */
function atTime(start: number) {
  const clock = { now: start };
  const runtime = new Runtime({ redis, now: () => clock.now });
  const sweep = new Sweep(runtime, new Presence(redis, keys));
  return { clock, runtime, sweep };
}

async function alarms(): Promise<readonly (string | undefined)[]> {
  const queue = new Queue('control', { connection: redis, prefix: keys.controlQueuePrefix(ref.run) });
  const jobs = await queue.getJobs(['delayed', 'waiting', 'active']);
  await queue.close();
  return jobs.map(({ id }) => id);
}

async function timerEvents(): Promise<readonly string[]> {
  const events: string[] = [];
  for await (const { event } of readJournal(redis, keys, ref.run)) if (event.startsWith('xstate.after.')) events.push(event);
  return events;
}

test('a far timer is queued when it comes near, once, and not before', async () => {
  const start = Date.now();
  const { clock, runtime, sweep } = atTime(start);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  expect(await alarms()).toEqual([]);
  clock.now = start + DEADLINE - 120_000;
  await sweep.sweep(ref.run);
  expect(await alarms()).toEqual([]);
  clock.now = start + DEADLINE - 30_000;
  await sweep.sweep(ref.run);
  await sweep.sweep(ref.run, true);
  expect(await alarms()).toEqual([`${ref.run}.${ref.id}.t${start + DEADLINE}`]);
  expect(await timerEvents()).toEqual([]);
  await runtime.close();
});

test('a timer whose alarm never rang is fired by the sweep, once, however many sweep', async () => {
  const start = Date.now();
  const { clock, runtime, sweep } = atTime(start);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  clock.now = start + DEADLINE + 5_000;
  const others = [atTime(clock.now), atTime(clock.now)];
  await Promise.all([sweep, ...others.map((other) => other.sweep)].map((each) => each.sweep(ref.run, true)));
  expect(await timerEvents()).toHaveLength(1);
  expect((await runtime.read(ref))?.row.value).toBe('lastLook');
  await Promise.all([runtime, ...others.map((other) => other.runtime)].map((each) => each.close()));
});

test('a timer whose state was left does nothing when its alarm rings', async () => {
  const start = Date.now();
  const { clock, runtime, sweep } = atTime(start);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  const armed = await runtime.read(ref);
  const token = armed?.row.live.watch?.token ?? '';
  await runtime.advance(
    ref,
    { type: 'host.observed', side: 'home', host: 'hv-a', statistics: null, test: null, vm: null, job: null, running: [] },
    { effect: 'watch', token, final: false },
  );
  clock.now = start + DEADLINE + 5_000;
  if (armed) await sweep.fireTimers(ref, armed.row);
  expect(await timerEvents()).toEqual([]);
  expect((await runtime.read(ref))?.row.timers).toEqual({});
  await runtime.close();
});
