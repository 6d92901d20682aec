import type { EffectName } from '../src/domain/effect.ts';
import { becomeReplica } from './become-replica.ts';
import { commitFailover } from './commit-failover.ts';
import { destroyTestSystem } from './destroy-test-system.ts';
import type { Effect } from './effect.ts';
import { initiateFailback } from './initiate-failback.ts';
import { initiateFailover } from './initiate-failover.ts';
import { prepareFailover } from './prepare-failover.ts';
import { probe } from './probe.ts';
import { resumeReplication } from './resume-replication.ts';
import { resynchronize } from './resynchronize.ts';
import { reverseReplication } from './reverse-replication.ts';
import { revertFailover } from './revert-failover.ts';
import { shutDownGuest } from './shut-down-guest.ts';
import { startReplication } from './start-replication.ts';
import { startTestSystem } from './start-test-system.ts';
import { startVirtualMachine } from './start-virtual-machine.ts';
import { terminateJob } from './terminate-job.ts';
import { testReplicaSystem } from './test-replica-system.ts';
import { turnOff } from './turn-off.ts';

/** Every effect the product knows. A new one is a file beside these and a line here. */
export const EFFECT_REGISTRY: Readonly<Record<EffectName, Effect>> = {
  initiateFailback,
  initiateFailover,
  commitFailover,
  revertFailover,
  reverseReplication,
  becomeReplica,
  resumeReplication,
  prepareFailover,
  startReplication,
  resynchronize,
  shutDownGuest,
  turnOff,
  startVirtualMachine,
  testReplicaSystem,
  startTestSystem,
  destroyTestSystem,
  probe,
  terminateJob,
};
