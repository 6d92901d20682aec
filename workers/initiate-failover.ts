import type { Effect } from './effect.ts';
import { partnerIsOff } from './partner-is-off.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ReplicationService.InitiateFailover`: makes the replica startable. The host does not check whether the other copy runs, so we do. */
export const initiateFailover: Effect = {
  name: 'initiateFailover',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  precheck: partnerIsOff,
  run: ({ host, member, parameters }, control) => host.initiateFailover(member.vmId, parameters.failoverPoint, control),
};
