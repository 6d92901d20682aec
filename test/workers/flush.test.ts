import { expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ONCE, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis();

test.for(['under another name', 'under its own name'])(
  'Redis is emptied in the middle of a run and the run is adopted %s while its workers live: no VM gets a second InitiateFailback',
  async (name, { onTestFinished }) => {
    const stage = await setStage(redis, onTestFinished, {
      vms: 8,
      scenario: { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 400 } }] },
    });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    await Promise.all([1, 2].map(() => startWorkerProcess(work, onTestFinished)));
    const run = await stage.createRun({ inFlight: 5 });
    // Some copies are at work, some calls on their way to the host, some members not admitted.
    await eventually(async () => stage.ledger.calls.length >= 2, 5);
    await redis.flushdb();
    stage.runtime.forget(run);
    const adopted = await stage.createRun({ adopt: true, inFlight: 5, run: name === 'under its own name' ? run : 'adopted' });
    expect((await stage.untilFinished(adopted)).counts.completed).toBe(8);
    expect(stage.failbacks()).toEqual(Array(8).fill(ONCE));
    expect(stage.simulator.world.incidents).toEqual([]);
  },
);
