import type { CimClass, CimInstance } from '../cim.ts';
import { computerSystem, heartbeatComponent, keyboard, shutdownComponent } from './classes/computer-system.ts';
import { concreteJob } from './classes/job.ts';
import { ethernetPortAllocationSettingData, syntheticEthernetPortSettingData, virtualEthernetSwitch } from './classes/network.ts';
import {
  replicationAuthorizationSettingData,
  replicationProvider,
  replicationRelationship,
  replicationService,
  replicationServiceSettingData,
  replicationSettingData,
  virtualSystemManagementService,
} from './classes/replication.ts';
import {
  memorySettingData,
  processorSettingData,
  resourceAllocationSettingData,
  serialPortSettingData,
  storageAllocationSettingData,
  virtualSystemSettingData,
} from './classes/settings.ts';
import { imageManagementService } from './classes/virtual-hard-disk.ts';
import {
  stdRegProv,
  win32ComputerSystem,
  win32ComputerSystemProduct,
  win32OperatingSystem,
  win32Processor,
  win32Service,
} from './classes/win32.ts';
import type { Host } from './host.ts';
import { ASSOCIATION_CLASSES, associationInstances } from './instances/association-instance.ts';
import { jobInstance } from './instances/job-instance.ts';
import { switchInstance } from './instances/port-instance.ts';
import {
  authorizationInstances,
  imageServiceInstances,
  managementServiceInstances,
  providerInstances,
  relationshipInstance,
  relationshipsOf,
  replicationServiceInstances,
  serviceSettingInstance,
  settingsInstance,
} from './instances/replication-instance.ts';
import { processorMaximumInstance, recoveryPointInstance, resourceInstances, settingDataInstance } from './instances/settings-instance.ts';
import {
  heartbeatInstance,
  hostInstance,
  keyboardInstance,
  shutdownInstance,
  virtualMachineInstance,
} from './instances/virtual-machine-instance.ts';
import {
  computerSystemProductInstance,
  operatingSystemInstance,
  processorInstances,
  serviceInstances,
  win32ComputerSystemInstance,
} from './instances/win32-instance.ts';
import type { VirtualMachine } from './virtual-machine.ts';

interface Entry {
  readonly cls: CimClass;
  /** Instances that belong to the host itself. */
  readonly ofHost?: (host: Host) => Iterable<CimInstance>;
  /** Instances that belong to one machine. */
  readonly ofVm?: (host: Host, vm: VirtualMachine) => Iterable<CimInstance>;
  /** The key that begins with or is a machine's GUID, for direct access. */
  readonly vmKey?: string;
}

const resources = (cls: CimClass) => (host: Host, vm: VirtualMachine) => resourceInstances(host, vm).filter((one) => one.class === cls);

const ENTRIES: readonly Entry[] = [
  { cls: computerSystem, ofHost: (host) => [hostInstance(host)], ofVm: (host, vm) => [virtualMachineInstance(host, vm)], vmKey: 'name' },
  { cls: heartbeatComponent, ofVm: (host, vm) => [heartbeatInstance(host, vm)], vmKey: 'systemname' },
  { cls: keyboard, ofVm: (_host, vm) => [keyboardInstance(vm)], vmKey: 'systemname' },
  { cls: shutdownComponent, ofVm: (_host, vm) => [shutdownInstance(vm)].filter((one) => one !== null), vmKey: 'systemname' },
  {
    cls: replicationRelationship,
    ofVm: (host, vm) => relationshipsOf(vm).map((one) => relationshipInstance(host, vm, one.index, one.relationship)),
    vmKey: 'instanceid',
  },
  {
    cls: replicationSettingData,
    ofVm: (host, vm) => relationshipsOf(vm).map((one) => settingsInstance(host, vm, one.index, one.relationship)),
    vmKey: 'instanceid',
  },
  { cls: replicationProvider, ofHost: providerInstances },
  { cls: replicationService, ofHost: replicationServiceInstances },
  { cls: virtualSystemManagementService, ofHost: managementServiceInstances },
  { cls: imageManagementService, ofHost: imageServiceInstances },
  { cls: replicationServiceSettingData, ofHost: (host) => [serviceSettingInstance(host)] },
  { cls: replicationAuthorizationSettingData, ofHost: authorizationInstances },
  { cls: concreteJob, ofHost: (host) => [...host.jobs.values()].map((job) => jobInstance(host, job)) },
  {
    cls: virtualSystemSettingData,
    ofVm: (host, vm) => [settingDataInstance(host, vm), ...vm.recoveryPoints.map((point) => recoveryPointInstance(host, vm, point))],
  },
  { cls: processorSettingData, ofHost: () => [processorMaximumInstance()], ofVm: resources(processorSettingData) },
  { cls: memorySettingData, ofVm: resources(memorySettingData), vmKey: 'instanceid' },
  { cls: resourceAllocationSettingData, ofVm: resources(resourceAllocationSettingData), vmKey: 'instanceid' },
  { cls: storageAllocationSettingData, ofVm: resources(storageAllocationSettingData), vmKey: 'instanceid' },
  { cls: serialPortSettingData, ofVm: resources(serialPortSettingData), vmKey: 'instanceid' },
  { cls: syntheticEthernetPortSettingData, ofVm: resources(syntheticEthernetPortSettingData), vmKey: 'instanceid' },
  { cls: ethernetPortAllocationSettingData, ofVm: resources(ethernetPortAllocationSettingData), vmKey: 'instanceid' },
  { cls: virtualEthernetSwitch, ofHost: (host) => [switchInstance(host)] },
  { cls: win32ComputerSystem, ofHost: (host) => [win32ComputerSystemInstance(host)] },
  { cls: win32ComputerSystemProduct, ofHost: (host) => [computerSystemProductInstance(host)] },
  { cls: win32OperatingSystem, ofHost: (host) => [operatingSystemInstance(host)] },
  { cls: win32Processor, ofHost: processorInstances },
  { cls: win32Service, ofHost: serviceInstances },
  { cls: stdRegProv },
];

const byName = new Map<string, CimClass>();
for (const cls of [...ENTRIES.map((entry) => entry.cls), ...ASSOCIATION_CLASSES]) byName.set(classKey(cls.namespace, cls.name), cls);

/** A class by namespace and name, without regard to case. */
export function classNamed(namespace: string, name: string): CimClass | undefined {
  return byName.get(classKey(namespace, name));
}

/** All classes of a namespace. */
export function* classesOf(namespace: string): Iterable<CimClass> {
  for (const cls of byName.values()) if (cls.namespace === namespace.toLowerCase()) yield cls;
}

/** All instances of a class on a host, one at a time: only what is asked for is made. */
export function* instancesOf(host: Host, cls: CimClass): Iterable<CimInstance> {
  const associations = associationInstances(host, cls);
  if (associations) {
    yield* associations;
    return;
  }
  const entry = ENTRIES.find((one) => one.cls === cls);
  if (entry?.ofHost) yield* entry.ofHost(host);
  if (entry?.ofVm) for (const vm of host.vms.values()) yield* entry.ofVm(host, vm);
}

/**
 * Instances by key, without going through all of them. Keys may be partial and compare without regard to case.
 * @returns undefined when there is no short way for these keys
 */
export function findInstances(host: Host, cls: CimClass, keys: Readonly<Record<string, string>>): CimInstance[] | undefined {
  const wanted = new Map(Object.entries(keys).map(([name, value]) => [name.toLowerCase(), value]));
  if (cls === concreteJob) {
    const id = wanted.get('instanceid');
    if (id === undefined || wanted.size > 1) return undefined;
    const job = host.jobs.get(id.toUpperCase());
    return job ? [jobInstance(host, job)] : [];
  }
  const entry = ENTRIES.find((one) => one.cls === cls);
  const key = entry?.vmKey === undefined ? undefined : wanted.get(entry.vmKey);
  if (key === undefined) return undefined;
  const vm = host.vms.get(
    key
      .toUpperCase()
      .replace(/^MICROSOFT:/, '')
      .split('\\')[0] ?? '',
  );
  const candidates = vm ? (entry?.ofVm?.(host, vm) ?? []) : (entry?.ofHost?.(host) ?? []);
  return [...candidates].filter((instance) => matches(instance, wanted));
}

function matches(instance: CimInstance, wanted: ReadonlyMap<string, string>): boolean {
  let matched = 0;
  for (const { name } of instance.class.properties) {
    const value = wanted.get(name.toLowerCase());
    if (value === undefined) continue;
    if (String(instance.values[name]).toLowerCase() !== value.toLowerCase()) return false;
    matched += 1;
  }
  return matched === wanted.size;
}

function classKey(namespace: string, name: string): string {
  return `${namespace}:${name}`.toLowerCase();
}
