import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { primariesOf, type RedisConnection } from '../../src/redis/connection.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { useRedis } from '../support/redis.ts';
import { committer, keys, proposal, runOf } from './support.ts';

const { redis, url } = useRedis();
const ref = { run: 'r1', id: 'm0' };

/** The next answer of every server comes to nothing: the command is carried out, then the connection is gone. @returns how many were lost so far */
async function loseNextAnswers(own: RedisConnection): Promise<() => number> {
  let lost = 0;
  for (const { stream } of await primariesOf(own)) {
    // A node of a cluster that was never asked has no connection yet.
    stream?.removeAllListeners('data').once('data', () => {
      lost++;
      stream.destroy();
    });
  }
  return () => lost;
}

test('a transition whose answer was lost is on record once, and its effects are handed over', async ({ onTestFinished }) => {
  const own = connectRedis(url, 'worker');
  onTestFinished(() => own.disconnect());
  const runtime = new Runtime({ redis: own });
  await runOf(runtime, ref.run, 1);
  await runtime.read(ref);
  await runtime.member(ref);
  const lost = await loseNextAnswers(own);
  expect(await runtime.advance(ref, { type: 'failback.admit' })).toBe('committed');
  expect(lost()).toBeGreaterThan(0);
  expect((await runtime.read(ref))?.revision).toBe(2);
  const events: string[] = [];
  for await (const { event, id } of readJournal(redis, keys, ref.run)) if (id === ref.id) events.push(event);
  expect(events).toEqual(['failback.admit']);
  expect(await redis.hlen(keys.watches(ref.run, 'hv-a_1'))).toBe(1);
  await runtime.close();
});

test('a claim whose answer was lost is still ours', async ({ onTestFinished }) => {
  const own = connectRedis(url, 'worker');
  onTestFinished(() => own.disconnect());
  await committer(own, ref.run).commit(proposal(ref.id, 0, { started: { call: { token: 'r3.0', src: 'callHost', input: null } } }));
  const runtime = new Runtime({ redis: own });
  const lost = await loseNextAnswers(own);
  expect(await runtime.claim(ref, 'r3.0', 'w')).toBe('yes');
  expect(lost()).toBeGreaterThan(0);
  expect(await runtime.claim(ref, 'r3.0', 'v')).toMatchObject({ worker: 'w' });
});
