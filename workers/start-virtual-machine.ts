import { RequestedState } from '../src/domain/power.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ComputerSystem.RequestStateChange(2)`: powers the VM on. */
export const startVirtualMachine: Effect = {
  name: 'startVirtualMachine',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.requestStateChange(member.vmId, RequestedState.Start, control),
};
