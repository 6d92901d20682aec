import { expect, inject, test } from 'vitest';
import { runChaos } from './support/chaos-run.ts';

/** Of `npm run test:sentinel` and `npm run test:cluster`. */
const redis = inject('redisKind');
const VMS = 8;
const KILLS = ['worker-kill', 'redis-kill', 'redis-forget', 'redis-replica-kill'];
const OTHERS = ['redis-stop', 'redis-failover'];
/** Everything happens once, in the cluster most of it where the run is kept. */
const SEED = 38;

test.skipIf(redis === 'single')(
  'primaries killed, stopped and told to step down, with what they alone had confirmed: nothing is lost or called twice',
  async () => {
    const kinds = [...KILLS, ...OTHERS];
    const summary = await runChaos({
      redis,
      seed: SEED,
      vms: VMS,
      kills: KILLS.length,
      others: OTHERS.length,
      pace: 2_000,
      only: kinds.join(','),
    });
    expect(summary).toMatchObject({
      redis,
      members: VMS,
      lost: 0,
      duplicateCalls: 0,
      bothSidesRunning: 0,
      wrongWay: 0,
      disturbances: Object.fromEntries(kinds.map((kind) => [kind, 1])),
    });
    expect(summary.completed + summary.operator).toBe(VMS);
  },
  200_000,
);
