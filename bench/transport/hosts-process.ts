/** Simulated hosts in a process of their own, one for each way to reach them. */
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { FromHosts, ToHosts } from './hosts-job.ts';

async function serve({ vms, options }: ToHosts): Promise<FromHosts> {
  const { hosts } = await startSimulator({ hosts: 1, vms, seed: 1, ...options });
  const [host] = hosts;
  if (host === undefined) throw new Error('no simulated host');
  return { type: 'serving', host };
}

process.on('message', (message: ToHosts) => void serve(message).then((answer) => process.send?.(answer)));
process.once('disconnect', () => process.exit());
