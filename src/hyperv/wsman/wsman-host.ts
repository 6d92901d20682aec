import { randomUUID } from 'node:crypto';
import { FailbackError } from '../../domain/failure.ts';
import type { CallControl, HyperVHost, MethodResult } from '../hyperv-host.ts';
import { writeInstance } from './cim-xml.ts';
import { createClassList } from './class-list.ts';
import { openSession, startCall, type WsmanHostOptions } from './host-session.ts';
import { identifyHost } from './identify-host.ts';
import { readJobErrors } from './job-errors.ts';
import { readMethodResult } from './method-result.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { observeHost } from './observe-host.ts';
import { invoke, type MethodParameter } from './operations.ts';
import { createReplicationService } from './replication-service.ts';
import { readReplicationSettings, reversed, SETTINGS_CLASS } from './replication-settings.ts';
import { resourceOf } from './resources.ts';
import type { Call } from './session.ts';
import { requireGuid, requireUuid } from './vm-id.ts';
import type { EndpointReference } from './wire-instance.ts';

export type { WsmanHostOptions } from './host-session.ts';

/**
 * A Hyper-V host reached by WS-Management (WinRM) with Basic authentication. Opens no connection before the first call.
 * @throws FailbackError `plan.invalid` for options that cannot be used
 */
export function createWsmanHost(options: WsmanHostOptions): HyperVHost {
  const base = options.uriBase ?? 'wmi';
  const session = openSession(options);
  const list = createClassList(session, base);
  const service = createReplicationService(session, base);
  const hyperv = (className: string, keys: Readonly<Record<string, string>>): EndpointReference =>
    resourceOf(base, HYPERV_NAMESPACE, className, keys);
  const machine = (vmId: string): EndpointReference =>
    hyperv('Msvm_ComputerSystem', {
      CreationClassName: 'Msvm_ComputerSystem',
      Name: requireGuid('identifier of the virtual machine', vmId),
    });
  const job = (jobId: string): EndpointReference => hyperv('Msvm_ConcreteJob', { InstanceID: jobId });

  async function change(
    className: string,
    target: EndpointReference,
    method: string,
    parameters: readonly MethodParameter[],
    control: CallControl,
    call: Call = startCall(control),
  ): Promise<MethodResult> {
    const operation = `${className}.${method}`;
    const messageId = requireUuid('message identifier', control.messageId);
    const request = { operation, target, method, parameters, effect: 'change' as const, messageId, sendBy: control.sendBy };
    return readMethodResult(options.name, operation, await invoke(session, request, call));
  }

  async function replicate(method: string, parameters: readonly MethodParameter[], control: CallControl): Promise<MethodResult> {
    const call = startCall(control);
    const target = await service.locate(call);
    try {
      return await change('Msvm_ReplicationService', target, method, parameters, control, call);
    } catch (error) {
      if (error instanceof FailbackError && error.code === 'host.not-found') service.forget();
      throw error;
    }
  }

  return {
    name: options.name,
    prepare: (call) => session.prepare(startCall(call)),
    identify: (call) => identifyHost(session, list, startCall(call)),
    observe: (scope, call) => observeHost(list, scope, startCall(call)),
    replicationSettings: (call) => readReplicationSettings(list, startCall(call)),
    async initiateFailback({ vmId, settings, recoveryPointIdentifier }, control) {
      const parameters: MethodParameter[] = [
        ['ComputerSystem', machine(vmId)],
        ['ReplicationSettingData', writeInstance(SETTINGS_CLASS, settings.properties)],
      ];
      if (recoveryPointIdentifier !== null) parameters.push(['RecoveryPointIdentifier', recoveryPointIdentifier]);
      return replicate('InitiateFailback', parameters, control);
    },
    commitFailover: async (vmId, control) => replicate('CommitFailover', [['ComputerSystem', machine(vmId)]], control),
    async reverseReplicationRelationship(vmId, settings, control) {
      if (settings.primaryConnectionPoint === null) throw noWayBack(options.name, vmId);
      const parameters: MethodParameter[] = [
        ['ComputerSystem', machine(vmId)],
        ['ReplicationSettingData', writeInstance(SETTINGS_CLASS, reversed(settings))],
      ];
      return replicate('ReverseReplicationRelationship', parameters, control);
    },
    requestStateChange: async (vmId, requestedState, control) =>
      change('Msvm_ComputerSystem', machine(vmId), 'RequestStateChange', [['RequestedState', String(requestedState)]], control),
    requestJobStateChange: async (jobId, requestedState, control) =>
      vanishing(jobId, change('Msvm_ConcreteJob', job(jobId), 'RequestStateChange', [['RequestedState', String(requestedState)]], control)),
    async jobErrors(jobId, call) {
      const operation = 'Msvm_ConcreteJob.GetErrorEx';
      const request = {
        operation,
        target: job(jobId),
        method: 'GetErrorEx',
        parameters: [],
        effect: 'read' as const,
        messageId: randomUUID(),
        sendBy: null,
      };
      return readJobErrors(await vanishing(jobId, invoke(session, request, startCall(call))));
    },
    close: () => session.close(),
  };
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

function noWayBack(host: string, vmId: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'state.unexpected',
    message: `The replication settings of ${vmId} on host ${host} name no primary connection point to reverse to`,
    remedy: 'Check the replication of this machine on the host; reverse it there once by hand if it has no partner.',
    details: { host, vmId, sent: false },
  });
}
