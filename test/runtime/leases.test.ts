import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { Presence } from '../../src/runtime/presence.ts';
import { runScript } from '../../src/runtime/scripts.ts';
import { flush, keysIn, useRedis } from '../support/redis.ts';
import { keys } from './support.ts';

const { redis } = useRedis();

function take(limit: number, ...members: string[]): Promise<unknown> {
  return runScript(redis, 'take-slots', ['slots'], [limit, 1, ...members]);
}

test('slots are granted in order up to the limit', async () => {
  expect(await take(2, 'r/m0', 'r/m1', 'r/m2')).toEqual([1, 1, 0]);
  await redis.hdel('slots', 'r/m0');
  expect(await take(2, 'r/m2', 'r/m3')).toEqual([1, 0]);
  expect((await redis.hkeys('slots')).sort()).toEqual(['r/m1', 'r/m2']);
});

test('a slot is never granted twice', async () => {
  expect(await take(2, 'r/m0', 'r/m0')).toEqual([1, 0]);
  expect(await take(2, 'r/m0', 'r/m1', 'r/m2')).toEqual([0, 1, 0]);
  expect(await redis.hlen('slots')).toBe(2);
});

test('a lease has one holder until it ends or is given up for dead', async () => {
  const hold = (holder: string, dead = '') => runScript(redis, 'hold-lease', ['lease'], [holder, 60_000, dead]);
  expect(await hold('a')).toBe('a');
  expect(await hold('b')).toBe('a');
  expect(await hold('a')).toBe('a');
  expect(await hold('b', 'c')).toBe('a');
  expect(await hold('b', 'a')).toBe('b');
  expect(await hold('a')).toBe('b');
  expect(await redis.pttl('lease')).toBeGreaterThan(0);
});

/** Name a worker would have whose process has ended. */
function nameOfTheDead(living: string): string {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  return living.replace(/:\d+:/, `:${pid}:`);
}

test('the lease of a process that is gone is taken over at once, although it beat a moment ago', async () => {
  const presence = new Presence(redis, keys);
  await presence.start({ hosts: null, runs: null });
  const dead = nameOfTheDead(presence.worker);
  await redis.set(keys.worker(dead), 1, 'PX', 10_000);
  await redis.set('lease', dead, 'PX', 60_000);
  expect(await presence.isAlive(dead)).toBe(false);
  expect(await presence.hold('lease', 5_000)).toBe(true);
  await presence.stop();
});

test('a worker of another machine is alive while it beats', async () => {
  const presence = new Presence(redis, keys);
  await presence.start({ hosts: null, runs: null });
  const far = `elsewhere/1:${process.pid}:1`;
  expect(await presence.isAlive(far)).toBe(false);
  await redis.set(keys.worker(far), 1, 'PX', 10_000);
  await redis.set('lease', far, 'PX', 60_000);
  expect(await presence.isAlive(far)).toBe(true);
  expect(await presence.hold('lease', 5_000)).toBe(false);
  await presence.stop();
});

test('who is alive is known again after Redis was emptied', async () => {
  const presence = new Presence(redis, keys);
  await presence.start({ hosts: ['hv-a'], runs: null });
  await flush(redis);
  await expect.poll(async () => (await presence.alive()).map(({ worker }) => worker), { timeout: 5_000 }).toEqual([presence.worker]);
  await presence.stop();
  expect(await keysIn(redis, '*')).toEqual([]);
});
