import { FailbackError } from '../../domain/failure.ts';
import { describeReplicationMode, ReplicationMode } from '../../domain/replication.ts';
import type { HyperVHost } from '../hyperv-host.ts';
import { notCalledYet } from './before-the-call.ts';
import { startCall } from './call.ts';
import type { ClassList, MethodParameter } from './cim-access.ts';
import { readErrors } from './cim-errors.ts';
import { textsOf } from './cim-instance.ts';
import { powerOf, shutdownComponentOf } from './machine-looks.ts';
import type { MethodCaller } from './method-caller.ts';

type MachineMethods = Pick<
  HyperVHost,
  'requestStateChange' | 'initiateShutdown' | 'destroyTestReplica' | 'requestJobStateChange' | 'jobErrors'
>;

/** The methods of machines and jobs. */
export function machineMethods(caller: MethodCaller, list: ClassList): MachineMethods {
  const requested = (state: number): readonly MethodParameter[] => [['RequestedState', 'uint16', String(state)]];
  const job = (jobId: string, method: string, parameters: readonly MethodParameter[]) => ({
    className: 'Msvm_ConcreteJob',
    target: caller.object('Msvm_ConcreteJob', { InstanceID: jobId }),
    method,
    parameters,
  });

  return {
    async requestStateChange(vmId, requestedState, control) {
      const what = { className: 'Msvm_ComputerSystem', target: caller.machine(vmId), parameters: requested(requestedState) };
      return caller.call({ ...what, method: 'RequestStateChange' }, control);
    },
    async initiateShutdown(vmId, { force, reason }, control) {
      const className = 'Msvm_ShutdownComponent';
      const call = startCall(control);
      const keys = await beforehand(shutdownComponentOf(list, vmId, call));
      if (keys === null) throw noGuestServices(caller.host, vmId);
      const parameters: readonly MethodParameter[] = [
        ['Force', 'boolean', String(force)],
        ['Reason', 'string', reason],
      ];
      return caller.call({ className, target: caller.object(className, keys), method: 'InitiateShutdown', parameters }, control, call);
    },
    async destroyTestReplica(testVmId, control) {
      const className = 'Msvm_VirtualSystemManagementService';
      const call = startCall(control);
      const parameters: readonly MethodParameter[] = [['AffectedSystem', 'reference', caller.machine(testVmId)]];
      const seen = await beforehand(powerOf(list, testVmId, call));
      if (seen === null) throw noTestReplica(caller.host, testVmId);
      if (seen.mode !== ReplicationMode.TestReplica) throw notForTests(caller.host, testVmId, seen.mode);
      return caller.onService(className, call, (target) =>
        caller.call({ className, target, method: 'DestroySystem', parameters }, control, call),
      );
    },
    requestJobStateChange: async (jobId, requestedState, control) =>
      vanishing(jobId, caller.call(job(jobId, 'RequestStateChange', requested(requestedState)), control)),
    jobErrors: async (jobId, call) =>
      readErrors(textsOf(await vanishing(jobId, caller.ask(job(jobId, 'GetErrorEx', []), startCall(call))), 'Errors')),
  };
}

async function beforehand<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw notCalledYet(error);
  }
}

/** A job that is no longer there is a finding of its own: it ended and was removed, or the host restarted. */
async function vanishing<T>(jobId: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FailbackError) || error.code !== 'host.not-found') throw error;
    const message = `${error.message}: job ${jobId} is no longer there`;
    throw new FailbackError({
      class: 'reconcile',
      code: 'job.vanished',
      message,
      remedy: 'Nothing to do: finished jobs disappear after five minutes, the replication state decides.',
      ...(error.details === undefined ? {} : { details: error.details }),
    });
  }
}

function noGuestServices(host: string, vmId: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'vm.no-guest-services',
    message: `Virtual machine ${vmId} on host ${host} has no Msvm_ShutdownComponent, so its guest can not be asked to shut down`,
    remedy: 'Shut the guest down from inside, or enable its shutdown integration service; a hard power-off needs permission by the plan.',
    details: { host, vmId, sent: false },
  });
}

function noTestReplica(host: string, vmId: string): FailbackError {
  return new FailbackError({
    class: 'reconcile',
    code: 'vm.not-found',
    message: `Host ${host} has no test replica ${vmId}`,
    remedy: 'Nothing to do if somebody stopped the test failover; else look for the virtual machine on the other nodes of the cluster.',
    details: { host, vmId, sent: false },
  });
}

function notForTests(host: string, vmId: string, mode: number): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'state.unexpected',
    message: `Virtual machine ${vmId} on host ${host} is in replication mode ${describeReplicationMode(mode)}, not a test replica, so it was not deleted`,
    remedy: 'Stop the test failover by hand; report this as a defect of failback.',
    details: { host, vmId, mode, sent: false },
  });
}
