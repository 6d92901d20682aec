import { EnabledState, OperationalStatus } from '../../../domain/power.ts';
import type { CimInstance } from '../../cim.ts';
import { cimDateTime } from '../cim-time.ts';
import { computerSystem, heartbeatComponent, keyboard, shutdownComponent } from '../classes/computer-system.ts';
import { instanceOf } from '../classes/declare.ts';
import type { Host } from '../host.ts';
import { guestAnswers, lastReplicationTime, shownState, type VirtualMachine } from '../virtual-machine.ts';

/** `Msvm_ComputerSystem` of a machine. Its replication properties repeat relationship 0, as on a real host. */
export function virtualMachineInstance(host: Host, vm: VirtualMachine): CimInstance {
  const relationship = vm.relationship;
  const time = (at: number | null | undefined): string | null => cimDateTime(at === null || at === undefined ? null : host.toHostTime(at));
  const busy = vm.operation !== null;
  return instanceOf(computerSystem, {
    Caption: 'Virtual Machine',
    Description: 'Microsoft Virtual Machine',
    ElementName: vm.name,
    InstallDate: time(vm.createdAt),
    OperationalStatus: [busy ? OperationalStatus.InService : OperationalStatus.Ok],
    StatusDescriptions: [busy ? 'In service' : 'Operating normally'],
    Status: busy ? 'In service' : 'Operating normally',
    HealthState: 5,
    EnabledState: vm.quirks.showPowerAs[String(vm.power)] ?? vm.power,
    RequestedState: 12,
    EnabledDefault: 2,
    TimeOfLastStateChange: time(vm.powerChangedAt),
    CreationClassName: 'Msvm_ComputerSystem',
    Name: vm.id,
    NameFormat: null,
    ResetCapability: 1,
    OnTimeInMilliseconds: String(vm.poweredSince === null ? 0 : Math.floor(host.world.now() - vm.poweredSince)),
    ProcessID: vm.poweredSince === null ? null : processId(vm),
    TimeOfLastConfigurationChange: time(vm.createdAt),
    NumberOfNumaNodes: 1,
    ReplicationState: relationship ? shownState(vm, relationship) : 0,
    ReplicationHealth: relationship?.health ?? 0,
    ReplicationMode: vm.mode,
    FailedOverReplicationType: relationship?.failedOverType ?? 0,
    LastReplicationType: relationship?.lastType ?? 0,
    LastApplicationConsistentReplicationTime: time(relationship?.lastApplicationConsistentTime),
    LastReplicationTime: time(relationship && lastReplicationTime(relationship, host.world.now())),
    EnhancedSessionModeState: 3,
  });
}

/** `Msvm_ComputerSystem` of the host itself. */
export function hostInstance(host: Host): CimInstance {
  return instanceOf(computerSystem, {
    Caption: 'Hosting Computer System',
    Description: 'Microsoft Hosting Computer System',
    ElementName: host.name,
    OperationalStatus: [2],
    StatusDescriptions: ['OK'],
    Status: 'OK',
    HealthState: 5,
    EnabledState: 2,
    RequestedState: 12,
    EnabledDefault: 2,
    CreationClassName: 'Msvm_ComputerSystem',
    Name: host.name,
    ResetCapability: 1,
    OnTimeInMilliseconds: String(Math.floor(host.world.now() - host.bootedAt)),
    ReplicationState: 0,
    ReplicationHealth: 0,
    ReplicationMode: 0,
    FailedOverReplicationType: 0,
    LastReplicationType: 0,
  });
}

/** `Msvm_HeartbeatComponent`: 2 when the guest answers, 13 (contact lost) while it shuts down, 12 (no contact) while it boots or is off. */
export function heartbeatInstance(host: Host, vm: VirtualMachine): CimInstance {
  return instanceOf(heartbeatComponent, {
    ...device(vm, 'Msvm_HeartbeatComponent', 'Heartbeat'),
    OperationalStatus: [guestAnswers(vm, host.world.now()) ? 2 : vm.power === EnabledState.ShuttingDown ? 13 : 12],
  });
}

/** `Msvm_ShutdownComponent` of a machine that is not off; null otherwise. */
export function shutdownInstance(vm: VirtualMachine): CimInstance | null {
  if (vm.power === EnabledState.Off || vm.power === EnabledState.Saved) return null;
  return instanceOf(shutdownComponent, { ...device(vm, 'Msvm_ShutdownComponent', 'Shutdown'), OperationalStatus: [2] });
}

/** `Msvm_Keyboard` of a machine. */
export function keyboardInstance(vm: VirtualMachine): CimInstance {
  return instanceOf(keyboard, {
    ...device(vm, 'Msvm_Keyboard', 'Keyboard'),
    OperationalStatus: [2],
    IsLocked: false,
    Layout: '00000409',
    NumberOfFunctionKeys: 12,
    Password: 4,
    UnicodeSupported: true,
  });
}

function device(vm: VirtualMachine, className: string, name: string) {
  return {
    Caption: name,
    Description: `Microsoft Virtual ${name} Component`,
    ElementName: name,
    Name: name,
    StatusDescriptions: ['OK'],
    HealthState: 5,
    EnabledState: 2,
    RequestedState: 12,
    EnabledDefault: 2,
    SystemCreationClassName: 'Msvm_ComputerSystem',
    SystemName: vm.id,
    CreationClassName: className,
    DeviceID: `Microsoft:${vm.id}\\${name}`,
  };
}

/** Stable while the machine runs, and not zero. */
function processId(vm: VirtualMachine): number {
  return (Number.parseInt(vm.id.slice(0, 4), 16) + 1) * 4;
}
