import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.Resynchronize`: compares both sides and sends what differs; recovery points are lost. */
export const resynchronize: Effect = {
  name: 'resynchronize',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member, parameters }, control) => host.resynchronize(member.vmId, parameters.resynchronizeAt, control),
};
