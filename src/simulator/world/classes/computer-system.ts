import { declareClass, VIRTUALIZATION } from './declare.ts';
import { COMPUTER_SYSTEM, ENABLED_LOGICAL_ELEMENT } from './superclass.ts';

/** A virtual machine, or the host itself. */
export const computerSystem = declareClass(
  VIRTUALIZATION,
  'Msvm_ComputerSystem',
  `
  ${COMPUTER_SYSTEM}
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
  ${ENABLED_LOGICAL_ELEMENT}
  string Name
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

/** The keyboard of a machine: keys are virtual-key codes of Windows. */
export const keyboard = declareClass(
  VIRTUALIZATION,
  'Msvm_Keyboard',
  `
  ${LOGICAL_DEVICE}
  boolean IsLocked
  string Layout
  uint16 NumberOfFunctionKeys
  uint16 Password
  boolean UnicodeSupported
  `,
  { PressKey: 'uint32 keyCode', ReleaseKey: 'uint32 keyCode', TypeKey: 'uint32 keyCode' },
);

/** The guest's shutdown service; exists for running machines. */
export const shutdownComponent = declareClass(VIRTUALIZATION, 'Msvm_ShutdownComponent', LOGICAL_DEVICE, {
  InitiateShutdown: `
    boolean Force
    string Reason`,
});
