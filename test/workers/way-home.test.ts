import { expect, it } from 'vitest';
import type { StageName } from '../../src/simulator/world/stage.ts';
import { useRedis } from '../support/redis.ts';
import { setStage } from './support/stage.ts';

const { redis } = useRedis();

const STAGES: readonly StageName[] = [
  'failed-over',
  'planned-failed-over',
  'committed',
  'home-is-replica',
  'reversed',
  'copying',
  'replicating',
  'suspended',
  'resync-required',
  'resynchronizing',
  'stopped',
  'prepared',
  'failed-over-home',
  'home-running',
  'home-reversed',
  'home',
];

it('brings every pair home from wherever somebody left it, and never runs both copies', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, {
    vms: STAGES.length,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-dr-02', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
        { name: 'hv-mi-02', role: 'home' },
      ],
      vms: STAGES.map((name) => ({ stage: name, prefix: name, sizeGB: 8 })),
    },
  });
  const run = await stage.createRun({ settings: { strategy: 'reverse' } });
  await stage.startWorker();
  const view = await stage.untilFinished(run);
  const members = await stage.members(run);
  console.log(
    members
      .map(
        ({ input, status, state, failure, context }) =>
          `${input.vm} [${context.skipped}] ${context.homeAt} ${status} ${state} ${failure?.message ?? ''}`,
      )
      .join('\n'),
  );
  expect(view.counts.completed).toBe(STAGES.length);
  expect(stage.ledger.bothSidesRunning).toEqual([]);
}, 120_000);
