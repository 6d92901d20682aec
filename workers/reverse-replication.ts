import type { Effect } from './effect.ts';
import { requireSettings } from './require-settings.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.ReverseReplicationRelationship`: the VM becomes the primary and is protected again. */
export const reverseReplication: Effect = {
  name: 'reverseReplication',
  input: effectInput,
  output: effectOutput,
  needsSettings: true,
  run: ({ host, member, settings }, control) =>
    host.reverseReplicationRelationship(member.vmId, requireSettings(settings, member), control),
};
