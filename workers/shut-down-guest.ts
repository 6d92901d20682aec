import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ShutdownComponent.InitiateShutdown`: asks the guest; whether and when it is off only looking can tell. */
export const shutDownGuest: Effect = {
  name: 'shutDownGuest',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member, parameters }, control) => host.initiateShutdown(member.vmId, parameters.shutdown, control),
};
