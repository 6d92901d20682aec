import { Queue } from 'bullmq';
import type { Contender } from './contender.ts';
import { type StepData, type StepResult, YARDSTICK_JOB, YARDSTICK_QUEUE, YARDSTICK_RESULTS } from './yardstick.ts';

const AT_ONCE = 1_000;

/** The durable step jobs of `yardstick.ts`. Their times come from their results. */
export function yardstick(): Contender {
  const waiting = `${YARDSTICK_QUEUE.prefix}:${YARDSTICK_QUEUE.name}`;
  return {
    name: 'yardstick',
    program: './yardstick-worker.js',
    async create(redis, hosts) {
      const queue = new Queue<StepData>(YARDSTICK_QUEUE.name, { connection: redis, prefix: YARDSTICK_QUEUE.prefix });
      const jobs = hosts.flatMap(({ name: host, vms }) => vms.map(({ vmId }) => ({ host, vmId })));
      for (let from = 0; from < jobs.length; from += AT_ONCE) {
        const part = jobs.slice(from, from + AT_ONCE);
        await queue.addBulk(
          part.map(({ host, vmId }) => ({
            name: 'bring-home',
            data: { vmId, host, createdAt: Date.now(), step: 0, jobId: null, seen: {} },
            opts: { ...YARDSTICK_JOB, jobId: vmId },
          })),
        );
      }
      await queue.close();
    },
    completed: (redis) => redis.hlen(YARDSTICK_RESULTS),
    async isSettled(redis) {
      return (await redis.llen(`${waiting}:active`)) === 0;
    },
    journalBytes: async () => 0,
    async outcome(redis) {
      const results = (await redis.hvals(YARDSTICK_RESULTS)).map((text) => JSON.parse(text) as StepResult);
      return {
        members: results.map(({ createdAt, completedAt }) => ({ possibleAt: createdAt, completedAt })),
        records: results.reduce((sum, { step }) => sum + step + 2, 0),
        recordedAt: null,
      };
    },
  };
}
