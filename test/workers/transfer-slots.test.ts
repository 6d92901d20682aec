import { expect, test } from 'vitest';
import { type JournalEntry, readJournal } from '../../src/runtime/journal.ts';
import { useRedis } from '../support/redis.ts';
import { runHosts } from '../support/system.ts';
import { expectAllHome, pairsIn } from './support/pairs.ts';
import { type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

/** Eight VMs whose replication is turned round, all between the same two hosts, and runs of half of them each. */
async function twoRuns(stage: Stage, transfers: number): Promise<readonly [string, string]> {
  const hosts = runHosts(stage.simulator).map((host) => ({ ...host, transfers }));
  const settings = { strategy: 'reverse' } as const;
  const evens = await stage.createRun({ hosts, settings, only: [0, 2, 4, 6] });
  return [evens, await stage.createRun({ hosts, settings, only: [1, 3, 5, 7] })];
}

const SAME_HOSTS = {
  vms: 8,
  scenario: {
    ...pairsIn(Array.from({ length: 8 }, () => 'reversed' as const)).scenario,
    hosts: [
      { name: 'hv-dr-01', role: 'dr' as const },
      { name: 'hv-mi-01', role: 'home' as const },
    ],
  },
};

async function journalOf(stage: Stage, runs: readonly string[]): Promise<readonly (JournalEntry & { readonly run: string })[]> {
  const entries: (JournalEntry & { run: string })[] = [];
  for (const run of runs) for await (const entry of readJournal(redis, stage.keys, run)) entries.push({ ...entry, run });
  return entries.sort((a, b) => a.at - b.at);
}

/** The most first copies that were called for or under way at one moment. */
function mostAtOnce(entries: readonly (JournalEntry & { readonly run: string })[]): number {
  const copying = new Set<string>();
  let most = 0;
  for (const { run, id, to } of entries) {
    if (/^copy: (calling|tracking|reconciling)/.test(to)) copying.add(`${run}/${id}`);
    else copying.delete(`${run}/${id}`);
    most = Math.max(most, copying.size);
  }
  return most;
}

test('no more VMs than the hosts have transfer slots move data at a time, over all runs, and all of them come home', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, SAME_HOSTS);
  const runs = await twoRuns(stage, 2);
  await stage.startWorker();
  for (const run of runs) await stage.untilFinished(run);
  expectAllHome(stage);
  const entries = await journalOf(stage, runs);
  expect(mostAtOnce(entries)).toBe(2);
  const granted = entries.filter(({ event }) => event === 'slot.granted');
  for (const run of runs) expect(granted.filter((entry) => entry.run === run).map(({ id }) => id)).toEqual(['m0', 'm1', 'm2', 'm3']);
});

test('slots survive the workers that gave them: none is lost, and no more are given', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, SAME_HOSTS);
  const runs = await twoRuns(stage, 2);
  const work = { redisUrl: url, prefix: stage.keys.prefix };
  for (const at of ['claimed', 'called', 'handed-over'] as const) {
    const worker = await startWorkerProcess({ ...work, at, nth: at === 'handed-over' ? 30 : 2 }, onTestFinished);
    await worker.ended();
  }
  await startWorkerProcess(work, onTestFinished);
  for (const run of runs) await stage.untilFinished(run);
  expectAllHome(stage);
  expect(mostAtOnce(await journalOf(stage, runs))).toBe(2);
}, 60_000);
