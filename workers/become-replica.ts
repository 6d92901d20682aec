import { RequestedReplicationState } from '../src/domain/replication.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `RequestReplicationStateChangeEx(2)`: the old primary, which is off, becomes a replica that waits for its first data. */
export const becomeReplica: Effect = {
  name: 'becomeReplica',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.requestReplicationStateChange(member.vmId, RequestedReplicationState.BecomeReplica, control),
};
