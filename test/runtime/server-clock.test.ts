import { expect, test, vi } from 'vitest';
import { ServerClock } from '../../src/runtime/server-clock.ts';
import { useRedis } from '../support/redis.ts';

const { redis } = useRedis();
const DAY_MS = 86_400_000;

async function timeOfRedis(): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
}

test('tells the time as Redis has it, whatever this machine says, also when its clock is set later', async ({ onTestFinished }) => {
  const now = Date.now.bind(Date);
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() + DAY_MS);
  onTestFinished(() => spy.mockRestore());
  const clock = new ServerClock(redis);
  onTestFinished(() => clock.stop());
  const wrong = clock.now() - (await timeOfRedis());
  expect(Math.round(wrong / DAY_MS)).toBe(1);
  await clock.start();
  for (const shift of [DAY_MS, -DAY_MS]) {
    spy.mockImplementation(() => now() + shift);
    const before = await timeOfRedis();
    const told = clock.now();
    const after = await timeOfRedis();
    // Answers take their time: half of the first one's way is what the clock may be wrong by.
    expect(told).toBeGreaterThan(before - 1_000);
    expect(told).toBeLessThan(after + 1_000);
  }
});
