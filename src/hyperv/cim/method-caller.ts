import { FailbackError } from '../../domain/failure.ts';
import type { CallControl, MethodResult } from '../hyperv-host.ts';
import { type Call, startCall } from './call.ts';
import { type CimAccess, type MethodRequest, operationOf } from './cim-access.ts';
import type { CimInstance, ObjectReference } from './cim-instance.ts';
import { readMethodResult } from './method-result.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { createServiceReference, type ServiceReference } from './service-reference.ts';
import { requireGuid, requireUuid } from './vm-id.ts';

/** One call of a method. */
export type MethodTarget = Omit<MethodRequest, 'change'>;

/** The singletons that own methods. */
type ServiceName = 'Msvm_ReplicationService' | 'Msvm_VirtualSystemManagementService' | 'Msvm_ImageManagementService';

/** Names objects of a host and calls their methods. */
export interface MethodCaller {
  readonly host: string;
  /** Reference to an object of Hyper-V's namespace. */
  object(className: string, keys: Readonly<Record<string, string>>): ObjectReference;
  /** Reference to a virtual machine. @throws FailbackError `usage.invalid` for what is no GUID */
  machine(vmId: string): ObjectReference;
  /** A call with an effect: all out-parameters. `call` is given when something was read for it within the same limits. */
  callForOutput(what: MethodTarget, control: CallControl, call?: Call): Promise<CimInstance>;
  /** A call with an effect. */
  call(what: MethodTarget, control: CallControl, call?: Call): Promise<MethodResult>;
  /** A call without any effect, which may be repeated. */
  ask(what: MethodTarget, call: Call): Promise<CimInstance>;
  /** The object of a service is looked up once, and anew after it was not found. */
  onService<T>(className: ServiceName, call: Call, work: (target: ObjectReference) => Promise<T>): Promise<T>;
}

export function createMethodCaller(access: CimAccess): MethodCaller {
  const { host } = access;
  const services: Readonly<Record<ServiceName, ServiceReference>> = {
    Msvm_ReplicationService: createServiceReference(access, 'Msvm_ReplicationService'),
    Msvm_VirtualSystemManagementService: createServiceReference(access, 'Msvm_VirtualSystemManagementService'),
    Msvm_ImageManagementService: createServiceReference(access, 'Msvm_ImageManagementService'),
  };
  const object = (className: string, keys: Readonly<Record<string, string>>): ObjectReference => ({
    namespace: HYPERV_NAMESPACE,
    className,
    keys: new Map(Object.entries(keys)),
  });

  async function callForOutput(what: MethodTarget, control: CallControl, call: Call = startCall(control)): Promise<CimInstance> {
    const messageId = requireUuid('message identifier', control.messageId);
    return access.invoke({ ...what, change: { messageId, sendBy: control.sendBy } }, call);
  }

  return {
    host,
    object,
    machine: (vmId) =>
      object('Msvm_ComputerSystem', {
        CreationClassName: 'Msvm_ComputerSystem',
        Name: requireGuid('identifier of the virtual machine', vmId),
      }),
    callForOutput,
    async call(what, control, call) {
      return readMethodResult(host, operationOf(what), await callForOutput(what, control, call));
    },
    ask: (what, call) => access.invoke({ ...what, change: null }, call),
    async onService(className, call, work) {
      const service = services[className];
      const target = await service.locate(call);
      try {
        return await work(target);
      } catch (error) {
        if (error instanceof FailbackError && error.code === 'host.not-found') service.forget();
        throw error;
      }
    },
  };
}
