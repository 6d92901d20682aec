import { declareClass, VIRTUALIZATION } from './declare.ts';

/** A virtual machine, or the host itself. */
export const computerSystem = declareClass(
  VIRTUALIZATION,
  'Msvm_ComputerSystem',
  `
  string InstanceID
  string Caption
  string Description
  string ElementName
  datetime InstallDate
  uint16 OperationalStatus[]
  string StatusDescriptions[]
  string Status
  uint16 HealthState
  uint16 CommunicationStatus
  uint16 DetailedStatus
  uint16 OperatingStatus
  uint16 PrimaryStatus
  uint16 EnabledState
  string OtherEnabledState
  uint16 RequestedState
  uint16 EnabledDefault
  datetime TimeOfLastStateChange
  uint16 AvailableRequestedStates[]
  uint16 TransitioningToState
  key string CreationClassName
  key string Name
  string PrimaryOwnerName
  string PrimaryOwnerContact
  string Roles[]
  string NameFormat
  string OtherIdentifyingInfo[]
  string IdentifyingDescriptions[]
  uint16 Dedicated[]
  string OtherDedicatedDescriptions[]
  uint16 ResetCapability
  uint16 PowerManagementCapabilities[]
  uint64 OnTimeInMilliseconds
  uint32 ProcessID
  datetime TimeOfLastConfigurationChange
  uint16 NumberOfNumaNodes
  uint16 ReplicationState
  uint16 ReplicationHealth
  uint16 ReplicationMode
  uint16 FailedOverReplicationType
  uint16 LastReplicationType
  datetime LastApplicationConsistentReplicationTime
  datetime LastReplicationTime
  datetime LastSuccessfulBackupTime
  uint16 EnhancedSessionModeState
  `,
  {
    RequestStateChange: `
      uint16 RequestedState
      datetime TimeoutPeriod`,
    RequestReplicationStateChange: `
      uint16 RequestedState
      datetime TimeoutPeriod`,
    RequestReplicationStateChangeEx: `
      string ReplicationRelationship
      uint16 RequestedState
      datetime TimeoutPeriod`,
  },
);

const LOGICAL_DEVICE = `
  string InstanceID
  string Caption
  string Description
  string ElementName
  datetime InstallDate
  string Name
  uint16 OperationalStatus[]
  string StatusDescriptions[]
  string Status
  uint16 HealthState
  uint16 CommunicationStatus
  uint16 DetailedStatus
  uint16 OperatingStatus
  uint16 PrimaryStatus
  uint16 EnabledState
  string OtherEnabledState
  uint16 RequestedState
  uint16 EnabledDefault
  datetime TimeOfLastStateChange
  uint16 AvailableRequestedStates[]
  uint16 TransitioningToState
  key string SystemCreationClassName
  key string SystemName
  key string CreationClassName
  key string DeviceID
  boolean PowerManagementSupported
  uint16 PowerManagementCapabilities[]
  uint16 Availability
  uint16 StatusInfo
  uint32 LastErrorCode
  string ErrorDescription
  boolean ErrorCleared
  string OtherIdentifyingInfo[]
  uint64 PowerOnHours
  uint64 TotalPowerOnHours
  string IdentifyingDescriptions[]
  uint16 AdditionalAvailability[]
  uint64 MaxQuiesceTime
`;

/** Whether the guest answers: `OperationalStatus[0]` is 2 when it does, 12 when there is no contact. */
export const heartbeatComponent = declareClass(VIRTUALIZATION, 'Msvm_HeartbeatComponent', LOGICAL_DEVICE);

/** The guest's shutdown service; exists for running machines. */
export const shutdownComponent = declareClass(VIRTUALIZATION, 'Msvm_ShutdownComponent', LOGICAL_DEVICE, {
  InitiateShutdown: `
    boolean Force
    string Reason`,
});
