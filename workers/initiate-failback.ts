import type { Effect } from './effect.ts';
import { requireSettings } from './require-settings.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.InitiateFailback`: asks the relationship's provider to copy the VM's data home. */
export const initiateFailback: Effect = {
  name: 'initiateFailback',
  input: effectInput,
  output: effectOutput,
  needsSettings: true,
  run: ({ host, member, settings }, control) =>
    host.initiateFailback(
      { vmId: member.vmId, settings: requireSettings(settings, member), recoveryPointIdentifier: member.settings.recoveryPoint },
      control,
    ),
};
