/** Properties of the CIM superclasses most classes inherit, in the notation of `declareClass`. */
const MANAGED_SYSTEM_ELEMENT = `
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
`;

/** `CIM_ManagedSystemElement` of classes whose key is the InstanceID. */
export const JOB_ELEMENT = `
  key string InstanceID
  string Name
  ${MANAGED_SYSTEM_ELEMENT}
`;

/** `CIM_EnabledLogicalElement`. */
export const ENABLED_LOGICAL_ELEMENT = `
  string InstanceID
  ${MANAGED_SYSTEM_ELEMENT}
  uint16 EnabledState
  string OtherEnabledState
  uint16 RequestedState
  uint16 EnabledDefault
  datetime TimeOfLastStateChange
  uint16 AvailableRequestedStates[]
  uint16 TransitioningToState
`;

/** `CIM_ComputerSystem`. */
export const COMPUTER_SYSTEM = `
  ${ENABLED_LOGICAL_ELEMENT}
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
`;
