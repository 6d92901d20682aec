import { RequestedState } from '../src/domain/power.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ComputerSystem.RequestStateChange(3)`: a hard power-off. What the guest has not written to its disks is lost. */
export const turnOff: Effect = {
  name: 'turnOff',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, member }, control) => host.requestStateChange(member.vmId, RequestedState.TurnOff, control),
};
