import { declareClass, VIRTUALIZATION } from './declare.ts';
import { ENABLED_LOGICAL_ELEMENT } from './superclass.ts';

/** What all services of the host have. */
export const SERVICE = `
  ${ENABLED_LOGICAL_ELEMENT}
  key string Name
  key string SystemCreationClassName
  key string SystemName
  key string CreationClassName
  string PrimaryOwnerName
  string PrimaryOwnerContact
  string StartMode
  boolean Started
`;

export const virtualSystemManagementService = declareClass(VIRTUALIZATION, 'Msvm_VirtualSystemManagementService', SERVICE, {
  DestroySystem: 'reference AffectedSystem',
  ModifySystemSettings: 'string SystemSettings',
});

export const replicationService = declareClass(VIRTUALIZATION, 'Msvm_ReplicationService', SERVICE, {
  InitiateFailback: `
    reference ComputerSystem
    string ReplicationSettingData
    string RecoveryPointIdentifier`,
  InitiateFailover: `
    reference ComputerSystem
    reference SnapshotSettingData`,
  CommitFailover: 'reference ComputerSystem',
  RevertFailover: 'reference ComputerSystem',
  ReverseReplicationRelationship: `
    reference ComputerSystem
    string ReplicationSettingData`,
  StartReplication: `
    reference ComputerSystem
    uint16 InitialReplicationType
    string InitialReplicationExportLocation
    datetime StartTime`,
  Resynchronize: `
    reference ComputerSystem
    datetime StartTime`,
  RemoveReplicationRelationship: 'reference ComputerSystem',
  RemoveReplicationRelationshipEx: `
    reference ComputerSystem
    string ReplicationRelationship`,
  TestReplicaSystem: `
    reference ComputerSystem
    reference SnapshotSettingData`,
  TestReplicationConnection: `
    string RecoveryConnectionPoint
    uint16 RecoveryServerPortNumber
    uint16 AuthenticationType
    string CertificateThumbPrint
    boolean BypassProxyServer`,
  GetSystemCertificates: '',
  GetReplicationStatistics: 'reference ComputerSystem',
  GetReplicationStatisticsEx: `
    reference ComputerSystem
    string ReplicationRelationship`,
});

export const replicationRelationship = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationRelationship',
  `
  key string InstanceID
  uint16 ReplicationState
  uint16 ReplicationHealth
  uint16 FailedOverReplicationType
  uint16 LastReplicationType
  datetime LastApplicationConsistentReplicationTime
  datetime LastReplicationTime
  datetime LastApplyTime
  `,
);

export const replicationSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationSettingData',
  `
  key string InstanceID
  string Caption
  string Description
  string ElementName
  string VirtualSystemIdentifier
  string VirtualSystemType
  uint16 AuthenticationType
  string CertificateThumbPrint
  string RootCertificateThumbPrint
  boolean BypassProxyServer
  boolean CompressionEnabled
  boolean ReplicateHostKvpItems
  string RecoveryConnectionPoint
  string RecoveryHostSystem
  uint16 RecoveryServerPortNumber
  string PrimaryConnectionPoint
  string PrimaryHostSystem
  uint16 ReplicationInterval
  uint16 RecoveryHistory
  uint16 ApplicationConsistentSnapshotInterval
  boolean AutoResynchronizeEnabled
  datetime AutoResynchronizeIntervalStart
  datetime AutoResynchronizeIntervalEnd
  boolean EnableWriteOrderPreservationAcrossDisks
  string IncludedDisks[]
  string ReplicationProvider
  string AdditionalSettings
  `,
);

export const replicationProvider = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationProvider',
  `
  string InstanceID
  string Caption
  string Description
  string ElementName
  key string Name
  key string CreationClassName
  key string SystemName
  key string SystemCreationClassName
  uint16 OperationalStatus[]
  uint16 HealthState
  `,
);

export const replicationServiceSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationServiceSettingData',
  `
  key string InstanceID
  string Caption
  string Description
  string ElementName
  boolean RecoveryServerEnabled
  uint16 AllowedAuthenticationType
  string CertificateThumbPrint
  uint16 HttpPort
  uint16 HttpsPort
  uint32 MonitoringInterval
  datetime MonitoringStartTime
  `,
);

export const replicationAuthorizationSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationAuthorizationSettingData',
  `
  key string InstanceID
  string Caption
  string Description
  string ElementName
  string AllowedPrimaryHostSystem
  string TrustGroup
  string ReplicaStorageLocation
  `,
);

/** Travels as embedded text only. */
export const replicationStatistics = declareClass(
  VIRTUALIZATION,
  'Msvm_ReplicationStatistics',
  `
  datetime StartStatisticTime
  datetime EndStatisticTime
  uint32 ReplicationSuccessCount
  uint64 ReplicationSize
  uint64 MaxReplicationSize
  uint64 PendingReplicationSize
  uint32 ReplicationLatency
  uint32 ReplicationMissCount
  uint32 NetworkFailureCount
  uint32 ReplicationFailureCount
  uint32 ApplicationConsistentSnapshotFailureCount
  uint32 ReplicationHealth
  datetime LastTestFailoverTime
  `,
);

/** Travels as embedded text only. */
export const embeddedError = declareClass(
  VIRTUALIZATION,
  'Msvm_Error',
  `
  uint16 ErrorType
  string OtherErrorType
  string OwningEntity
  string MessageID
  string Message
  string MessageArguments[]
  uint16 PerceivedSeverity
  uint16 ProbableCause
  string ProbableCauseDescription
  string RecommendedActions[]
  string ErrorSource
  uint16 ErrorSourceFormat
  string OtherErrorSourceFormat
  uint32 CIMStatusCode
  string CIMStatusCodeDescription
  `,
);
