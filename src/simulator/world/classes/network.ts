import { declareClass, VIRTUALIZATION } from './declare.ts';
import { RESOURCE } from './settings.ts';

/** A machine's network adapter; `Address` is its MAC, twelve hexadecimal digits. */
export const syntheticEthernetPortSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_SyntheticEthernetPortSettingData',
  `${RESOURCE}
  uint16 DesiredVLANEndpointMode
  string OtherEndpointMode
  string VirtualSystemIdentifiers[]
  boolean DeviceNamingEnabled
  boolean AllowPacketDirect
  boolean StaticMacAddress
  boolean ClusterMonitored
  `,
);

/** What connects an adapter (`Parent`) with a switch (`HostResource`), both object paths. */
export const ethernetPortAllocationSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_EthernetPortAllocationSettingData',
  `${RESOURCE}
  uint16 DesiredVLANEndpointMode
  string OtherEndpointMode
  uint16 EnabledState
  string LastKnownSwitchName
  string RequiredFeatures[]
  string RequiredFeatureHints[]
  string TestReplicaPoolID
  string TestReplicaSwitchName
  `,
);

export const virtualEthernetSwitch = declareClass(
  VIRTUALIZATION,
  'Msvm_VirtualEthernetSwitch',
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
  uint32 MaxVMQOffloads
  uint32 MaxIOVOffloads
  `,
);
