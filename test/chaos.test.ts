import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('workers and Redis killed, hosts disturbed, replies lost after the effect: nothing is lost or called twice, no VM runs on both sides', () => {
  const args = ['dist/test/chaos/chaos.js', '--vms', '28', '--kills', '8', '--seed', '1', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 150_000, maxBuffer: 1 << 26 });
  expect(status, stderr).toBe(0);
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly completed: number; readonly operator: number };
  expect(summary).toMatchObject({
    type: 'chaos',
    strategy: 'mixed',
    members: 28,
    lost: 0,
    duplicateCalls: 0,
    bothSidesRunning: 0,
    wrongWay: 0,
    kills: 8,
  });
  // A host that is rebooted at a bad moment may leave a VM to a person, with a reason.
  expect(summary.completed + summary.operator).toBe(28);
}, 160_000);
