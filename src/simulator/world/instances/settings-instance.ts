import type { CimInstance } from '../../cim.ts';
import { cimDateTime, cimInterval } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import { memorySettingData, processorSettingData, virtualSystemSettingData } from '../classes/settings.ts';
import type { Host } from '../host.ts';
import type { RecoveryPoint, VirtualMachine } from '../virtual-machine.ts';
import { portInstances } from './port-instance.ts';
import { storageInstances } from './storage-instance.ts';

const PROCESSOR = 'B637F346-6A0E-4DEC-AF52-BD70CB80A21D';
const MEMORY = '4764334D-E001-4176-82EE-5594EC9B530E';

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

/** Everything a machine is made of: processor, memory, controllers, drives and disks, ports. */
export function resourceInstances(host: Host, vm: VirtualMachine): CimInstance[] {
  return [processor(vm), memory(vm), ...storageInstances(host, vm), ...portInstances(host, vm)];
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
    VirtualSystemSubType: 'Microsoft:Hyper-V:SubType:1',
    PauseAfterBootFailure: false,
    NetworkBootPreferredProtocol: 4096,
    SecureBootEnabled: false,
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
