import { expect, it } from 'vitest';
import { readJournal } from '../../src/runtime/journal.ts';
import { useRedis } from '../support/redis.ts';
import { expectAllHome, FROM, HOME, pairsIn, STAGES, sentTwice, standing } from './support/pairs.ts';
import { setStage } from './support/stage.ts';

const { redis } = useRedis({ keep: true });

it('brings every pair home from wherever somebody left it, by the calls that are still to be made and no others', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, pairsIn(STAGES));
  const run = await stage.createRun({ settings: { strategy: 'reverse' } });
  await stage.startWorker();
  expect((await stage.untilFinished(run)).counts.completed).toBe(STAGES.length);
  expectAllHome(stage);
  const members = await stage.members(run);
  const stages = new Map(stage.simulator.pairs.map(({ id, stage: name }) => [id, name]));
  const nameOf = (vmId: string) => stages.get(vmId) ?? 'home';
  expect(Object.fromEntries(members.map(({ input, context }) => [nameOf(input.vmId), context.skipped]))).toEqual(
    Object.fromEntries(STAGES.map((name) => [name, FROM[name]?.skipped])),
  );
  for (const { input, context } of members) {
    const { stoppedAt, homeAt } = context;
    const byUs = FROM[nameOf(input.vmId)]?.calls.includes('away InitiateShutdown') ?? false;
    // Downtime is only known where this run stopped the VM.
    expect([input.vm, stoppedAt !== null]).toEqual([input.vm, byUs]);
    expect(homeAt).toBeGreaterThan(stoppedAt ?? 0);
  }
});

it('writes every step of the way into the journal, in the order of the ladder', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, pairsIn(['failed-over']));
  const run = await stage.createRun({ settings: { strategy: 'reverse' } });
  await stage.startWorker();
  await stage.untilFinished(run);
  const called: string[] = [];
  for await (const { to } of readJournal(redis, stage.keys, run)) {
    const step = /^(\w+): calling$/.exec(to)?.[1];
    if (step !== undefined) called.push(step);
  }
  expect(called).toEqual(['commit', 'replica', 'reverse', 'copy', 'shutdown', 'prepare', 'failover', 'start', 'protect']);
});

it('moves a VM the other way as a planned failover', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, pairsIn(['home', 'home']));
  const run = await stage.createRun({ settings: { strategy: 'reverse' }, swapped: true });
  await stage.startWorker();
  expect((await stage.untilFinished(run)).counts.completed).toBe(2);
  for (const pair of stage.simulator.pairs) expect(standing(stage, pair)).toEqual({ home: HOME.away, away: HOME.home });
  expect(stage.ledger.bothSidesRunning).toEqual([]);
  expect(sentTwice(stage)).toEqual([]);
  for (const { context } of await stage.members(run)) expect(context.homeAt).toBeGreaterThan(context.stoppedAt ?? Number.POSITIVE_INFINITY);
});
