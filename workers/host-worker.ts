import { Worker } from 'bullmq';
import type { CallJob } from '../src/runtime/dispatcher.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { CallRunner, Connect } from './call-runner.ts';

/**
 * Serves the queue of one Hyper-V host.
 * @param concurrency calls at a time on this host by this process
 */
export function startHostWorker(
  runtime: Runtime,
  runner: CallRunner,
  hostKey: string,
  concurrency: number,
  connect: Connect,
): Worker<CallJob> {
  return new Worker<CallJob>('calls', ({ data }) => runner.run(data, connect), {
    connection: runtime.redis,
    prefix: runtime.keys.hostQueuePrefix(hostKey),
    concurrency,
  });
}
