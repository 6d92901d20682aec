import { Worker } from 'bullmq';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { CallJob } from '../src/runtime/dispatcher.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { CallRunner } from './call-runner.ts';

/**
 * Serves the queue of one Hyper-V host.
 * @param concurrency calls at a time on this host by this process
 */
export function startHostWorker(
  runtime: Runtime,
  runner: CallRunner,
  hostKey: string,
  concurrency: number,
  connect: (run: string, host: string) => Promise<HyperVHost>,
): Worker<CallJob> {
  return new Worker<CallJob>(
    'calls',
    async ({ data }) => {
      const member = await runtime.member({ run: data.run, id: data.id });
      if (member) await runner.run(data, await connect(data.run, member.host));
    },
    { connection: runtime.redis, prefix: runtime.keys.hostQueuePrefix(hostKey), concurrency },
  );
}
