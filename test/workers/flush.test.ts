import { expect, test } from 'vitest';
import { flush, useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ONCE, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis();

test.for([
  ['its calls are on their way to the hosts', 0],
  ['some of its VMs are home', 5],
] as const)(
  'Redis is emptied while %s, and the run is adopted while its workers live: no VM gets a second InitiateFailback',
  async ([, arrived], { onTestFinished }) => {
    const stage = await setStage(redis, onTestFinished, {
      vms: 8,
      scenario: { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 1_200 } }] },
    });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
    const run = await stage.createRun({ inFlight: 5 });
    await eventually(async () => {
      const claimed = (await redis.hvals(stage.keys.calls(run))).filter((call) => call.split('|').length > 2);
      const home = stage.ledger.calls.filter(({ method }) => method === 'RequestStateChange').length;
      return claimed.length >= 3 && home >= arrived;
    }, 5);
    await flush(redis);
    stage.runtime.forget(run);
    const adopted = await stage.createRun({ adopt: true, inFlight: 5, ...(arrived > 0 ? { run } : {}) });
    expect((await stage.untilFinished(adopted)).counts.completed).toBe(8);
    expect(stage.failbacks()).toEqual(Array(8).fill(ONCE));
    expect(stage.simulator.world.incidents).toEqual([]);
  },
);
