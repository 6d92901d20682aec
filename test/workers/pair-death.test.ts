import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/runtime/journal.ts';
import { useRedis } from '../support/redis.ts';
import { expectAllHome, pairsIn, STAGES } from './support/pairs.ts';
import { type Stage, setStage } from './support/stage.ts';
import { type KillPoint, startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

/** Where one worker after the other dies; together they cover the whole way of all pairs. */
const DEATHS: readonly (readonly [KillPoint, number])[] = [
  ['committed', 21],
  ['claimed', 3],
  ['called', 2],
  ['unclaimed', 1],
  ['handed-over', 25],
  ['called', 5],
  ['committed', 17],
  ['reported', 4],
  ['claimed', 2],
  ['called', 1],
];

test('workers die one after the other all along the way home: no call is made twice, and no VM ever runs on both sides', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, pairsIn(STAGES));
  const run = await stage.createRun({ settings: { strategy: 'reverse' }, perHost: 6 });
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  for (const [at, nth] of DEATHS) {
    const worker = await startWorkerProcess({ ...work, at, nth }, onTestFinished);
    const end = await Promise.race([worker.ended(), stage.untilFinished(run)]);
    if (end !== 'SIGKILL') throw new Error(`the run was over before the worker died at ${at} ${nth}`);
    expect(stage.ledger.bothSidesRunning).toEqual([]);
  }
  await startWorkerProcess(work, onTestFinished);
  expect((await stage.untilFinished(run)).counts.completed).toBe(STAGES.length);
  expectAllHome(stage, await withEvidence(stage, run));
}, 120_000);

/** An `expect` that tells, when it fails, what the journal says of members that were in doubt or had to wait. */
async function withEvidence(stage: Stage, run: string): Promise<typeof expect> {
  const waits: string[] = [];
  for await (const entry of readJournal(redis, stage.keys, run))
    if (/backingOff|reconciling|needsOperator/.test(entry.to)) waits.push(JSON.stringify(entry));
  const told = (actual: unknown) => expect(actual, waits.join('\n'));
  return Object.assign(told, expect) as typeof expect;
}

describe.concurrent('replies', () => {
  test('the first reply to every method is lost after its effect: the hosts are looked at, nothing is called again', async ({
    onTestFinished,
    expect: check,
  }) => {
    const faults = [{ nth: [1, 2, 3], do: { drop: 'after' as const } }];
    const stage = await setStage(redis, onTestFinished, pairsIn(STAGES, { faults }));
    const run = await stage.createRun({ settings: { strategy: 'reverse' } });
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(STAGES.length);
    expectAllHome(stage, check);
  }, 120_000);

  test('Redis is emptied in the middle of everything, and the run is adopted from where every pair stands', async ({
    onTestFinished,
    expect: check,
  }) => {
    const stage = await setStage(redis, onTestFinished, pairsIn(STAGES));
    const settings = { strategy: 'reverse' } as const;
    const run = await stage.createRun({ settings, perHost: 5 });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    const worker = await startWorkerProcess({ ...work, at: 'called', nth: 20 }, onTestFinished);
    await worker.ended();
    await stage.forgetEverything();
    check((await stage.views.run(run).catch(() => null))?.state ?? 'gone').toBe('gone');
    await stage.createRun({ run, settings, adopt: true });
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(STAGES.length);
    expectAllHome(stage, check);
  }, 120_000);
});
