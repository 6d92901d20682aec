import { RequestedReplicationState } from '../src/domain/replication.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `RequestReplicationStateChangeEx(3)`: replication goes on where it was suspended; where tracking was lost it resynchronizes. */
export const resumeReplication: Effect = {
  name: 'resumeReplication',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.requestReplicationStateChange(member.vmId, RequestedReplicationState.Replicate, control),
};
