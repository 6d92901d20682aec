import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.RevertFailover`: takes a failover back (5, 12 → 3), or the preparation of one (4 → 3). The VM must be off. */
export const revertFailover: Effect = {
  name: 'revertFailover',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.revertFailover(member.vmId, control),
};
