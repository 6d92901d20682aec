import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.TestReplicaSystem`: makes a test replica beside the replica, off and without a network. Replication goes on. */
export const testReplicaSystem: Effect = {
  name: 'testReplicaSystem',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: async ({ host, member }, control) => {
    const { returnValue, jobId } = await host.testReplicaSystem(member.vmId, control);
    return { returnValue, jobId };
  },
};
