import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('workers and Redis killed, replies lost after the effect: nothing is lost, nothing is called twice', () => {
  const args = ['dist/test/chaos/chaos.js', '--vms', '40', '--kills', '8', '--seed', '1', '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 150_000, maxBuffer: 1 << 26 });
  expect(status, stderr).toBe(0);
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
  expect(summary).toMatchObject({ type: 'chaos', members: 40, completed: 40, lost: 0, duplicateCalls: 0, bothSidesRunning: 0, kills: 8 });
}, 160_000);
