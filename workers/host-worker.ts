import { WaitingError, Worker } from 'bullmq';
import type { RunId } from '../src/runtime/keys.ts';
import type { CallJob } from '../src/runtime/queue-jobs.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { CallRunner, Connect, Limit } from './call-runner.ts';

export interface HostWorkerParts {
  readonly runtime: Runtime;
  readonly runner: CallRunner;
  readonly run: RunId;
  readonly hostKey: string;
  readonly connect: Connect;
  /** Of the host. */
  readonly limit: Limit;
  /** This process can not log on: it must take no more jobs. Called before the job that showed it is given back. */
  readonly onLeft: () => void;
}

/** Serves the calls of one run on one Hyper-V host. */
export function startHostWorker({ runtime, runner, run, hostKey, connect, limit, onLeft }: HostWorkerParts): Worker<CallJob> {
  return new Worker<CallJob>(
    'calls',
    async (job, token) => {
      const outcomes = await Promise.all(job.data.calls.map((call) => runner.run(run, call, connect, limit)));
      if (!outcomes.includes('left')) return;
      onLeft();
      await job.moveToWait(token);
      throw new WaitingError();
    },
    { connection: runtime.redis, prefix: runtime.keys.callQueuePrefix(run, hostKey) },
  );
}
