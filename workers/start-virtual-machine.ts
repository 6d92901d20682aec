import { RequestedState } from '../src/domain/power.ts';
import type { Effect } from './effect.ts';
import { partnerIsOff } from './partner-is-off.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ComputerSystem.RequestStateChange(2)`: powers the VM on. Never while its other copy may run. */
export const startVirtualMachine: Effect = {
  name: 'startVirtualMachine',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  precheck: partnerIsOff,
  run: ({ host, member }, control) => host.requestStateChange(member.vmId, RequestedState.Start, control),
};
