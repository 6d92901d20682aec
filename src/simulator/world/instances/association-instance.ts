import type { CimClass, CimInstance, CimReference, CimValue } from '../../cim.ts';
import {
  type AssociationClass,
  affectedJobElement,
  computerSystemProcessor,
  owningJobElement,
  replicaSystemDependency,
  settingsDefineState,
  snapshotOfVirtualSystem,
  systemDevice,
  systemReplicationRelationship,
  virtualSystemSettingDataComponent,
} from '../classes/association.ts';
import { instanceOf, referenceTo } from '../classes/declare.ts';
import type { Host } from '../host.ts';
import { type Job, jobsOf } from '../job.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import { jobInstance } from './job-instance.ts';
import { relationshipInstance, relationshipsOf, replicationServiceInstances, settingsInstance } from './replication-instance.ts';
import { recoveryPointInstance, resourceInstances, settingDataInstance } from './settings-instance.ts';
import { heartbeatInstance, keyboardInstance, shutdownInstance, virtualMachineInstance } from './virtual-machine-instance.ts';
import { processorInstances, win32ComputerSystemInstance } from './win32-instance.ts';

type Pair = readonly [CimInstance, CimInstance];

interface Association extends AssociationClass {
  /** Pairs of one machine, or those that belong to the host when `vm` is null. */
  pairs(host: Host, vm: VirtualMachine | null): Pair[];
  /** Whether a pair that both its ends have is enumerated for this machine; default yes. */
  belongsTo?(vm: VirtualMachine | null): boolean;
  readonly more?: Readonly<Record<string, CimValue>>;
}

/** The same from-end with each of the to-ends. */
function fan(from: CimInstance, to: readonly CimInstance[]): Pair[] {
  return to.map((one) => [from, one]);
}

const ASSOCIATIONS: readonly Association[] = [
  {
    ...systemReplicationRelationship,
    pairs: (host, vm) =>
      vm
        ? fan(
            virtualMachineInstance(host, vm),
            relationshipsOf(vm).map((one) => relationshipInstance(host, vm, one.index, one.relationship)),
          )
        : [],
  },
  {
    ...settingsDefineState,
    pairs: (host, vm) =>
      vm
        ? [
            [virtualMachineInstance(host, vm), settingDataInstance(host, vm)],
            ...relationshipsOf(vm).map(
              ({ index, relationship }): Pair => [
                relationshipInstance(host, vm, index, relationship),
                settingsInstance(host, vm, index, relationship),
              ],
            ),
          ]
        : [],
  },
  {
    ...snapshotOfVirtualSystem,
    pairs: (host, vm) =>
      vm
        ? fan(
            virtualMachineInstance(host, vm),
            vm.recoveryPoints.map((point) => recoveryPointInstance(host, vm, point)),
          )
        : [],
  },
  {
    ...virtualSystemSettingDataComponent,
    pairs: (host, vm) => (vm ? fan(settingDataInstance(host, vm), resourceInstances(host, vm)) : []),
  },
  {
    ...replicaSystemDependency,
    pairs: (host, vm) => {
      const replica = vm?.testOf ? host.vms.get(vm.testOf) : vm;
      const test = replica?.testMachine ? host.vms.get(replica.testMachine) : undefined;
      return replica && test ? [[virtualMachineInstance(host, replica), virtualMachineInstance(host, test)]] : [];
    },
    belongsTo: (vm) => vm?.testOf === null,
  },
  {
    ...systemDevice,
    pairs: (host, vm) =>
      vm
        ? fan(
            virtualMachineInstance(host, vm),
            [heartbeatInstance(host, vm), keyboardInstance(vm), shutdownInstance(vm)].filter((one) => one !== null),
          )
        : [],
  },
  {
    ...affectedJobElement,
    pairs: (host, vm) =>
      vm
        ? fan(
            virtualMachineInstance(host, vm),
            jobsOf(host, vm).map((job) => jobInstance(host, job)),
          )
        : [],
    more: { ElementEffects: [2] },
  },
  {
    ...owningJobElement,
    pairs: (host, vm) => {
      const owner = replicationServiceInstances(host)[0];
      return owner
        ? fan(
            owner,
            hostJobs(host, vm).map((job) => jobInstance(host, job)),
          )
        : [];
    },
  },
  { ...computerSystemProcessor, pairs: (host, vm) => (vm ? [] : fan(win32ComputerSystemInstance(host), processorInstances(host))) },
];

export const ASSOCIATION_CLASSES: readonly CimClass[] = ASSOCIATIONS.map((association) => association.cls);

/** All instances of an association class; undefined when the class is no association. */
export function associationInstances(host: Host, cls: CimClass): Iterable<CimInstance> | undefined {
  const association = ASSOCIATIONS.find((one) => one.cls === cls);
  return association && enumerate(host, association);
}

function* enumerate(host: Host, association: Association): Iterable<CimInstance> {
  // Most machines have no job: going by the jobs keeps this look-up independent of the number of machines.
  const byJob = association.cls === affectedJobElement.cls || association.cls === owningJobElement.cls;
  const machines = byJob
    ? new Set([...host.jobs.values()].map((job) => job.vm))
    : new Set<VirtualMachine | null>([null, ...host.vms.values()]);
  for (const vm of machines) {
    if (association.belongsTo?.(vm) === false) continue;
    for (const [from, to] of association.pairs(host, vm)) {
      yield instanceOf(association.cls, { [association.from]: referenceTo(from), [association.to]: referenceTo(to), ...association.more });
    }
  }
}

/** What is associated with `source`, whichever end it is; both class names optional and compared without regard to case. */
export function* associatorsOf(
  host: Host,
  source: CimReference,
  assocClass: string | null,
  resultClass: string | null,
): Iterable<CimInstance> {
  const vm = machineOf(host, source);
  for (const association of ASSOCIATIONS) {
    if (assocClass !== null && !same(association.cls.name, assocClass)) continue;
    for (const [from, to] of association.pairs(host, vm)) {
      const other = names(source, from) ? to : names(source, to) ? from : null;
      if (other && (resultClass === null || same(other.class.name, resultClass))) yield other;
    }
  }
}

/** The machine an object belongs to, from the GUID in its key; null for what belongs to the host. */
function machineOf(host: Host, source: CimReference): VirtualMachine | null {
  for (const value of Object.values(source.keys)) {
    const ids = value.toUpperCase().match(/[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}/g) ?? [];
    for (const id of ids) {
      const vm = host.vms.get(id) ?? host.jobs.get(id)?.vm ?? host.world.machineWithRecoveryPoint(host, id);
      if (vm) return vm;
    }
  }
  return null;
}

/** True when every key the reference gives is the instance's: a partial key matches. */
function names(reference: CimReference, instance: CimInstance): boolean {
  if (!same(reference.className, instance.class.name)) return false;
  return Object.entries(reference.keys).every(([name, value]) => {
    const property = instance.class.properties.find((one) => same(one.name, name));
    return property !== undefined && same(String(instance.values[property.name]), value);
  });
}

function hostJobs(host: Host, vm: VirtualMachine | null): Job[] {
  return vm ? jobsOf(host, vm) : [...host.jobs.values()].filter((job) => job.vm === null);
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
