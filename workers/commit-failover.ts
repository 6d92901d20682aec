import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.CommitFailover`: flattens the recovery points; cannot be undone. */
export const commitFailover: Effect = {
  name: 'commitFailover',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.commitFailover(member.vmId, control),
};
