import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { ownRedis } from '../support/own-redis.ts';
import { useRedis } from '../support/redis.ts';
import { committer, proposal } from './support.ts';

const { redis, url } = useRedis();
const ref = { run: 'r1', id: 'm0' };
const call = { token: 'r1.0', src: 'callHost', input: null };

test('a call is claimed once: everybody else hears who has it', async () => {
  await committer(redis, ref.run).commit(proposal('m0', 0, { started: { call } }));
  const second = connectRedis(url, 'worker');
  const [one, two] = [new Runtime({ redis, now: () => 1 }), new Runtime({ redis: second, now: () => 2 })];
  const claims = await Promise.all([one.claim(ref, 'r1.0', 'worker:a:1'), two.claim(ref, 'r1.0', 'worker:b:1')]);
  second.disconnect();
  const winner = claims.indexOf('yes');
  expect(claims[1 - winner]).toEqual(winner === 0 ? { worker: 'worker:a:1', at: 1 } : { worker: 'worker:b:1', at: 2 });
});

test('the very same claim, sent again because its answer was lost, is still granted; a later one of the same worker is not', async () => {
  await committer(redis, ref.run).commit(proposal('m0', 0, { started: { call } }));
  let now = 5;
  const runtime = new Runtime({ redis, now: () => now });
  expect(await runtime.claim(ref, 'r1.0', 'w')).toBe('yes');
  expect(await runtime.claim(ref, 'r1.0', 'w')).toBe('yes');
  now = 6;
  expect(await runtime.claim(ref, 'r1.0', 'w')).toEqual({ worker: 'w', at: 5 });
});

test('what is not on record, or has ended, can not be claimed', async () => {
  const runtime = new Runtime({ redis });
  const one = committer(redis, ref.run);
  expect(await runtime.claim(ref, 'r1.0', 'w')).toBe('dead');
  await one.commit(proposal('m0', 0, { started: { call } }));
  expect(await runtime.claim(ref, 'r9.0', 'w')).toBe('dead');
  await one.commit(proposal('m0', 1, { ended: { call } }));
  expect(await runtime.claim(ref, 'r1.0', 'w')).toBe('dead');
});

test('claims made at once are answered each for itself', async () => {
  const one = committer(redis, ref.run);
  await Promise.all(['m0', 'm2'].map((id) => one.commit(proposal(id, 0, { started: { call } }))));
  const runtime = new Runtime({ redis });
  const claims = await Promise.all(['m0', 'm1', 'm2'].map((id) => runtime.claim({ run: ref.run, id }, 'r1.0', 'w')));
  expect(claims).toEqual(['yes', 'dead', 'yes']);
});

test('after a restart of Redis an unclaimed intent is in doubt, a claim on record stays a claim', async () => {
  const server = await ownRedis({ appendfsync: 'always' });
  const own = connectRedis(server.url, 'worker');
  const one = committer(own, ref.run);
  await Promise.all(['m0', 'm1', 'm2'].map((id) => one.commit(proposal(id, 0, { started: { call } }))));
  const runtime = new Runtime({ redis: own, now: () => 7 });
  expect(await runtime.claim(ref, 'r1.0', 'w')).toBe('yes');
  await server.kill();
  await server.restart();
  expect(await runtime.claim({ ...ref, id: 'm1' }, 'r1.0', 'w')).toBe('doubt');
  expect(await runtime.claim({ ...ref, id: 'm1' }, 'r1.0', 'w')).toBe('doubt');
  expect(await runtime.claim(ref, 'r1.0', 'v')).toEqual({ worker: 'w', at: 7 });
  await committer(own, ref.run).commit(proposal('m2', 1, { started: { call: { ...call, token: 'r2.0' } }, ended: { call } }));
  expect(await runtime.claim({ ...ref, id: 'm2' }, 'r2.0', 'w')).toBe('yes');
  own.disconnect();
});
