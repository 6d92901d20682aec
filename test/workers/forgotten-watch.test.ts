import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { primariesOf } from '../../src/redis/connection.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { ONCE, setStage } from './support/stage.ts';

const { redis } = useRedis();
const HOUR_MS = 3_600_000;

test('a cluster that forgot a commit on one node, and not on another that its watch has ended: the watch is there again as soon as another node took over', async ({
  onTestFinished,
}) => {
  const clock = heldClock();
  const stage = await setStage(redis, onTestFinished, { vms: 1, hosts: 1, clock });
  const hostKey = hostKeyOf(stage.simulator.hosts[0]?.url ?? '');
  await stage.startWorker();
  const run = await stage.createRun();
  await eventually(async () => (await stage.members(run))[0]?.state === 'failback: tracking.going');
  await redis.del(stage.keys.watches(hostKey));
  await redis.set(stage.keys.watchVersion(hostKey), randomUUID());
  // Nobody looks after the member because it is time to.
  await redis.zadd(stage.keys.due(run), Date.now() + HOUR_MS, 'm0');
  for (const server of await primariesOf(redis)) server.disconnect(true);
  clock.letGo();
  expect((await stage.untilFinished(run)).counts.completed).toBe(1);
  expect(stage.failbacks()).toEqual([ONCE]);
});
