import type { Effect } from './effect.ts';
import { requireSettings } from './require-settings.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.ReverseReplicationRelationship`: the VM becomes the primary and is protected again. */
export const reverseReplication: Effect = {
  name: 'reverseReplication',
  input: effectInput,
  output: effectOutput,
  needsSettings: true,
  run: ({ host, member, settings, parameters }, control) => {
    const { recoveryConnectionPoint, certificateThumbprint } = parameters;
    const request = { vmId: member.vmId, settings: requireSettings(settings, member), recoveryConnectionPoint, certificateThumbprint };
    return host.reverseReplicationRelationship(request, control);
  },
};
