import { IN_BOX_PROVIDER } from '../../../domain/replication.ts';
import type { CimInstance, CimReference } from '../../cim.ts';
import { cimDateTime, cimInterval } from '../cim-time.ts';
import { instanceOf, VIRTUALIZATION } from '../classes/declare.ts';
import {
  replicationAuthorizationSettingData,
  replicationProvider,
  replicationRelationship,
  replicationService,
  replicationServiceSettingData,
  replicationSettingData,
  virtualSystemManagementService,
} from '../classes/replication.ts';
import { imageManagementService } from '../classes/virtual-hard-disk.ts';
import type { Host } from '../host.ts';
import { relationshipInstanceId } from '../methods/method.ts';
import { AuthenticationType, allowedAuthentication } from '../methods/receiver.ts';
import { lastReplicationTime, type Relationship, shownState, type VirtualMachine } from '../virtual-machine.ts';
import { referencePath } from './reference-path.ts';

const MINUTE = 60_000;

/** The machine's relationships with their index: 0 is the primary one, 1 the extended one. */
export function relationshipsOf(vm: VirtualMachine): { index: 0 | 1; relationship: Relationship }[] {
  return [
    ...(vm.relationship ? [{ index: 0 as const, relationship: vm.relationship }] : []),
    ...(vm.extended ? [{ index: 1 as const, relationship: vm.extended }] : []),
  ];
}

export function relationshipInstance(host: Host, vm: VirtualMachine, index: 0 | 1, relationship: Relationship): CimInstance {
  const time = (at: number | null): string | null => cimDateTime(at === null ? null : host.toHostTime(at));
  return instanceOf(replicationRelationship, {
    InstanceID: relationshipInstanceId(vm, index),
    ReplicationState: shownState(vm, relationship),
    ReplicationHealth: relationship.health,
    FailedOverReplicationType: relationship.failedOverType,
    LastReplicationType: relationship.lastType,
    LastApplicationConsistentReplicationTime: time(relationship.lastApplicationConsistentTime),
    LastReplicationTime: time(lastReplicationTime(relationship, host.world.now())),
    LastApplyTime: time(relationship.lastApplyTime),
  });
}

export function settingsInstance(host: Host, vm: VirtualMachine, index: 0 | 1, relationship: Relationship): CimInstance {
  return instanceOf(replicationSettingData, {
    InstanceID: relationshipInstanceId(vm, index),
    Caption: 'Replication Settings',
    Description: 'Virtual Machine Replication Settings Data',
    ElementName: vm.name,
    VirtualSystemIdentifier: vm.id,
    VirtualSystemType: 'Microsoft:Hyper-V:Replica',
    AuthenticationType: relationship.authenticationType,
    CertificateThumbPrint: relationship.certificateThumbPrint,
    RootCertificateThumbPrint: '',
    BypassProxyServer: false,
    CompressionEnabled: true,
    ReplicateHostKvpItems: true,
    RecoveryConnectionPoint: relationship.recoveryConnectionPoint,
    RecoveryHostSystem: relationship.recoveryHostSystem,
    RecoveryServerPortNumber: relationship.authenticationType === AuthenticationType.Certificate ? 443 : 80,
    PrimaryConnectionPoint: relationship.primaryConnectionPoint,
    PrimaryHostSystem: relationship.primaryHostSystem,
    ReplicationInterval: relationship.replicationInterval,
    RecoveryHistory: vm.recoveryPoints.length,
    ApplicationConsistentSnapshotInterval: 4,
    AutoResynchronizeEnabled: false,
    AutoResynchronizeIntervalStart: cimInterval((18 * 60 + 30) * MINUTE),
    AutoResynchronizeIntervalEnd: cimInterval(6 * 60 * MINUTE),
    EnableWriteOrderPreservationAcrossDisks: true,
    IncludedDisks: vm.disks.map((disk) => disk.instanceId),
    ReplicationProvider: referencePath(host, providerReference(host, relationship.providerId)),
  });
}

/** Every provider the host has: the in-box one, and those its machines use. */
export function providerInstances(host: Host): CimInstance[] {
  const ids = new Set([IN_BOX_PROVIDER]);
  for (const vm of host.vms.values()) for (const { relationship } of relationshipsOf(vm)) ids.add(relationship.providerId);
  return [...ids].map((id) =>
    instanceOf(replicationProvider, {
      ElementName: id === IN_BOX_PROVIDER ? 'Microsoft Hyper-V Replica Provider' : 'External Replication Provider',
      ...providerReference(host, id).keys,
      OperationalStatus: [2],
      HealthState: 5,
    }),
  );
}

/** `Msvm_ReplicationService`, or nothing while the management service is stopped. */
export function replicationServiceInstances(host: Host): CimInstance[] {
  return serviceRuns(host, () =>
    instanceOf(replicationService, service(host, 'Msvm_ReplicationService', 'replicasvc', 'Hyper-V Replication Service')),
  );
}

export function managementServiceInstances(host: Host): CimInstance[] {
  return serviceRuns(host, () =>
    instanceOf(
      virtualSystemManagementService,
      service(host, 'Msvm_VirtualSystemManagementService', 'vmms', 'Hyper-V Virtual System Management Service'),
    ),
  );
}

export function imageServiceInstances(host: Host): CimInstance[] {
  return serviceRuns(host, () =>
    instanceOf(imageManagementService, service(host, 'Msvm_ImageManagementService', 'vhdsvc', 'Hyper-V Image Management Service')),
  );
}

export function serviceSettingInstance(host: Host): CimInstance {
  return instanceOf(replicationServiceSettingData, {
    InstanceID: `Microsoft:${host.name}\\HVR`,
    Caption: 'Replication Service Settings',
    ElementName: host.name,
    RecoveryServerEnabled: host.quirks.recoveryServerEnabled,
    AllowedAuthenticationType: allowedAuthentication(host),
    CertificateThumbPrint: host.quirks.certificateThumbPrint,
    HttpPort: 80,
    HttpsPort: 443,
    MonitoringInterval: 43_200,
    MonitoringStartTime: cimInterval(9 * 60 * MINUTE),
  });
}

export function authorizationInstances(host: Host): CimInstance[] {
  return host.quirks.authorizedPrimaries.map((entry) =>
    instanceOf(replicationAuthorizationSettingData, {
      InstanceID: `Microsoft:${host.name}\\HVR\\${entry}`,
      ElementName: host.name,
      AllowedPrimaryHostSystem: entry,
      TrustGroup: 'DEFAULT',
      ReplicaStorageLocation: 'D:\\Replica',
    }),
  );
}

function serviceRuns(host: Host, make: () => CimInstance): CimInstance[] {
  return host.quirks.managementServiceRuns ? [make()] : [];
}

function service(host: Host, className: string, name: string, elementName: string) {
  return {
    Caption: elementName,
    Description: elementName,
    ElementName: elementName,
    Name: name,
    OperationalStatus: [2],
    StatusDescriptions: ['OK'],
    Status: 'OK',
    HealthState: 5,
    EnabledState: 2,
    RequestedState: 12,
    EnabledDefault: 2,
    SystemCreationClassName: 'Msvm_ComputerSystem',
    SystemName: host.name,
    CreationClassName: className,
    StartMode: 'Automatic',
    Started: true,
  };
}

function providerReference(host: Host, id: string): CimReference {
  const keys = {
    Name: id,
    CreationClassName: 'Msvm_ReplicationProvider',
    SystemName: host.name,
    SystemCreationClassName: 'Msvm_ComputerSystem',
  };
  return { namespace: VIRTUALIZATION, className: 'Msvm_ReplicationProvider', keys };
}
