import type { CimInstance } from '../../cim.ts';
import { instanceOf, referenceTo } from '../classes/declare.ts';
import { resourceAllocationSettingData, storageAllocationSettingData } from '../classes/settings.ts';
import type { Host } from '../host.ts';
import { randomStream } from '../random.ts';
import type { Disk, VirtualMachine } from '../virtual-machine.ts';
import { referencePath } from './reference-path.ts';
import { ONE_PIECE } from './resource.ts';

/** The same on every machine of the first generation; the two channels are `\0` and `\1`. */
const IDE = '83F8638B-8DCA-4152-9EDA-2CA8B33039B4';
/** Drives take no resources of the host themselves. Clients take a null in this array for a disk of the host that is passed through. */
const NO_HOST_RESOURCE: readonly string[] = [];

/**
 * Controllers, drives and disks of a machine of the first generation: two IDE channels and a SCSI controller. The first disk is what
 * the machine boots from, on the first channel; an empty DVD drive is on the second; all other disks are on the SCSI controller.
 */
export function storageInstances(host: Host, vm: VirtualMachine): CimInstance[] {
  const parentOf = (child: CimInstance): string => referencePath(host, referenceTo(child));
  const ide = [ideController(vm, 0), ideController(vm, 1)] as const;
  const scsi = scsiController(vm);
  const disks = vm.disks.flatMap((disk, index) => {
    const slot = slotOf(vm.id, index);
    const holder = drive('Hard Drive', 17, 'Synthetic Disk Drive', slot, parentOf(slot.onIde ? ide[0] : scsi));
    return [holder, diskImage(disk, parentOf(holder))];
  });
  return [
    ...ide,
    scsi,
    drive('DVD Drive', 16, 'Synthetic DVD Drive', { controller: ideId(vm.id, 1), address: 0 }, parentOf(ide[1])),
    ...disks,
  ];
}

/** `InstanceID` of a machine's nth disk. */
export function diskInstanceId(vmId: string, index: number): string {
  const { controller, address } = slotOf(vmId, index);
  return `${controller}\\${address}\\L`;
}

function slotOf(vmId: string, index: number) {
  return index === 0
    ? { onIde: true, controller: ideId(vmId, 0), address: 0 }
    : { onIde: false, controller: scsiId(vmId), address: index - 1 };
}

function ideId(vmId: string, channel: number): string {
  return `Microsoft:${vmId}\\${IDE}\\${channel}`;
}

function scsiId(vmId: string): string {
  return `Microsoft:${vmId}\\${randomStream(0, 'scsi-controller', vmId).guid()}\\0`;
}

function ideController(vm: VirtualMachine, channel: number): CimInstance {
  return instanceOf(resourceAllocationSettingData, {
    ...ONE_PIECE,
    InstanceID: ideId(vm.id, channel),
    Caption: `IDE Controller ${channel}`,
    Description: 'Settings for the Microsoft Emulated IDE Controller.',
    ElementName: `IDE Controller ${channel}`,
    ResourceType: 5,
    ResourceSubType: 'Microsoft:Hyper-V:Emulated IDE Controller',
    Address: String(channel),
  });
}

function scsiController(vm: VirtualMachine): CimInstance {
  return instanceOf(resourceAllocationSettingData, {
    ...ONE_PIECE,
    InstanceID: scsiId(vm.id),
    Caption: 'SCSI Controller',
    Description: 'Settings for the Microsoft Synthetic SCSI Controller.',
    ElementName: 'SCSI Controller',
    ResourceType: 6,
    ResourceSubType: 'Microsoft:Hyper-V:Synthetic SCSI Controller',
    VirtualSystemIdentifiers: [`{${vm.id}}`],
  });
}

function drive(name: string, type: number, subType: string, slot: { controller: string; address: number }, parent: string): CimInstance {
  return instanceOf(resourceAllocationSettingData, {
    ...ONE_PIECE,
    InstanceID: `${slot.controller}\\${slot.address}\\D`,
    Caption: name,
    Description: `Settings for the Microsoft ${name}.`,
    ElementName: name,
    ResourceType: type,
    ResourceSubType: `Microsoft:Hyper-V:${subType}`,
    HostResource: NO_HOST_RESOURCE,
    Parent: parent,
    AddressOnParent: String(slot.address),
  });
}

function diskImage(disk: Disk, parent: string): CimInstance {
  return instanceOf(storageAllocationSettingData, {
    ...ONE_PIECE,
    InstanceID: disk.instanceId,
    Caption: 'Hard Disk Image',
    Description: 'Settings for the Microsoft Hard Disk Image.',
    ElementName: 'Hard Disk Image',
    ResourceType: 31,
    ResourceSubType: 'Microsoft:Hyper-V:Virtual Hard Disk',
    HostResource: [disk.path],
    VirtualQuantity: String(Math.floor(disk.sizeBytes / 512)),
    Parent: parent,
    VirtualQuantityUnits: 'count(fixed size block)',
    VirtualResourceBlockSize: '512',
    Access: 3,
    PersistentReservationsSupported: false,
    CachingMode: 2,
    IgnoreFlushes: false,
    WriteHardeningMethod: 0,
  });
}
