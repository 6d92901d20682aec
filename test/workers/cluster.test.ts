import { expect, it } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { setStage } from './support/stage.ts';

const { redis } = useRedis();

it('follows both copies to other nodes of their clusters, and makes no call twice', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, {
    vms: 1,
    scenario: {
      hosts: [
        { name: 'dr-01', role: 'dr', cluster: 'dr' },
        { name: 'dr-02', role: 'dr', cluster: 'dr' },
        { name: 'home-01', role: 'home', cluster: 'home' },
        { name: 'home-02', role: 'home', cluster: 'home' },
      ],
      vms: [{ stage: 'committed', names: ['sql01'], sizeGB: 2000 }],
    },
  });
  const run = await stage.createRun({ settings: { strategy: 'reverse' } });
  const [pair] = stage.simulator.pairs;
  if (!pair) throw new Error('the scenario has one pair');
  await stage.startWorker();
  const { world } = stage.simulator;
  await eventually(async () => (await stage.members(run))[0]?.state.startsWith('copy: tracking'));
  for (const host of [pair.home, pair.away]) {
    const vm = world.host(host).vms.get(pair.id);
    if (vm) world.moveToNextNode(vm);
  }
  const view = await stage.untilFinished(run);
  const [member] = await stage.members(run);
  expect(member?.failure).toBeNull();
  expect(view.counts.completed).toBe(1);
  expect(Object.keys(member?.context.movedTo ?? {}).sort()).toEqual(['away', 'home']);
  expect(stage.ledger.bothSidesRunning).toEqual([]);
  expect(stage.ledger.count(pair.id, 'StartReplication').received).toBe(1);
}, 60_000);
