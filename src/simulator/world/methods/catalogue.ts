import { removeReplicationRelationship } from './extended-replication.ts';
import { commitFailover, initiateFailover, revertFailover } from './failover.ts';
import { getVirtualHardDiskSettingData } from './image-management.ts';
import { initiateFailback } from './initiate-failback.ts';
import { getError, getErrorEx, killJob, requestJobStateChange } from './job-control.ts';
import { destroySystem, modifySystemSettings } from './management.ts';
import type { Method } from './method.ts';
import { initiateShutdown, requestStateChange, strikeKey } from './power.ts';
import { getDwordValue } from './registry.ts';
import { resynchronize, startReplication } from './replicate.ts';
import { getReplicationStatistics, getSystemCertificates, testReplicationConnection } from './replication-service.ts';
import { requestReplicationStateChange } from './replication-state.ts';
import { reverseReplicationRelationship } from './reverse-replication.ts';
import { testReplicaSystem } from './test-failover.ts';

const METHODS: Readonly<Record<string, Method>> = {
  'Msvm_ReplicationService.InitiateFailback': initiateFailback,
  'Msvm_ReplicationService.InitiateFailover': initiateFailover,
  'Msvm_ReplicationService.CommitFailover': commitFailover,
  'Msvm_ReplicationService.RevertFailover': revertFailover,
  'Msvm_ReplicationService.ReverseReplicationRelationship': reverseReplicationRelationship,
  'Msvm_ReplicationService.StartReplication': startReplication,
  'Msvm_ReplicationService.Resynchronize': resynchronize,
  'Msvm_ReplicationService.RemoveReplicationRelationship': removeReplicationRelationship,
  'Msvm_ReplicationService.RemoveReplicationRelationshipEx': removeReplicationRelationship,
  'Msvm_ReplicationService.TestReplicaSystem': testReplicaSystem,
  'Msvm_ReplicationService.TestReplicationConnection': testReplicationConnection,
  'Msvm_ReplicationService.GetReplicationStatistics': getReplicationStatistics,
  'Msvm_ReplicationService.GetReplicationStatisticsEx': getReplicationStatistics,
  'Msvm_ReplicationService.GetSystemCertificates': getSystemCertificates,
  'Msvm_ComputerSystem.RequestStateChange': requestStateChange,
  'Msvm_ComputerSystem.RequestReplicationStateChange': requestReplicationStateChange,
  'Msvm_ComputerSystem.RequestReplicationStateChangeEx': requestReplicationStateChange,
  'Msvm_ShutdownComponent.InitiateShutdown': initiateShutdown,
  'Msvm_Keyboard.PressKey': strikeKey,
  'Msvm_Keyboard.ReleaseKey': strikeKey,
  'Msvm_Keyboard.TypeKey': strikeKey,
  'Msvm_ConcreteJob.RequestStateChange': requestJobStateChange,
  'Msvm_ConcreteJob.KillJob': killJob,
  'Msvm_ConcreteJob.GetError': getError,
  'Msvm_ConcreteJob.GetErrorEx': getErrorEx,
  'Msvm_ImageManagementService.GetVirtualHardDiskSettingData': getVirtualHardDiskSettingData,
  'StdRegProv.GetDWORDValue': getDwordValue,
  'Msvm_VirtualSystemManagementService.DestroySystem': destroySystem,
  'Msvm_VirtualSystemManagementService.ModifySystemSettings': modifySystemSettings,
};

/** The method of a class, by the names the schema gives them; undefined when it is not played. */
export function catalogueMethod(className: string, method: string): Method | undefined {
  return METHODS[`${className}.${method}`];
}
