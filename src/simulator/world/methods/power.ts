import { EnabledState, RequestedState } from '../../../domain/power.ts';
import { guestAnswers, mayStart, type VirtualMachine } from '../virtual-machine.ts';
import {
  answer,
  begin,
  type Method,
  type MethodContext,
  machineNamed,
  numberArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';

/** `JobType` of a power change; the reference names no number for it that clients rely on. */
const POWER_JOB = 4;
const START_MS = 2_000;
const STOP_MS = 1_000;
const SAVE_MS = 8_000;

/** `Msvm_ComputerSystem.RequestStateChange` of a virtual machine: 2 start or resume, 3 turn off, 6 save, 9 pause, 10 and 11 reset. The host itself refuses. */
export const requestStateChange: Method = (context) => {
  const vm = machineNamed(context.host, String(context.call.target.values.Name));
  const requested = numberArgument(context, 'RequestedState');
  if (vm.operation) throw new Refusal(ReturnValue.InUse);
  switch (requested) {
    case RequestedState.Start:
      requireState(vm.power === EnabledState.Off || vm.power === EnabledState.Saved || vm.power === EnabledState.Paused);
      requireState(mayStart(vm));
      return change(context, vm, EnabledState.Starting, EnabledState.Running, START_MS);
    case RequestedState.TurnOff:
      requireState(vm.power !== EnabledState.Off);
      return change(context, vm, EnabledState.ShuttingDown, EnabledState.Off, STOP_MS);
    case RequestedState.Save:
      requireState(vm.power === EnabledState.Running || vm.power === EnabledState.Paused);
      return change(context, vm, vm.power, EnabledState.Saved, SAVE_MS);
    case RequestedState.Pause:
      requireState(vm.power === EnabledState.Running);
      return change(context, vm, vm.power, EnabledState.Paused, STOP_MS);
    case RequestedState.Reboot:
    case RequestedState.Reset:
      requireState(vm.power === EnabledState.Running || vm.power === EnabledState.Paused);
      return reset(context, vm);
    default:
      throw new Refusal(ReturnValue.InvalidParameter);
  }
};

/**
 * `Msvm_ShutdownComponent.InitiateShutdown`: the guest is asked to shut down; answers 0 at once, the machine is off some seconds later.
 * 32780 while the guest does not answer yet, 32781 when it is locked and Force is not set, 32782 when it is already shutting down.
 */
export const initiateShutdown: Method = (context) => {
  const { host, call } = context;
  const vm = machineNamed(host, String(call.target.values.SystemName));
  if (vm.operation) throw new Refusal(ReturnValue.InUse);
  if (vm.power === EnabledState.ShuttingDown) throw new Refusal(ReturnValue.ShutdownInProgress);
  requireState(vm.power === EnabledState.Running);
  if (!guestAnswers(vm, host.world.now())) throw new Refusal(ReturnValue.NotReady);
  if (vm.quirks.guestLocked && call.args.Force !== true) throw new Refusal(ReturnValue.Locked);
  if (vm.quirks.ignoresShutdown) return answer(ReturnValue.Completed);
  host.world.setPower(vm, EnabledState.ShuttingDown);
  if (vm.quirks.shutdownHangs) return answer(ReturnValue.Completed);
  host.world.timeline.schedule(host.world.now() + vm.quirks.shutdownSeconds * 1000, () => {
    if (vm.power === EnabledState.ShuttingDown) host.world.setPower(vm, EnabledState.Off);
  });
  return answer(ReturnValue.Completed);
};

/** `Msvm_Keyboard.PressKey`, `ReleaseKey`, `TypeKey`: taken note of by a machine that runs; the guest does nothing with it. */
export const strikeKey: Method = (context) => {
  const vm = machineNamed(context.host, String(context.call.target.values.SystemName));
  numberArgument(context, 'keyCode');
  requireState(vm.power === EnabledState.Running);
  return answer(ReturnValue.Completed);
};

/** The power is cut and comes back: the guest boots again. */
function reset(context: MethodContext, vm: VirtualMachine) {
  const outcome = change(context, vm, EnabledState.Starting, EnabledState.Running, START_MS);
  vm.poweredSince = context.host.world.now();
  return outcome;
}

function change(context: MethodContext, vm: VirtualMachine, meanwhile: number, target: number, workMs: number) {
  const { world } = context.host;
  const before = vm.power;
  const outcome = begin(context, vm, {
    method: context.call.method,
    jobType: POWER_JOB,
    caption: 'Changing the state of the virtual machine',
    cancellable: false,
    workMs,
    transfer: false,
    done: () => world.setPower(vm, target),
    failed: () => world.setPower(vm, before),
  });
  world.setPower(vm, meanwhile);
  return outcome;
}
