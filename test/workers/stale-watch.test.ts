import { expect, test } from 'vitest';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { useRedis } from '../support/redis.ts';
import { ONCE, setStage } from './support/stage.ts';

const { redis } = useRedis();

test('watches of a run whose records are gone do not keep a host from being looked at', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 3, hosts: 1 });
  const host = stage.simulator.hosts[0];
  const hostKey = hostKeyOf(host?.url ?? '');
  const stale = { token: 'r2.1', vmId: host?.vms[0]?.id, host: host?.name, jobId: null, allJobs: true, pace: 'soon' };
  await redis.hset(stage.keys.watches(hostKey), 'emptied/m0', JSON.stringify(stale));
  await redis.incr(stage.keys.watchVersion(hostKey));
  await stage.startWorker();
  const run = await stage.createRun();
  expect((await stage.untilFinished(run)).counts.completed).toBe(3);
  expect(stage.failbacks()).toEqual(Array(3).fill(ONCE));
  expect(await redis.hexists(stage.keys.watches(hostKey), 'emptied/m0')).toBe(0);
});
