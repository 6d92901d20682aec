import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.StartReplication`: the first copy, of differences only where the other side has the data. */
export const startReplication: Effect = {
  name: 'startReplication',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member, parameters }, control) => host.startReplication(member.vmId, parameters.initialReplication, control),
};
