import { initiateFailback } from './initiate-failback.ts';
import { getError, getErrorEx, killJob, requestJobStateChange } from './job-control.ts';
import type { Method } from './method.ts';
import { initiateShutdown, requestStateChange } from './power.ts';

const METHODS: Readonly<Record<string, Method>> = {
  'Msvm_ReplicationService.InitiateFailback': initiateFailback,
  'Msvm_ComputerSystem.RequestStateChange': requestStateChange,
  'Msvm_ShutdownComponent.InitiateShutdown': initiateShutdown,
  'Msvm_ConcreteJob.RequestStateChange': requestJobStateChange,
  'Msvm_ConcreteJob.KillJob': killJob,
  'Msvm_ConcreteJob.GetError': getError,
  'Msvm_ConcreteJob.GetErrorEx': getErrorEx,
};

/** The method of a class, by the names the schema gives them; undefined when it is not played. */
export function catalogueMethod(className: string, method: string): Method | undefined {
  return METHODS[`${className}.${method}`];
}
