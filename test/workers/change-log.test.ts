import { expect, test } from 'vitest';
import { backlogNow, backlogWords } from '../../src/report/backlog-words.ts';
import type { Backlog } from '../../src/runtime/run-view.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import { useRedis } from '../support/redis.ts';
import { eventually, quickSettings } from '../support/system.ts';
import { heldClock } from './support/held-clock.ts';
import { pairsIn } from './support/pairs.ts';
import { type Defer, setStage } from './support/stage.ts';

const { redis } = useRedis({ keep: true });

/** A pair that replicates home over a link that is too slow for what its guest writes: 5 MB more to be sent every second. */
const SLOW_LINK: ScenarioInput = { quirks: { vms: { churnMBps: 6, rateMBps: 1 } } };
/** Half of the pair's disks. */
const LIMIT = 4e9;

async function growing(defer: Defer) {
  const clock = heldClock();
  const stage = await setStage(redis, defer, { ...pairsIn(['replicating'], SLOW_LINK), clock });
  const sync = { pendingBytes: 1, latency: 1 };
  const run = await stage.createRun({ settings: { strategy: 'reverse', reverse: { ...quickSettings.reverse, sync } } });
  await stage.startWorker();
  return { stage, clock, run };
}

/** What `status` and `watch` tell of the run's only VM, once it is so. */
async function until({ stage, run }: Awaited<ReturnType<typeof growing>>, holds: (backlog: Backlog) => boolean): Promise<Backlog> {
  return eventually(async () => {
    const [member] = await stage.members(run);
    const backlog = member ? backlogNow(member.state, member.backlog) : null;
    return backlog !== null && holds(backlog) && backlog;
  });
}

test('a change log that grows is told with its limit and the time until it is full; the size of the disks is asked for once', async ({
  onTestFinished,
}) => {
  const scene = await growing(onTestFinished);
  await until(scene, ({ limitBytes }) => limitBytes !== null);
  scene.clock.advance(100_000);
  const backlog = await until(scene, ({ rate }) => (rate ?? 0) < 0);
  expect(Math.abs((backlog.limitBytes ?? 0) - LIMIT)).toBeLessThan(1_000);
  expect(backlog.pendingBytes).toBeGreaterThan(LIMIT / 10);
  expect(backlogWords(backlog, backlog.at)).toMatch(
    / to go.*, growing by .*\/s: the change log is full in about .*, then the VM must be resynchronised$/,
  );
  const { ledger, simulator } = scene.stage;
  const [pair] = simulator.pairs;
  const disks = simulator.world.host(pair?.away ?? '').vms.get(pair?.id ?? '')?.disks.length;
  expect(ledger.calls.filter(({ method }) => method === 'GetVirtualHardDiskSettingData')).toHaveLength(disks ?? 0);
});
