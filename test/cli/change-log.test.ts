import { expect, test } from 'vitest';
import type { Backlog } from '../../src/runtime/run-view.ts';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ENVIRONMENT, failback, simulate, start, writePlan } from './command-line.ts';

const { url } = useRedis();
const REDIS = ['--redis', url];

test('status tells how full a growing change log is, and when the VM must be resynchronised', async () => {
  const simulator = await simulate({
    vms: 1,
    speed: 1,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
      ],
      // The guest writes 6 MB a second, the link sends 1. Disks of 400 MB: the log is given up at 200.
      vms: [{ names: ['sql01'], stage: 'replicating', sizeGB: 0.4, quirks: { churnMBps: 6, rateMBps: 1 } }],
    },
  });
  const plan = writePlan(simulator, { home: 'home', defaults: { strategy: 'reverse', reverse: { sync: { pending: '1MiB' } } } });
  const running = start(['run', plan, '--name', 'night', '--yes', ...REDIS], ENVIRONMENT);
  const limit = await eventually(async () => {
    const { objects } = await failback(['status', 'night', '--json', ...REDIS], ENVIRONMENT);
    const [working] = (objects[0]?.working ?? []) as readonly { readonly backlog: Backlog | null }[];
    const { rate = null, limitBytes = null } = working?.backlog ?? {};
    return limitBytes !== null && rate !== null && rate < 0 && limitBytes;
  }, 300);
  expect(Math.round(limit / 1e6)).toBe(200);
  const { stdout } = await failback(['status', 'night', ...REDIS], ENVIRONMENT);
  expect(stdout).toMatch(/to go.*, growing by .* MB\/s: the change log is full in about .*, then the VM must be resynchronised/);
  running.interrupt();
  await running.ended;
});
