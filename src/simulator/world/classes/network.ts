import { declareClass, VIRTUALIZATION } from './declare.ts';
import { RESOURCE } from './settings.ts';
import { COMPUTER_SYSTEM } from './superclass.ts';

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
  ${COMPUTER_SYSTEM}
  uint32 MaxVMQOffloads
  uint32 MaxIOVOffloads
  `,
);
