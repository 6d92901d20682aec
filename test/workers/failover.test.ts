import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect as check, inject, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { type SentinelTrio, startSentinelTrio } from '../support/sentinel-trio.ts';
import { eventually } from '../support/system.ts';
import { type Defer, ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const VMS = 8;
/** Answers take their time, so that some are always on their way. */
const SLOW = { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 50, delayAfterMs: 100 } }] };

interface OwnStage {
  readonly trio: SentinelTrio;
  readonly stage: Stage;
  readonly run: string;
}

/** A run behind Sentinels, served by a worker process, with some calls made and some not. */
async function inTheMiddle(defer: Defer): Promise<OwnStage> {
  const trio = await startSentinelTrio({ directory: mkdtempSync(join(inject('runDirectory'), 'trio-')), downAfterMs: 500 });
  defer(() => trio.stop());
  const redis = connectRedis(trio.url, 'worker');
  defer(() => redis.disconnect());
  const stage = await setStage(redis, defer, { vms: VMS, scenario: SLOW });
  const run = await stage.createRun({ inFlight: 3 });
  await startWorkerProcess({ redisUrl: trio.url, prefix: stage.keys.prefix }, defer);
  await calls(stage, 2);
  return { trio, stage, run };
}

/** Hosts have received so many calls. */
function calls(stage: Stage, count: number): Promise<boolean> {
  return eventually(async () => stage.ledger.calls.length >= count, 5);
}

async function expectAllHome({ stage, run }: OwnStage): Promise<void> {
  check((await stage.untilFinished(run)).counts.completed).toBe(VMS);
  check(stage.failbacks()).toEqual(Array(VMS).fill(ONCE));
  check(stage.ledger.bothSidesRunning).toEqual([]);
  check(stage.simulator.world.incidents).toEqual([]);
}

test.concurrent('the primary is killed, and later its successor is told to step down: the run goes on, no call is made twice', async ({
  onTestFinished,
}) => {
  const own = await inTheMiddle(onTestFinished);
  await own.trio.killPrimary();
  await calls(own.stage, own.stage.ledger.calls.length + 2);
  await own.trio.failOver();
  await expectAllHome(own);
});

test.concurrent('the primary is killed after it confirmed what no replica heard of: that is found on the hosts, no call is made twice', async ({
  onTestFinished,
  expect,
}) => {
  const own = await inTheMiddle(onTestFinished);
  const { trio, stage, run } = own;
  await trio.cutReplication();
  await calls(stage, stage.ledger.calls.length + 3);
  const entries = () => stage.redis.xlen(stage.keys.journal(run));
  const confirmed = await entries();
  const [replica] = await trio.replicas();
  const replicated = await replica?.ask((redis) => redis.xlen(stage.keys.journal(run)));
  expect(replicated).toBeLessThan(confirmed);
  await trio.killPrimary();
  await expectAllHome(own);
});
