import { RequestedReplicationState } from '../src/domain/replication.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `RequestReplicationStateChangeEx(4)`: sends the last changes of a primary that is off, which can not be started from then on. */
export const prepareFailover: Effect = {
  name: 'prepareFailover',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.requestReplicationStateChange(member.vmId, RequestedReplicationState.PrepareFailover, control),
};
