import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { primariesOf } from '../../src/redis/connection.ts';
import { RUN_INSTANCE } from '../../src/runtime/keys.ts';
import { epochIn } from '../support/epoch.ts';
import { flush, keysIn, useRedis } from '../support/redis.ts';
import { change, committer, keys, proposal } from './support.ts';

const { redis, url } = useRedis();
const RUN = 'r1';

function revisionOf(text: string | null): number {
  return Number(text?.slice(0, text.indexOf('|')));
}

test('a first row is committed only where there is none', async () => {
  const one = committer(redis, RUN);
  expect(await one.commit(proposal('m0', 0))).toBe('committed');
  expect(await one.commit(proposal('m0', 0))).toBe('conflict');
  expect(revisionOf(await redis.hget(keys.rows(RUN), 'm0'))).toBe(1);
});

test('of two commits on one revision exactly one happens, and the loser changes nothing', async () => {
  const second = connectRedis(url, 'worker');
  const [one, two] = [committer(redis, RUN), committer(second, RUN)];
  for (let revision = 0; revision < 20; revision++) {
    const token = { token: `r${revision + 1}.0`, src: 'callHost', input: null };
    const results = await Promise.all(
      [one, two].map((each, n) =>
        each.commit(
          proposal('m0', revision, {
            counters: [`by-${n}`],
            journal: { event: `by-${n}`, data: '{}' },
            started: { call: { ...token, token: `${token.token}-${n}` } },
          }),
        ),
      ),
    );
    expect([...results].sort()).toEqual(['committed', 'conflict']);
    const winner = results.indexOf('committed');
    expect(await redis.hget(keys.calls(RUN), 'm0')).toMatch(new RegExp(`^r${revision + 1}\\.0-${winner}\\|[0-9a-f]{16}-[0-9a-f]{16}$`));
  }
  second.disconnect();
  const tally = await redis.hgetall(keys.tally(RUN));
  expect(Number(tally['by-0'] ?? 0) + Number(tally['by-1'] ?? 0)).toBe(20);
  expect(await redis.xlen(keys.journal(RUN))).toBe(20);
  expect(await redis.scard(keys.outbox(RUN))).toBe(20);
});

test('transitions of one batch succeed and fail each for itself', async () => {
  const one = committer(redis, RUN);
  await Promise.all([one.commit(change('m0', 0, null, 'working')), one.commit(change('m1', 0, null, 'pending'))]);
  const results = await Promise.all([
    one.commit(change('m0', 7, 'working', 'failed')),
    one.commit(change('m1', 1, 'pending', 'attention')),
    one.commit(change('m2', 3, 'working', 'completed')),
    one.commit({ ...change('m3', 0, null, 'working'), limit: 1 }),
    one.commit(change('m4', 0, null, 'completed')),
  ]);
  expect(results).toEqual(['conflict', 'committed', 'gone', 'over-limit', 'committed']);
  expect((await redis.hkeys(keys.rows(RUN))).sort()).toEqual(['m0', 'm1', 'm4']);
  expect(await redis.smembers(keys.status(RUN, 'working'))).toEqual(['m0']);
  expect(await redis.smembers(keys.status(RUN, 'attention'))).toEqual(['m1']);
});

test('the limit of working members holds for two processes that admit at once', async () => {
  const second = connectRedis(url, 'worker');
  const [one, two] = [committer(redis, RUN), committer(second, RUN)];
  const ids = Array.from({ length: 12 }, (_, n) => `m${n}`);
  await Promise.all(ids.map((id) => one.commit(change(id, 0, null, 'pending'))));
  const results = await Promise.all(
    ids.map((id, n) => (n % 2 === 0 ? one : two).commit({ ...change(id, 1, 'pending', 'working'), limit: 5 })),
  );
  second.disconnect();
  expect(results.filter((result) => result === 'committed')).toHaveLength(5);
  expect(results.filter((result) => result === 'over-limit')).toHaveLength(7);
  expect(await redis.scard(keys.status(RUN, 'working'))).toBe(5);
});

test("an admission on terms of an older revision of the run's lifecycle is refused", async () => {
  const one = committer(redis, RUN);
  await one.commit(proposal(RUN_INSTANCE, 0));
  await one.commit(change('m0', 0, null, 'pending'));
  await one.commit(proposal(RUN_INSTANCE, 1));
  expect(await one.commit({ ...change('m0', 1, 'pending', 'working'), runRevision: 1 })).toBe('over-limit');
  expect(await one.commit({ ...change('m0', 1, 'pending', 'working'), runRevision: 2 })).toBe('committed');
});

test('a member is in the set of its status and, while it is pending, in the list of its host by place in the plan', async () => {
  const one = committer(redis, RUN);
  const ready = () => redis.zrange(keys.ready(RUN, 'hv-a'), '0', '-1', 'WITHSCORES');
  await Promise.all(['m10', 'm9', 'm0'].map((id) => one.commit(change(id, 0, null, 'pending'))));
  await one.commit({ ...change('m1', 0, null, 'pending'), lane: 'hv-b' });
  expect(await ready()).toEqual(['m0', '0', 'm9', '9', 'm10', '10']);
  await one.commit(change('m9', 1, 'pending', 'working'));
  expect(await ready()).toEqual(['m0', '0', 'm10', '10']);
  await one.commit(change('m9', 2, 'working', 'failed'));
  await one.commit(change('m9', 3, 'failed', 'pending'));
  expect(await ready()).toEqual(['m0', '0', 'm9', '9', 'm10', '10']);
  expect(await redis.zrange(keys.ready(RUN, 'hv-b'), '0', '-1')).toEqual(['m1']);
  expect(await redis.scard(keys.status(RUN, 'working'))).toBe(0);
  expect(await redis.scard(keys.status(RUN, 'failed'))).toBe(0);
});

test('the time of the next look is set, moved and removed', async () => {
  const one = committer(redis, RUN);
  const due = () => redis.zscore(keys.due(RUN), 'm0');
  await one.commit(proposal('m0', 0, { due: 5_000 }));
  expect(await due()).toBe('5000');
  await one.commit(proposal('m0', 1, { due: 7_000 }));
  expect(await due()).toBe('7000');
  await one.commit(proposal('m0', 2));
  expect(await due()).toBeNull();
});

test('the outbox keeps a commit until a later one, or a flush, says that its effects were handed over', async () => {
  const one = committer(redis, RUN);
  const call = { call: { token: 'r1.0', src: 'callHost', input: null } };
  await one.commit(proposal('m0', 0, { started: call }));
  await one.commit(proposal('m1', 0, { started: call }));
  await one.commit(proposal('m2', 0));
  expect((await redis.smembers(keys.outbox(RUN))).sort()).toEqual(['m0:1', 'm1:1']);
  one.handedOver('m0:1');
  await one.commit(proposal('m2', 1));
  expect(await redis.smembers(keys.outbox(RUN))).toEqual(['m1:1']);
  one.handedOver('m1:1');
  await one.flush();
  expect(await redis.exists(keys.outbox(RUN))).toBe(0);
});

test('a call that may be made is on record with the identity of the server, and goes when it has ended', async () => {
  const one = committer(redis, RUN);
  // Of a cluster it is another server for another run.
  const infos = await Promise.all((await primariesOf(redis)).map((server) => server.info()));
  const epochs = infos.map(epochIn);
  const call = { token: 'r1.0', src: 'callHost', input: null };
  const stored = () => redis.hget(keys.calls(RUN), 'm0');
  await one.commit(proposal('m0', 0, { started: { call } }));
  expect(epochs.map((epoch) => `r1.0|${epoch}`)).toContain(await stored());
  const live = proposal('m0', 1).decision.row;
  await one.commit(proposal('m0', 1, { row: { ...live, live: { call } } }));
  expect(epochs.map((epoch) => `r1.0|${epoch}`)).toContain(await stored());
  await one.commit(proposal('m0', 2, { ended: { call } }));
  expect(await stored()).toBeNull();
});

test('the journal gets one entry for each transition that is worth one', async () => {
  const one = committer(redis, RUN);
  await one.commit(proposal('m0', 0, { journal: { event: 'failback.admit', data: '{"x":1}' }, from: 'pending', to: 'checking' }));
  await one.commit(proposal('m0', 1));
  const entries = await redis.xrange(keys.journal(RUN), '-', '+');
  expect(entries.map(([, fields]) => fields)).toEqual([
    ['m', 'm0', 'at', '1000', 'e', 'failback.admit', 'f', 'pending', 't', 'checking', 'r', '1', 'd', '{"x":1}'],
  ]);
});

test('after a flush nothing of a run comes back but what is created anew', async () => {
  const one = committer(redis, RUN);
  await one.commit(change('m0', 0, null, 'working'));
  await flush(redis);
  expect(await one.commit(change('m0', 1, 'working', 'completed'))).toBe('gone');
  expect(await keysIn(redis, '*')).toEqual([]);
});
