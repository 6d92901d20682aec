import type { CimInstance } from '../../cim.ts';
import { instanceOf, referenceTo } from '../classes/declare.ts';
import { ethernetPortAllocationSettingData, syntheticEthernetPortSettingData, virtualEthernetSwitch } from '../classes/network.ts';
import { serialPortSettingData } from '../classes/settings.ts';
import type { Host } from '../host.ts';
import { randomStream } from '../random.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import { referencePath } from './reference-path.ts';
import { ONE_PIECE } from './resource.ts';

const SERIAL = '8E3A359F-559A-4B6A-98A9-1690A6100ED7';
/** The first half of every MAC that Hyper-V gives out. */
const MAC_PREFIX = '00155D';

/** Two serial ports that lead nowhere, and a network adapter on the host's switch. */
export function portInstances(host: Host, vm: VirtualMachine): CimInstance[] {
  const adapter = networkAdapter(host, vm);
  return [serialPort(vm, 0), serialPort(vm, 1), adapter, connection(host, adapter)];
}

/** The one virtual switch of a host. */
export function switchInstance(host: Host): CimInstance {
  return instanceOf(virtualEthernetSwitch, {
    Caption: 'Virtual Switch',
    Description: 'Microsoft Virtual Switch',
    ElementName: 'External',
    OperationalStatus: [2],
    StatusDescriptions: ['OK'],
    Status: 'OK',
    HealthState: 5,
    EnabledState: 5,
    RequestedState: 12,
    EnabledDefault: 2,
    CreationClassName: 'Msvm_VirtualEthernetSwitch',
    Name: randomStream(host.world.seed, 'switch', host.name).guid(),
    MaxVMQOffloads: 0,
    MaxIOVOffloads: 0,
  });
}

function serialPort(vm: VirtualMachine, index: number): CimInstance {
  const name = `COM ${index + 1}`;
  return instanceOf(serialPortSettingData, {
    ...ONE_PIECE,
    InstanceID: `Microsoft:${vm.id}\\${SERIAL}\\${index}`,
    Caption: name,
    Description: 'Settings for the Microsoft Virtual Serial Port.',
    ElementName: name,
    ResourceType: 21,
    ResourceSubType: 'Microsoft:Hyper-V:Serial Port',
    DebuggerMode: false,
  });
}

function networkAdapter(host: Host, vm: VirtualMachine): CimInstance {
  const random = randomStream(host.world.seed, 'network-adapter', vm.id);
  const id = random.guid();
  const mac = `${MAC_PREFIX}${random.between(0, 0xffffff).toString(16).padStart(6, '0').toUpperCase()}`;
  return instanceOf(syntheticEthernetPortSettingData, {
    ...ONE_PIECE,
    InstanceID: `Microsoft:${vm.id}\\${id}`,
    Caption: 'Network Adapter',
    Description: 'Settings for the Microsoft Synthetic Ethernet Port.',
    ElementName: 'Network Adapter',
    ResourceType: 10,
    ResourceSubType: 'Microsoft:Hyper-V:Synthetic Ethernet Port',
    Address: mac,
    VirtualSystemIdentifiers: [`{${id}}`],
    DeviceNamingEnabled: false,
    AllowPacketDirect: false,
    StaticMacAddress: false,
    ClusterMonitored: true,
  });
}

function connection(host: Host, adapter: CimInstance): CimInstance {
  return instanceOf(ethernetPortAllocationSettingData, {
    ...ONE_PIECE,
    InstanceID: `${adapter.values.InstanceID}\\C`,
    Caption: 'Ethernet Switch Port Settings',
    Description: 'Ethernet Switch Port Settings',
    ElementName: 'Dynamic Ethernet Switch Port',
    ResourceType: 33,
    ResourceSubType: 'Microsoft:Hyper-V:Ethernet Connection',
    HostResource: [referencePath(host, referenceTo(switchInstance(host)))],
    Parent: referencePath(host, referenceTo(adapter)),
    EnabledState: 2,
    LastKnownSwitchName: 'External',
  });
}
