import { CIMV2, declareClass } from './declare.ts';

/** Signed 16 and 64 bit properties are declared sint32: the seam knows no other signed type, and the values fit. */
export const win32ComputerSystem = declareClass(
  CIMV2,
  'Win32_ComputerSystem',
  `
  uint16 AdminPasswordStatus
  boolean AutomaticManagedPagefile
  boolean AutomaticResetBootOption
  boolean AutomaticResetCapability
  uint16 BootOptionOnLimit
  uint16 BootOptionOnWatchDog
  boolean BootROMSupported
  string BootupState
  string Caption
  uint16 ChassisBootupState
  string CreationClassName
  sint32 CurrentTimeZone
  boolean DaylightInEffect
  string Description
  string DNSHostName
  string Domain
  uint16 DomainRole
  boolean EnableDaylightSavingsTime
  uint16 FrontPanelResetStatus
  boolean InfraredSupported
  datetime InstallDate
  uint16 KeyboardPasswordStatus
  string LastLoadInfo
  string Manufacturer
  string Model
  key string Name
  string NameFormat
  boolean NetworkServerModeEnabled
  uint32 NumberOfLogicalProcessors
  uint32 NumberOfProcessors
  uint8 OEMLogoBitmap[]
  string OEMStringArray[]
  boolean PartOfDomain
  sint32 PauseAfterReset
  uint16 PCSystemType
  uint16 PowerManagementCapabilities[]
  boolean PowerManagementSupported
  uint16 PowerOnPasswordStatus
  uint16 PowerState
  uint16 PowerSupplyState
  string PrimaryOwnerContact
  string PrimaryOwnerName
  uint16 ResetCapability
  sint32 ResetCount
  sint32 ResetLimit
  string Roles[]
  string Status
  string SupportContactDescription[]
  uint16 SystemStartupDelay
  string SystemStartupOptions[]
  uint8 SystemStartupSetting
  string SystemType
  uint16 ThermalState
  uint64 TotalPhysicalMemory
  string UserName
  uint16 WakeUpType
  string Workgroup
  `,
);

export const win32Processor = declareClass(
  CIMV2,
  'Win32_Processor',
  `
  uint16 AddressWidth
  uint16 Architecture
  uint16 Availability
  string Caption
  uint32 ConfigManagerErrorCode
  boolean ConfigManagerUserConfig
  uint16 CpuStatus
  string CreationClassName
  uint32 CurrentClockSpeed
  uint16 CurrentVoltage
  uint16 DataWidth
  string Description
  key string DeviceID
  boolean ErrorCleared
  string ErrorDescription
  uint32 ExtClock
  uint16 Family
  datetime InstallDate
  uint32 L2CacheSize
  uint32 L2CacheSpeed
  uint32 L3CacheSize
  uint32 L3CacheSpeed
  uint32 LastErrorCode
  uint16 Level
  uint16 LoadPercentage
  string Manufacturer
  uint32 MaxClockSpeed
  string Name
  uint32 NumberOfCores
  uint32 NumberOfLogicalProcessors
  string OtherFamilyDescription
  string PNPDeviceID
  uint16 PowerManagementCapabilities[]
  boolean PowerManagementSupported
  string ProcessorId
  uint16 ProcessorType
  uint16 Revision
  string Role
  string SocketDesignation
  string Status
  uint16 StatusInfo
  string Stepping
  string SystemCreationClassName
  string SystemName
  string UniqueId
  uint16 UpgradeMethod
  string Version
  uint32 VoltageCaps
  `,
);

export const win32ComputerSystemProduct = declareClass(
  CIMV2,
  'Win32_ComputerSystemProduct',
  `
  string Caption
  string Description
  key string IdentifyingNumber
  key string Name
  string SKUNumber
  string UUID
  string Vendor
  key string Version
  `,
);

export const win32OperatingSystem = declareClass(
  CIMV2,
  'Win32_OperatingSystem',
  `
  string BootDevice
  string BuildNumber
  string BuildType
  string Caption
  string CodeSet
  string CountryCode
  string CreationClassName
  string CSCreationClassName
  string CSDVersion
  string CSName
  sint32 CurrentTimeZone
  boolean DataExecutionPrevention_Available
  boolean DataExecutionPrevention_32BitApplications
  boolean DataExecutionPrevention_Drivers
  uint8 DataExecutionPrevention_SupportPolicy
  boolean Debug
  string Description
  boolean Distributed
  uint32 EncryptionLevel
  uint8 ForegroundApplicationBoost
  uint64 FreePhysicalMemory
  uint64 FreeSpaceInPagingFiles
  uint64 FreeVirtualMemory
  datetime InstallDate
  uint32 LargeSystemCache
  datetime LastBootUpTime
  datetime LocalDateTime
  string Locale
  string Manufacturer
  uint32 MaxNumberOfProcesses
  uint64 MaxProcessMemorySize
  string MUILanguages[]
  key string Name
  uint32 NumberOfLicensedUsers
  uint32 NumberOfProcesses
  uint32 NumberOfUsers
  uint32 OperatingSystemSKU
  string Organization
  string OSArchitecture
  uint32 OSLanguage
  uint32 OSProductSuite
  uint16 OSType
  string OtherTypeDescription
  boolean PAEEnabled
  string PlusProductID
  string PlusVersionNumber
  boolean Primary
  uint32 ProductType
  string RegisteredUser
  string SerialNumber
  uint16 ServicePackMajorVersion
  uint16 ServicePackMinorVersion
  uint64 SizeStoredInPagingFiles
  string Status
  uint32 SuiteMask
  string SystemDevice
  string SystemDirectory
  string SystemDrive
  uint64 TotalSwapSpaceSize
  uint64 TotalVirtualMemorySize
  uint64 TotalVisibleMemorySize
  string Version
  string WindowsDirectory
  `,
);

export const win32Service = declareClass(
  CIMV2,
  'Win32_Service',
  `
  boolean AcceptPause
  boolean AcceptStop
  string Caption
  string CreationClassName
  string Description
  string DisplayName
  uint32 ExitCode
  key string Name
  string PathName
  uint32 ProcessId
  string ServiceType
  boolean Started
  string StartMode
  string StartName
  string State
  string Status
  string SystemCreationClassName
  string SystemName
  `,
);

/** The registry. Its methods are static. */
export const stdRegProv = declareClass(CIMV2, 'StdRegProv', '', {
  GetDWORDValue: `
    uint32 hDefKey
    string sSubKeyName
    string sValueName`,
});
