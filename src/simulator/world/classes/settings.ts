import { declareClass, VIRTUALIZATION } from './declare.ts';

/** A machine's settings, or one of its checkpoints and recovery points. */
export const virtualSystemSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_VirtualSystemSettingData',
  `
  key string InstanceID
  string Caption
  string Description
  string ElementName
  string VirtualSystemIdentifier
  string VirtualSystemType
  string Notes[]
  datetime CreationTime
  string ConfigurationID
  string ConfigurationDataRoot
  string ConfigurationFile
  string SnapshotDataRoot
  string SuspendDataRoot
  string SwapFileDataRoot
  string LogDataRoot
  uint16 AutomaticStartupAction
  datetime AutomaticStartupActionDelay
  uint16 AutomaticStartupActionSequenceNumber
  uint16 AutomaticShutdownAction
  uint16 AutomaticRecoveryAction
  string RecoveryFile
  string BIOSGUID
  string BIOSSerialNumber
  string BaseBoardSerialNumber
  string ChassisSerialNumber
  string ChassisAssetTag
  boolean BIOSNumLock
  uint16 BootOrder[]
  string Parent
  boolean IsSaved
  string AdditionalRecoveryInformation
  boolean AllowFullSCSICommandSet
  uint32 DebugChannelId
  uint16 DebugPortEnabled
  uint32 DebugPort
  string Version
  boolean IncrementalBackupEnabled
  boolean VirtualNumaEnabled
  boolean AllowReducedFcRedundancy
  string VirtualSystemSubType
  string BootSourceOrder[]
  boolean PauseAfterBootFailure
  uint16 NetworkBootPreferredProtocol
  boolean SecureBootEnabled
  uint64 LowMmioGapSize
  `,
);

/** The properties every device of a machine has in its settings. */
export const RESOURCE = `
  key string InstanceID
  string Caption
  string Description
  string ElementName
  uint16 ResourceType
  string OtherResourceType
  string ResourceSubType
  string PoolID
  uint16 ConsumerVisibility
  string HostResource[]
  string AllocationUnits
  uint64 VirtualQuantity
  uint64 Reservation
  uint64 Limit
  uint32 Weight
  boolean AutomaticAllocation
  boolean AutomaticDeallocation
  string Parent
  string Connection[]
  string Address
  uint16 MappingBehavior
  string AddressOnParent
  string VirtualQuantityUnits
`;

export const processorSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_ProcessorSettingData',
  `${RESOURCE}
  boolean LimitCPUID
  boolean LimitProcessorFeatures
  uint64 MaxProcessorsPerNumaNode
  uint64 MaxNumaNodesPerSocket
  `,
);

export const memorySettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_MemorySettingData',
  `${RESOURCE}
  boolean DynamicMemoryEnabled
  uint32 TargetMemoryBuffer
  boolean IsVirtualized
  boolean SwapFilesInUse
  uint64 MaxMemoryBlocksPerNumaNode
  `,
);

export const resourceAllocationSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_ResourceAllocationSettingData',
  `${RESOURCE}
  string VirtualSystemIdentifiers[]
  `,
);

export const storageAllocationSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_StorageAllocationSettingData',
  `${RESOURCE}
  string StorageQoSPolicyID
  uint64 VirtualResourceBlockSize
  uint16 Access
  uint64 HostResourceBlockSize
  uint64 HostExtentStartingAddress
  string HostExtentName
  uint16 HostExtentNameFormat
  string OtherHostExtentNameFormat
  uint16 HostExtentNameNamespace
  string OtherHostExtentNameNamespace
  uint64 IOPSLimit
  uint64 IOPSReservation
  string IOPSAllocationUnits
  boolean PersistentReservationsSupported
  uint16 CachingMode
  string SnapshotId
  boolean IgnoreFlushes
  uint16 WriteHardeningMethod
  `,
);

export const serialPortSettingData = declareClass(
  VIRTUALIZATION,
  'Msvm_SerialPortSettingData',
  `${RESOURCE}
  string VirtualSystemIdentifiers[]
  boolean DebuggerMode
  `,
);
