import type { EffectName } from '../src/domain/effect.ts';
import { commitFailover } from './commit-failover.ts';
import type { Effect } from './effect.ts';
import { initiateFailback } from './initiate-failback.ts';
import { reverseReplication } from './reverse-replication.ts';
import { startVirtualMachine } from './start-virtual-machine.ts';
import { terminateJob } from './terminate-job.ts';

/** Every effect the product knows. A new one is a file beside these and a line here. */
export const EFFECT_REGISTRY: Readonly<Record<EffectName, Effect>> = {
  initiateFailback,
  startVirtualMachine,
  commitFailover,
  reverseReplication,
  terminateJob,
};
