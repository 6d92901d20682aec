import type { CimInstance } from '../../cim.ts';
import { cimDateTime, cimInterval } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import {
  memorySettingData,
  processorSettingData,
  resourceAllocationSettingData,
  storageAllocationSettingData,
  virtualSystemSettingData,
} from '../classes/settings.ts';
import type { Host } from '../host.ts';
import type { RecoveryPoint, VirtualMachine } from '../virtual-machine.ts';

const PROCESSOR = 'B637F346-6A0E-4DEC-AF52-BD70CB80A21D';
const MEMORY = '4764334D-E001-4176-82EE-5594EC9B530E';
const CONTROLLER = '83F8638B-8DCA-4152-9EDA-2CA8B33039B4';

/** The current settings of a machine. */
export function settingDataInstance(host: Host, vm: VirtualMachine): CimInstance {
  return instanceOf(virtualSystemSettingData, {
    ...common(host, vm, vm.createdAt),
    InstanceID: `Microsoft:${vm.id}`,
    Caption: 'Virtual Machine Settings',
    Description: 'Active settings for the virtual machine.',
    ElementName: vm.name,
    VirtualSystemType: 'Microsoft:Hyper-V:System:Realized',
  });
}

/** A recovery point, which is a settings object of its own. */
export function recoveryPointInstance(host: Host, vm: VirtualMachine, point: RecoveryPoint): CimInstance {
  return instanceOf(virtualSystemSettingData, {
    ...common(host, vm, point.createdAt),
    InstanceID: `Microsoft:${point.id}`,
    Caption: 'Virtual Machine Settings',
    Description: 'Settings of a replica recovery point.',
    ElementName: `${vm.name} - ${point.kind} replica - (${new Date(host.toHostTime(point.createdAt)).toISOString()})`,
    VirtualSystemType: `Microsoft:Hyper-V:Snapshot:Replica:${point.kind}`,
    Parent: `Microsoft:${vm.id}`,
  });
}

/** Processor, memory, disk controller and disks of a machine. */
export function resourceInstances(vm: VirtualMachine): CimInstance[] {
  return [processor(vm), memory(vm), controller(vm), ...disks(vm)];
}

/** The default settings a host offers; their quantity is the most processors a machine can have. */
export function processorMaximumInstance(): CimInstance {
  return instanceOf(processorSettingData, {
    ...processorValues(`Microsoft:Definition\\${PROCESSOR}\\Maximum`),
    VirtualQuantity: '240',
    Reservation: '240000',
  });
}

function common(host: Host, vm: VirtualMachine, createdAt: number) {
  const root = 'C:\\ProgramData\\Microsoft\\Windows\\Hyper-V';
  return {
    VirtualSystemIdentifier: vm.id,
    Notes: [''],
    CreationTime: cimDateTime(host.toHostTime(createdAt)),
    ConfigurationID: vm.id,
    ConfigurationDataRoot: root,
    ConfigurationFile: `Virtual Machines\\${vm.id}.vmcx`,
    SnapshotDataRoot: root,
    SuspendDataRoot: root,
    SwapFileDataRoot: root,
    LogDataRoot: root,
    AutomaticStartupAction: vm.automaticStartupAction,
    AutomaticStartupActionDelay: cimInterval(0),
    AutomaticStartupActionSequenceNumber: 0,
    AutomaticShutdownAction: 3,
    AutomaticRecoveryAction: 3,
    BIOSGUID: `{${vm.id}}`,
    BIOSSerialNumber: vm.id.slice(0, 23),
    BaseBoardSerialNumber: vm.id.slice(0, 23),
    ChassisSerialNumber: vm.id.slice(0, 23),
    ChassisAssetTag: '7783-7084-3265-9085-8269-3286-77',
    BIOSNumLock: false,
    IsSaved: false,
    AllowFullSCSICommandSet: false,
    DebugChannelId: 0,
    DebugPortEnabled: 0,
    DebugPort: 0,
    Version: '9.0',
    IncrementalBackupEnabled: true,
    VirtualNumaEnabled: true,
    AllowReducedFcRedundancy: false,
    VirtualSystemSubType: 'Microsoft:Hyper-V:SubType:2',
    PauseAfterBootFailure: false,
    NetworkBootPreferredProtocol: 4096,
    SecureBootEnabled: true,
    LowMmioGapSize: '128',
  };
}

function processorValues(instanceId: string) {
  return {
    InstanceID: instanceId,
    Caption: 'Processor',
    Description: 'Settings for Microsoft Virtual Processor.',
    ElementName: 'Processor',
    ResourceType: 3,
    ResourceSubType: 'Microsoft:Hyper-V:Processor',
    PoolID: '',
    ConsumerVisibility: 3,
    AllocationUnits: 'percent / 1000',
    Limit: '100000',
    Weight: 100,
    AutomaticAllocation: true,
    AutomaticDeallocation: true,
    VirtualQuantityUnits: 'count',
    LimitCPUID: false,
    LimitProcessorFeatures: false,
    MaxProcessorsPerNumaNode: '64',
    MaxNumaNodesPerSocket: '1',
  };
}

function processor(vm: VirtualMachine): CimInstance {
  return instanceOf(processorSettingData, {
    ...processorValues(`Microsoft:${vm.id}\\${PROCESSOR}\\0`),
    VirtualQuantity: String(vm.processors),
    Reservation: '0',
  });
}

function memory(vm: VirtualMachine): CimInstance {
  return instanceOf(memorySettingData, {
    InstanceID: `Microsoft:${vm.id}\\${MEMORY}`,
    Caption: 'Memory',
    Description: 'Settings for Microsoft Virtual Machine Memory.',
    ElementName: 'Memory',
    ResourceType: 4,
    ResourceSubType: 'Microsoft:Hyper-V:Memory',
    PoolID: '',
    ConsumerVisibility: 3,
    AllocationUnits: 'byte * 2^20',
    VirtualQuantity: String(vm.memoryMB),
    Reservation: String(vm.memoryMB),
    Limit: String(vm.memoryMB),
    Weight: 5000,
    AutomaticAllocation: true,
    AutomaticDeallocation: true,
    VirtualQuantityUnits: 'byte * 2^20',
    DynamicMemoryEnabled: false,
    TargetMemoryBuffer: 20,
    IsVirtualized: true,
    SwapFilesInUse: false,
    MaxMemoryBlocksPerNumaNode: '65536',
  });
}

function controllerId(vm: VirtualMachine): string {
  return `Microsoft:${vm.id}\\${CONTROLLER}\\0`;
}

function controller(vm: VirtualMachine): CimInstance {
  return instanceOf(resourceAllocationSettingData, {
    InstanceID: controllerId(vm),
    Caption: 'SCSI Controller',
    Description: 'Settings for Microsoft SCSI Controller.',
    ElementName: 'SCSI Controller',
    ResourceType: 6,
    ResourceSubType: 'Microsoft:Hyper-V:Synthetic SCSI Controller',
    PoolID: '',
    ConsumerVisibility: 3,
    AllocationUnits: 'count',
    VirtualQuantity: '1',
    Reservation: '1',
    Limit: '1',
    Weight: 0,
    AutomaticAllocation: true,
    AutomaticDeallocation: true,
    VirtualQuantityUnits: 'count',
    VirtualSystemIdentifiers: [`{${vm.id}}`],
  });
}

/** A disk is a drive on the controller and a file in the drive. */
function disks(vm: VirtualMachine): CimInstance[] {
  return vm.disks.flatMap((disk, index) => {
    const drive = `${controllerId(vm)}\\${index}\\D`;
    return [
      instanceOf(resourceAllocationSettingData, {
        InstanceID: drive,
        Caption: 'Hard Drive',
        Description: 'Settings for the Microsoft Hard Drive.',
        ElementName: 'Hard Drive',
        ResourceType: 17,
        ResourceSubType: 'Microsoft:Hyper-V:Synthetic Disk Drive',
        ConsumerVisibility: 3,
        VirtualQuantity: '1',
        Reservation: '1',
        Limit: '1',
        Weight: 0,
        AutomaticAllocation: true,
        AutomaticDeallocation: true,
        Parent: controllerId(vm),
        AddressOnParent: String(index),
        VirtualQuantityUnits: 'count',
      }),
      instanceOf(storageAllocationSettingData, {
        InstanceID: disk.instanceId,
        Caption: 'Hard Disk Image',
        Description: 'Settings for the Microsoft Hard Disk Image.',
        ElementName: 'Hard Disk Image',
        ResourceType: 31,
        ResourceSubType: 'Microsoft:Hyper-V:Virtual Hard Disk',
        ConsumerVisibility: 3,
        HostResource: [disk.path],
        VirtualQuantity: String(Math.floor(disk.sizeBytes / 512)),
        Limit: '1',
        Weight: 0,
        AutomaticAllocation: true,
        AutomaticDeallocation: true,
        Parent: drive,
        VirtualQuantityUnits: 'count(fixed size block)',
        VirtualResourceBlockSize: '512',
        Access: 3,
        PersistentReservationsSupported: false,
        CachingMode: 2,
        IgnoreFlushes: false,
        WriteHardeningMethod: 0,
      }),
    ];
  });
}

/** `InstanceID` of a machine's nth disk. */
export function diskInstanceId(vmId: string, index: number): string {
  return `Microsoft:${vmId}\\${CONTROLLER}\\0\\${index}\\L`;
}
