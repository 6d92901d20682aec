import { EnabledState } from '../../../domain/power.ts';
import { parseEmbeddedInstance } from '../embedded-instance.ts';
import { begin, type Method, machineArgument, machineNamed, Refusal, ReturnValue, requireState } from './method.ts';

const CHANGE_MS = 500;

/** `Msvm_VirtualSystemManagementService.DestroySystem`: deletes a machine that is off. Its other side stays as it is. */
export const destroySystem: Method = (context) => {
  const vm = machineArgument(context, 'AffectedSystem');
  if (vm.operation) throw new Refusal(ReturnValue.InUse);
  requireState(vm.power === EnabledState.Off);
  return begin(context, vm, {
    method: context.call.method,
    jobType: 6,
    caption: 'Deleting the virtual machine',
    cancellable: false,
    workMs: CHANGE_MS,
    transfer: false,
    done: () => {
      const host = context.host.world.host(vm.hostName);
      const replica = vm.testOf === null ? undefined : host.vms.get(vm.testOf);
      if (replica) replica.testMachine = null;
      host.vms.delete(vm.id);
    },
    failed: () => undefined,
  });
};

/** `Msvm_VirtualSystemManagementService.ModifySystemSettings`: of all settings only AutomaticStartupAction can be changed. */
export const modifySystemSettings: Method = (context) => {
  const text = context.call.args.SystemSettings;
  if (typeof text !== 'string') throw new Refusal(ReturnValue.InvalidParameter);
  const settings = parseEmbeddedInstance(text);
  const instanceId = settings?.properties.get('InstanceID');
  if (settings?.className !== 'Msvm_VirtualSystemSettingData' || typeof instanceId !== 'string')
    throw new Refusal(ReturnValue.InvalidParameter);
  const vm = machineNamed(context.host, instanceId.replace(/^microsoft:/i, ''));
  if (vm.operation) throw new Refusal(ReturnValue.InUse);
  const action = settings.properties.get('AutomaticStartupAction');
  return begin(context, vm, {
    method: context.call.method,
    jobType: 2,
    caption: 'Modifying the virtual machine',
    cancellable: false,
    workMs: CHANGE_MS,
    transfer: false,
    done: () => {
      if (typeof action === 'string') vm.automaticStartupAction = Number(action);
    },
    failed: () => undefined,
  });
};
