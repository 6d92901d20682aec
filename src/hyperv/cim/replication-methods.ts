import { FailbackError } from '../../domain/failure.ts';
import type { CallControl, HyperVHost, MethodResult } from '../hyperv-host.ts';
import { startCall } from './call.ts';
import { type MethodParameter, operationOf } from './cim-access.ts';
import { momentText } from './cim-datetime.ts';
import { type CimInstance, type ObjectReference, referenceOf } from './cim-instance.ts';
import { writeInstance } from './cim-xml.ts';
import type { MethodCaller } from './method-caller.ts';
import { readMethodResult } from './method-result.ts';
import { reversed, SETTINGS_CLASS } from './replication-settings.ts';
import { asGuid } from './vm-id.ts';

type ReplicationMethods = Pick<
  HyperVHost,
  | 'initiateFailback'
  | 'initiateFailover'
  | 'commitFailover'
  | 'revertFailover'
  | 'reverseReplicationRelationship'
  | 'startReplication'
  | 'resynchronize'
  | 'requestReplicationStateChange'
  | 'testReplicaSystem'
>;

const SERVICE = 'Msvm_ReplicationService';

/** The methods that change how a machine is replicated. Optional parameters that are null are left out. */
export function replicationMethods(caller: MethodCaller): ReplicationMethods {
  const onMachine = (vmId: string): MethodParameter => ['ComputerSystem', 'reference', caller.machine(vmId)];

  async function output(method: string, parameters: readonly MethodParameter[], control: CallControl): Promise<CimInstance> {
    const call = startCall(control);
    return caller.onService(SERVICE, call, (target) =>
      caller.callForOutput({ className: SERVICE, target, method, parameters }, control, call),
    );
  }
  async function replicate(method: string, parameters: readonly MethodParameter[], control: CallControl): Promise<MethodResult> {
    return readMethodResult(caller.host, operationOf({ className: SERVICE, method }), await output(method, parameters, control));
  }

  return {
    async initiateFailback({ vmId, settings, recoveryPointIdentifier }, control) {
      const parameters: MethodParameter[] = [
        onMachine(vmId),
        ['ReplicationSettingData', 'string', writeInstance(SETTINGS_CLASS, settings.properties)],
      ];
      if (recoveryPointIdentifier !== null) parameters.push(['RecoveryPointIdentifier', 'string', recoveryPointIdentifier]);
      return replicate('InitiateFailback', parameters, control);
    },
    async initiateFailover(vmId, recoveryPoint, control) {
      const parameters = [onMachine(vmId)];
      if (recoveryPoint !== null) parameters.push(['SnapshotSettingData', 'reference', recoveryPointReference(caller, recoveryPoint)]);
      return replicate('InitiateFailover', parameters, control);
    },
    commitFailover: async (vmId, control) => replicate('CommitFailover', [onMachine(vmId)], control),
    revertFailover: async (vmId, control) => replicate('RevertFailover', [onMachine(vmId)], control),
    async reverseReplicationRelationship(request, control) {
      const { vmId, settings, recoveryConnectionPoint, certificateThumbprint } = request;
      const target = recoveryConnectionPoint ?? settings.primaryConnectionPoint;
      if (target === null) throw noWayBack(caller.host, vmId);
      const instance = writeInstance(SETTINGS_CLASS, reversed(settings, target, certificateThumbprint));
      return replicate('ReverseReplicationRelationship', [onMachine(vmId), ['ReplicationSettingData', 'string', instance]], control);
    },
    async startReplication(vmId, { type, startTime }, control) {
      const parameters = [onMachine(vmId), ['InitialReplicationType', 'uint16', String(type)] as const, ...startParameter(startTime)];
      return replicate('StartReplication', parameters, control);
    },
    resynchronize: async (vmId, startTime, control) => replicate('Resynchronize', [onMachine(vmId), ...startParameter(startTime)], control),
    async requestReplicationStateChange(vmId, requestedState, control) {
      const parameters = [['RequestedState', 'uint16', String(requestedState)] as const];
      const what = { className: 'Msvm_ComputerSystem', target: caller.machine(vmId), parameters };
      return caller.call({ ...what, method: 'RequestReplicationStateChangeEx' }, control);
    },
    async testReplicaSystem(vmId, control) {
      const method = 'TestReplicaSystem';
      const answer = await output(method, [onMachine(vmId)], control);
      const result = readMethodResult(caller.host, operationOf({ className: SERVICE, method }), answer);
      return { ...result, testVmId: asGuid(referenceOf(answer, 'ResultingSystem')?.keys.get('Name') ?? '') };
    },
  };
}

function startParameter(startTime: Date | null): readonly MethodParameter[] {
  return startTime === null ? [] : [['StartTime', 'datetime', momentText(startTime)]];
}

function recoveryPointReference(caller: MethodCaller, instanceId: string): ObjectReference {
  return caller.object('Msvm_VirtualSystemSettingData', { InstanceID: instanceId });
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
