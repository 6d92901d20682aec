import type { Heartbeat, MachinePower } from '../hyperv-host.ts';
import type { Call } from './call.ts';
import type { ClassList, ClassProjection } from './cim-access.ts';
import { type CimInstance, integerOf, integersOf, referenceOf, textOf } from './cim-instance.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { asGuid, requireGuid } from './vm-id.ts';

const DEVICE_KEYS = ['CreationClassName', 'DeviceID', 'SystemCreationClassName', 'SystemName'] as const;

/** `Msvm_ReplicaSystemDependency`: a replica and its test replica, as the host's own references. */
export const TEST_REPLICAS: ClassProjection = {
  namespace: HYPERV_NAMESPACE,
  className: 'Msvm_ReplicaSystemDependency',
  properties: ['Antecedent', 'Dependent'],
};

/** Power, mode and state of one machine. Its own copy of the replication state will do: it is about the primary relationship. */
export async function powerOf(list: ClassList, vmId: string, call: Call): Promise<MachinePower | null> {
  const properties = ['Name', 'EnabledState', 'ReplicationMode', 'ReplicationState'];
  const [machine] = await list(ofMachine('Msvm_ComputerSystem', 'Name', vmId, properties), call);
  if (machine === undefined) return null;
  return {
    power: integerOf(machine, 'EnabledState') ?? 0,
    mode: integerOf(machine, 'ReplicationMode') ?? 0,
    state: integerOf(machine, 'ReplicationState') ?? 0,
  };
}

/** What the machine's heartbeat component says; a machine that is off has none. */
export async function heartbeatOf(list: ClassList, vmId: string, call: Call): Promise<Heartbeat> {
  const [component] = await list(ofMachine('Msvm_HeartbeatComponent', 'SystemName', vmId, ['SystemName', 'OperationalStatus']), call);
  return (component && HEARTBEATS[integersOf(component, 'OperationalStatus')[0] ?? 0]) ?? 'none';
}

/** `OperationalStatus[0]`: OK, degraded (an older protocol that works), no contact, lost communication. 7 (protocols do not fit) and 15 (paused) are none. */
const HEARTBEATS: Readonly<Record<number, Heartbeat>> = { 2: 'ok', 3: 'ok', 12: 'no-contact', 13: 'lost' };

/** Keys of the machine's shutdown component as the host gives them; null when it has none. */
export async function shutdownComponentOf(list: ClassList, vmId: string, call: Call): Promise<Readonly<Record<string, string>> | null> {
  const [component] = await list(ofMachine('Msvm_ShutdownComponent', 'SystemName', vmId, DEVICE_KEYS), call);
  if (component === undefined) return null;
  return Object.fromEntries(DEVICE_KEYS.map((key) => [key, textOf(component, key) ?? '']).filter(([, value]) => value !== ''));
}

/** The test replica of a machine. */
export async function testReplicaOf(list: ClassList, vmId: string, call: Call): Promise<string | null> {
  const wanted = requireGuid('identifier of the virtual machine', vmId);
  return readTestReplicas(await list(TEST_REPLICAS, call)).get(wanted) ?? null;
}

/** Test replicas by the machine they were made from. */
export function readTestReplicas(dependencies: readonly CimInstance[]): ReadonlyMap<string, string> {
  const testReplicas = new Map<string, string>();
  for (const each of dependencies) {
    const [replica, test] = (['Antecedent', 'Dependent'] as const).map((end) => asGuid(referenceOf(each, end)?.keys.get('Name') ?? ''));
    if (replica && test) testReplicas.set(replica, test);
  }
  return testReplicas;
}

function ofMachine(className: string, property: string, guid: string, properties: readonly string[]): ClassProjection {
  return { namespace: HYPERV_NAMESPACE, className, properties, where: { property, guid } };
}
