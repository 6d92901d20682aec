import type { CimInstance } from '../../cim.ts';
import { cimDateTime } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import { win32ComputerSystem, win32ComputerSystemProduct, win32OperatingSystem, win32Processor, win32Service } from '../classes/win32.ts';
import type { Host } from '../host.ts';
import { randomStream } from '../random.ts';

const MEMORY_BYTES = 512 * 2 ** 30;

export function computerSystemProductInstance(host: Host): CimInstance {
  const uuid = randomStream(host.world.seed, 'bios', host.name).guid();
  return instanceOf(win32ComputerSystemProduct, {
    Caption: 'Computer System Product',
    Description: 'Computer System Product',
    IdentifyingNumber: uuid.slice(0, 8),
    Name: 'Simulated Hyper-V Server',
    UUID: uuid,
    Vendor: 'failback',
    Version: '1.0',
  });
}

export function operatingSystemInstance(host: Host): CimInstance {
  const kilobytes = String(MEMORY_BYTES / 1024);
  return instanceOf(win32OperatingSystem, {
    BootDevice: '\\Device\\HarddiskVolume1',
    BuildNumber: host.quirks.osVersion.split('.')[2] ?? '0',
    BuildType: 'Multiprocessor Free',
    Caption: 'Simulated Windows Server',
    CodeSet: '1252',
    CountryCode: '1',
    CreationClassName: 'Win32_OperatingSystem',
    CSCreationClassName: 'Win32_ComputerSystem',
    CSName: host.name,
    CurrentTimeZone: 0,
    DataExecutionPrevention_Available: true,
    DataExecutionPrevention_32BitApplications: true,
    DataExecutionPrevention_Drivers: true,
    DataExecutionPrevention_SupportPolicy: 3,
    Debug: false,
    Distributed: false,
    EncryptionLevel: 256,
    ForegroundApplicationBoost: 2,
    FreePhysicalMemory: kilobytes,
    FreeSpaceInPagingFiles: kilobytes,
    FreeVirtualMemory: kilobytes,
    InstallDate: cimDateTime(host.toHostTime(host.bootedAt)),
    LastBootUpTime: cimDateTime(host.toHostTime(host.bootedAt)),
    LocalDateTime: cimDateTime(host.now()),
    Locale: '0409',
    Manufacturer: 'Microsoft Corporation',
    MaxNumberOfProcesses: 4_294_967_295,
    MaxProcessMemorySize: '137438953344',
    MUILanguages: ['en-US'],
    Name: 'Simulated Windows Server|C:\\Windows|\\Device\\Harddisk0\\Partition4',
    NumberOfLicensedUsers: 0,
    NumberOfProcesses: 120,
    NumberOfUsers: 1,
    OperatingSystemSKU: 8,
    OSArchitecture: '64-bit',
    OSLanguage: 1033,
    OSProductSuite: 400,
    OSType: 18,
    Primary: true,
    ProductType: 3,
    ServicePackMajorVersion: 0,
    ServicePackMinorVersion: 0,
    SizeStoredInPagingFiles: '0',
    Status: 'OK',
    SuiteMask: 400,
    SystemDevice: '\\Device\\HarddiskVolume4',
    SystemDirectory: 'C:\\Windows\\system32',
    SystemDrive: 'C:',
    TotalSwapSpaceSize: '0',
    TotalVirtualMemorySize: kilobytes,
    TotalVisibleMemorySize: kilobytes,
    Version: host.quirks.osVersion,
    WindowsDirectory: 'C:\\Windows',
  });
}

export function win32ComputerSystemInstance(host: Host): CimInstance {
  return instanceOf(win32ComputerSystem, {
    AutomaticManagedPagefile: true,
    AutomaticResetBootOption: true,
    AutomaticResetCapability: true,
    BootROMSupported: true,
    BootupState: 'Normal boot',
    Caption: host.name,
    CreationClassName: 'Win32_ComputerSystem',
    CurrentTimeZone: 0,
    DaylightInEffect: false,
    Description: 'AT/AT COMPATIBLE',
    DNSHostName: host.name,
    Domain: 'example.net',
    DomainRole: 3,
    EnableDaylightSavingsTime: true,
    InfraredSupported: false,
    Manufacturer: 'failback',
    Model: 'Simulated Hyper-V Server',
    Name: host.name,
    NetworkServerModeEnabled: true,
    NumberOfLogicalProcessors: 64,
    NumberOfProcessors: 2,
    PartOfDomain: true,
    PauseAfterReset: -1,
    PCSystemType: 4,
    ResetCapability: 1,
    ResetCount: -1,
    ResetLimit: -1,
    Roles: ['LM_Workstation', 'LM_Server', 'NT', 'Server_NT'],
    Status: 'OK',
    SystemType: 'x64-based PC',
    TotalPhysicalMemory: String(MEMORY_BYTES),
    WakeUpType: 6,
  });
}

/** Two sockets of 16 cores with two threads each. */
export function processorInstances(host: Host): CimInstance[] {
  return [0, 1].map((socket) =>
    instanceOf(win32Processor, {
      AddressWidth: 64,
      Architecture: 9,
      Availability: 3,
      Caption: 'Simulated x64 processor',
      CpuStatus: 1,
      CreationClassName: 'Win32_Processor',
      CurrentClockSpeed: 2400,
      DataWidth: 64,
      Description: 'Simulated x64 processor',
      DeviceID: `CPU${socket}`,
      Family: 179,
      L2CacheSize: 16_384,
      L3CacheSize: 22_528,
      LoadPercentage: 12,
      Manufacturer: 'failback',
      MaxClockSpeed: 2400,
      Name: 'Simulated processor @ 2.40GHz',
      NumberOfCores: 16,
      NumberOfLogicalProcessors: 32,
      PowerManagementSupported: false,
      ProcessorType: 3,
      Role: 'CPU',
      SocketDesignation: `CPU ${socket}`,
      Status: 'OK',
      StatusInfo: 3,
      SystemCreationClassName: 'Win32_ComputerSystem',
      SystemName: host.name,
    }),
  );
}

/** The Windows service of Hyper-V, where its role is installed. */
export function serviceInstances(host: Host): CimInstance[] {
  const { hyperVRole, managementServiceRuns: runs } = host.quirks;
  if (!hyperVRole) return [];
  const vmms = instanceOf(win32Service, {
    AcceptPause: false,
    AcceptStop: runs,
    Caption: 'Hyper-V Virtual Machine Management',
    CreationClassName: 'Win32_Service',
    DisplayName: 'Hyper-V Virtual Machine Management',
    ExitCode: 0,
    Name: 'vmms',
    PathName: 'C:\\Windows\\system32\\vmms.exe',
    ProcessId: runs ? 2_412 : 0,
    ServiceType: 'Own Process',
    Started: runs,
    StartMode: 'Auto',
    StartName: 'LocalSystem',
    State: runs ? 'Running' : 'Stopped',
    Status: 'OK',
    SystemCreationClassName: 'Win32_ComputerSystem',
    SystemName: host.name,
  });
  return [vmms];
}
