import { nameOf } from './replication.ts';

/** `Msvm_ComputerSystem.EnabledState`: the power of a virtual machine. */
export const EnabledState = {
  Unknown: 0,
  Other: 1,
  Running: 2,
  Off: 3,
  ShuttingDown: 4,
  NotApplicable: 5,
  Saved: 6,
  Test: 7,
  Deferred: 8,
  Paused: 9,
  Starting: 10,
} as const;

/** `Msvm_ComputerSystem.RequestStateChange(RequestedState)`; 3, 10 and 11 cut the power, the guest is not asked. */
export const RequestedState = { Start: 2, TurnOff: 3, Save: 6, Pause: 9, Reboot: 10, Reset: 11 } as const;

/** `OperationalStatus[0]` of a virtual machine; `InService` means another operation holds the machine's lock. */
export const OperationalStatus = { Ok: 2, Degraded: 3, PredictiveFailure: 5, InService: 11 } as const;

/** "3 (off)". */
export function describePower(enabledState: number): string {
  return `${enabledState} (${nameOf(EnabledState, enabledState)})`;
}
