import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, Product } from './product.ts';

/** Forty VMs in fourteen starting states, thirty of them pairs, on two hosts in each of two sites. */
const SCENARIO = {
  hosts: [
    { name: 'dr-01', role: 'dr' },
    { name: 'dr-02', role: 'dr' },
    { name: 'home-01', role: 'home' },
    { name: 'home-02', role: 'home' },
  ],
  vms: [
    ...Object.entries({
      'failed-over': 3,
      'planned-failed-over': 3,
      committed: 3,
      'home-is-replica': 2,
      reversed: 2,
      copying: 2,
      replicating: 3,
      suspended: 2,
      'resync-required': 2,
      stopped: 2,
      prepared: 2,
      'failed-over-home': 2,
      'home-running': 1,
      'home-reversed': 1,
    }).map(([stage, count]) => ({ stage, count, prefix: stage })),
    { count: 10, prefix: 'provider', host: 'home-01' },
  ],
};

test('forty VMs in fourteen starting states, both strategies mixed, come home in one run; the report names what was done already', async () => {
  const product = await Product.start(['--hosts', '4', '--vms', '40', '--seed', '8', '--speed', '300'], SCENARIO);
  const plan = product.writePlan({ home: 'home' });
  const preflight = await product.run(['preflight', plan, '--json']);
  expect(preflight.code).toBe(0);
  const { code, stdout } = await product.run(['run', plan, '--json', '--yes', '--name', 'forty']);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', members: 40, completed: 40, failed: 0, initiateCalls: 10 });
  expect(code).toBe(0);

  expect(product.ledger()?.bothSidesRunning).toEqual([]);
  const file = join(product.directory, 'report.json');
  expect((await product.run(['report', 'forty', '--format', 'json', '--out', file])).code).toBe(0);
  const { members } = JSON.parse(readFileSync(file, 'utf8')) as { members: { vm: string; strategy: string; skipped: string[] }[] };
  const skipped = (vm: string) => members.find((member) => member.vm === vm)?.skipped.length;
  expect(members.filter(({ strategy }) => strategy === 'reverse')).toHaveLength(30);
  expect(skipped('committed-001')).toBeGreaterThan(0);
  expect(skipped('failed-over-home-001')).toBeGreaterThan(skipped('committed-001') ?? 0);
}, 180_000);
