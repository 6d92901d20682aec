import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { temporaryDirectory } from '../support/own-redis.ts';
import { startSentinelTrio } from '../support/sentinel-trio.ts';
import { eventually } from '../support/system.ts';
import { committer, proposal } from './support.ts';

const RUN = 'failed-over';
const call = { token: 'r1.0', src: 'callHost', input: null };

test('what was intended before a failover is in doubt after it, also when the first primary has taken over again', async ({
  onTestFinished,
}) => {
  const trio = await startSentinelTrio({ directory: temporaryDirectory(), replicas: 1 });
  onTestFinished(() => trio.stop());
  const redis = connectRedis(trio.url, 'worker');
  onTestFinished(() => redis.disconnect());
  const runtime = new Runtime({ redis });
  const one = committer(redis, RUN);
  const claim = (id: string) => runtime.claim({ run: RUN, id }, 'r1.0', 'w');

  const first = await trio.primary();
  await Promise.all(['m0', 'm1', 'm2'].map((id) => one.commit(proposal(id, 0, { started: { call } }))));
  expect(await claim('m0')).toBe('yes');
  await trio.untilReplicated();
  await trio.failOver();
  // A script the new primary has never heard of is sent to it.
  await eventually(async () => (await claim('m1')) === 'doubt');
  await one.commit(proposal('m3', 0, { started: { call } }));
  expect(await claim('m3')).toBe('yes');
  await trio.untilReplicated();
  await trio.failOver();
  expect(await trio.primary()).toBe(first);
  await eventually(async () => (await claim('m2')) === 'doubt');
  expect(await claim('m0')).toEqual({ worker: 'w', at: expect.any(Number) });
});
