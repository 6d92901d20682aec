import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { CallControl, MethodResult } from '../hyperv-host.ts';
import { startCall } from './host-session.ts';
import { readMethodResult } from './method-result.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { invoke, type MethodParameter } from './operations.ts';
import { resourceOf, type UriBase } from './resources.ts';
import { createServiceReference, type ServiceReference } from './service-reference.ts';
import type { Call, Session } from './session.ts';
import { requireGuid, requireUuid } from './vm-id.ts';
import type { EndpointReference, WireInstance } from './wire-instance.ts';

/** One call of a method. */
export interface MethodTarget {
  readonly className: string;
  readonly target: EndpointReference;
  readonly method: string;
  readonly parameters: readonly MethodParameter[];
}

/** The singletons that own methods. */
type ServiceName = 'Msvm_ReplicationService' | 'Msvm_VirtualSystemManagementService' | 'Msvm_ImageManagementService';

/** Names objects of a host and calls their methods. */
export interface MethodCaller {
  readonly host: string;
  /** Reference to an object of Hyper-V's namespace. */
  object(className: string, keys: Readonly<Record<string, string>>): EndpointReference;
  /** Reference to a virtual machine. @throws FailbackError `usage.invalid` for what is no GUID */
  machine(vmId: string): EndpointReference;
  /** A call with an effect: all out-parameters. `call` is given when something was read for it within the same limits. */
  callForOutput(what: MethodTarget, control: CallControl, call?: Call): Promise<WireInstance>;
  /** A call with an effect. */
  call(what: MethodTarget, control: CallControl, call?: Call): Promise<MethodResult>;
  /** A call without any effect, which may be repeated. */
  ask(what: MethodTarget, call: Call): Promise<WireInstance>;
  /** The object of a service is looked up once, and anew after it was not found. */
  onService<T>(className: ServiceName, call: Call, work: (target: EndpointReference) => Promise<T>): Promise<T>;
}

export function createMethodCaller(session: Session, base: UriBase): MethodCaller {
  const { host } = session;
  const services: Readonly<Record<ServiceName, ServiceReference>> = {
    Msvm_ReplicationService: createServiceReference(session, base, 'Msvm_ReplicationService'),
    Msvm_VirtualSystemManagementService: createServiceReference(session, base, 'Msvm_VirtualSystemManagementService'),
    Msvm_ImageManagementService: createServiceReference(session, base, 'Msvm_ImageManagementService'),
  };
  const object = (className: string, keys: Readonly<Record<string, string>>): EndpointReference =>
    resourceOf(base, HYPERV_NAMESPACE, className, keys);

  async function callForOutput(what: MethodTarget, control: CallControl, call: Call = startCall(control)): Promise<WireInstance> {
    const { target, method, parameters } = what;
    const messageId = requireUuid('message identifier', control.messageId);
    const request = { operation: operationOf(what), target, method, parameters, effect: 'change' as const, messageId };
    return invoke(session, { ...request, sendBy: control.sendBy }, call);
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
    ask(what, call) {
      const { target, method, parameters } = what;
      const request = { operation: operationOf(what), target, method, parameters, effect: 'read' as const };
      return invoke(session, { ...request, messageId: randomUUID(), sendBy: null }, call);
    },
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

/** e.g. "Msvm_ReplicationService.InitiateFailback" */
export function operationOf({ className, method }: Pick<MethodTarget, 'className' | 'method'>): string {
  return `${className}.${method}`;
}
