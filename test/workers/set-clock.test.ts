import { describe, expect, test, vi } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { eventually } from '../support/system.ts';
import { ONCE, setStage } from './support/stage.ts';

const { redis } = useRedis();
const HOUR_MS = 3_600_000;

/** Sets this machine's clock wrong; timers and `performance.now()` go on, as they do when a clock is set. */
function setClockWrong(byMs: number): { right(): void } {
  const now = Date.now.bind(Date);
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
  return { right: () => spy.mockRestore() };
}

describe.each([30, 3, -3])('a clock that is %i hours wrong', (hours) => {
  test('and is set right in the middle of a run keeps nobody waiting', async ({ onTestFinished }) => {
    const stage = await setStage(redis, onTestFinished, { vms: 8 });
    const clock = setClockWrong(hours * HOUR_MS);
    onTestFinished(() => clock.right());
    await stage.startWorker();
    const run = await stage.createRun({ inFlight: 4 });
    await eventually(async () => stage.ledger.calls.length >= 2, 5);
    clock.right();
    expect((await stage.untilFinished(run)).counts.completed).toBe(8);
    expect(stage.failbacks()).toEqual(Array(8).fill(ONCE));
  });
});
