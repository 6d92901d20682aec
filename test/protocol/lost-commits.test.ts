import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { startManagedRedis } from '../../src/redis/managed-redis.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { runOf } from '../runtime/support.ts';
import { temporaryDirectory } from '../support/own-redis.ts';
import { quickSettings } from '../support/system.ts';
import { eventOf } from './lifecycle.ts';

const ref = { run: 'r1', id: 'm0' };
const READY = eventOf('look none - all');

interface PowerCut {
  readonly runtime: Runtime;
  readonly redis: RedisConnection;
  readonly clock: { now: number };
  /** What is written from now on is lost by the cut. */
  noFurther(): void;
  /** Redis is gone, and comes back with what was on disk. */
  cut(): Promise<void>;
}

async function withPowerCut({ onTestFinished }: TestContext): Promise<PowerCut> {
  const directory = temporaryDirectory();
  const server = await startManagedRedis({ directory, appendfsync: 'always' });
  onTestFinished(() => server.kill());
  const redis = connectRedis(server.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const clock = { now: Date.now() };
  const runtime = new Runtime({ redis, now: () => clock.now++ });
  onTestFinished(() => runtime.close());
  const [now, kept] = [join(directory, 'redis', 'appendonlydir'), join(directory, 'kept')];
  return {
    runtime,
    redis,
    clock,
    noFurther: () => cpSync(now, kept, { recursive: true }),
    async cut() {
      await server.kill();
      rmSync(now, { recursive: true });
      renameSync(kept, now);
      await server.restart();
      await redis.ping();
      runtime.forgetRows();
    },
  };
}

/** The look says that the call may be made: its intention is on record. Returns its token. @param seenAt when the look began; default now */
async function intend(runtime: Runtime, member = ref, age = 0): Promise<string> {
  const stored = await runtime.read(member);
  const token = stored?.row.live.watch?.token ?? '';
  expect(await runtime.advance(member, READY, { effect: 'watch', token, final: false, since: performance.now() - age })).toBe('committed');
  return (await runtime.read(member))?.row.live.call?.token ?? '';
}

// Redis forgets that a call was intended, claimed and made; whoever looks while the request is still on its way sees nothing and intends
// the call again, now in the epoch of the new server.
test('a call that is intended right after Redis lost commits is in doubt: the one it forgot may be on its way', async (context) => {
  const { runtime, noFurther, cut } = await withPowerCut(context);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  noFurther();
  expect(await runtime.claim(ref, await intend(runtime), 'worker:a')).toBe('yes');
  await cut();
  expect((await runtime.read(ref))?.revision).toBe(2);
  expect(await runtime.claim(ref, await intend(runtime), 'worker:b')).toBe('doubt');
});

// Otherwise the report of the forgotten call is taken for that of the other one, and a call that is being made counts as not sent.
test('a token that Redis has forgotten is never given again', async (context) => {
  const { runtime, noFurther, cut } = await withPowerCut(context);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  noFurther();
  const forgotten = await intend(runtime);
  await cut();
  expect(await intend(runtime)).not.toBe(forgotten);
});

test('a claim that Redis has forgotten leaves the call in doubt', async (context) => {
  const { runtime, noFurther, cut } = await withPowerCut(context);
  await runOf(runtime, ref.run, 1);
  await runtime.advance(ref, { type: 'failback.admit' });
  const token = await intend(runtime);
  noFurther();
  expect(await runtime.claim(ref, token, 'worker:a')).toBe('yes');
  await cut();
  expect(await runtime.claim(ref, token, 'worker:b')).toBe('doubt');
});

// A look may take longer than the time of doubt: it began when nothing of the forgotten call was to be seen, and comes when doubt is over,
// because another member's call was intended first.
test('a call that rests on a look from before the time of doubt was over is in doubt, however late it is intended', async (context) => {
  const { runtime, clock, noFurther, cut } = await withPowerCut(context);
  const other = { ...ref, id: 'm1' };
  await runOf(runtime, ref.run, 2);
  for (const member of [ref, other]) await runtime.advance(member, { type: 'failback.admit' });
  noFurther();
  expect(await runtime.claim(ref, await intend(runtime), 'worker:a')).toBe('yes');
  await cut();
  await intend(runtime, other);
  const late = 2 * quickSettings.timeouts.doubt;
  clock.now += late;
  expect(await runtime.claim(ref, await intend(runtime, ref, late), 'worker:b')).toBe('doubt');
});
