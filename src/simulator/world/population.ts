import { EnabledState } from '../../domain/power.ts';
import { IN_BOX_PROVIDER, ReplicationHealth, ReplicationMode, ReplicationState } from '../../domain/replication.ts';
import type { Host } from './host.ts';
import { diskInstanceId } from './instances/storage-instance.ts';
import { AWKWARD_NAMES, machineNames } from './machine-names.ts';
import { DEFAULT_VM_QUIRKS, type VmQuirkSettings, withQuirks } from './quirks.ts';
import { type RandomStream, randomStream } from './random.ts';
import type { VmEntry } from './scenario.ts';
import type { Disk, RecoveryPoint, Relationship, VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

/** CLSID of the provider machines without a partner host belong to: made up, nobody's real provider. */
const EXTERNAL_PROVIDER = 'F0E1D2C3-B4A5-4968-8776-5A4B3C2D1E0F';

const GIGABYTE = 1e9;
const HOUR_MS = 3_600_000;
/** Every so many machines is still waiting for its commit. */
const RECOVERED_EVERY = 10;

/**
 * Puts machines into the world. Everything random about a machine comes from the seed and its number alone.
 * @param entries groups of machines; those without a host go to `drHosts` in turn
 */
export function populate(
  world: World,
  entries: readonly VmEntry[],
  drHosts: readonly Host[],
  options: { quirks?: VmQuirkSettings | undefined; awkwardNames?: boolean | undefined } = {},
): void {
  const total = entries.reduce((sum, entry) => sum + countOf(entry), 0);
  const names = namesFor(entries, total, options.awkwardNames ?? false);
  let index = 0;
  for (const entry of entries) {
    for (let nth = 0; nth < countOf(entry); nth += 1, index += 1) {
      const host = entry.host === undefined ? (drHosts[index % drHosts.length] as Host) : world.host(entry.host);
      addMachine(world, host, entry, index, names[index] as string, options.quirks);
    }
  }
}

function countOf(entry: VmEntry): number {
  return entry.count ?? entry.names?.length ?? 1;
}

/** Each name once, compared without regard to case: a second machine of a name gets `-2`. */
function namesFor(entries: readonly VmEntry[], total: number, awkward: boolean): string[] {
  const ordinary = machineNames(total);
  const taken = new Set<string>();
  let index = 0;
  const pick = (entry: VmEntry, nth: number): string => {
    const own = entry.names?.[nth] ?? (entry.prefix === undefined ? undefined : `${entry.prefix}-${String(nth + 1).padStart(3, '0')}`);
    return own ?? (awkward ? AWKWARD_NAMES[index] : undefined) ?? (ordinary[index] as string);
  };
  return entries.flatMap((entry) =>
    Array.from({ length: countOf(entry) }, (_, nth) => {
      const wanted = pick(entry, nth);
      let name = wanted;
      for (let copy = 2; taken.has(name.toLowerCase()); copy += 1) name = `${wanted}-${copy}`;
      taken.add(name.toLowerCase());
      index += 1;
      return name;
    }),
  );
}

function addMachine(world: World, host: Host, entry: VmEntry, index: number, name: string, quirks: VmQuirkSettings | undefined): void {
  const random = randomStream(world.seed, 'machine', index);
  const id = random.guid();
  const now = world.now();
  const partnerHost = entry.partner === undefined ? null : world.host(entry.partner);
  const mode = entry.mode ?? ReplicationMode.Replica;
  const provider = entry.provider ?? (partnerHost ? 'in-box' : 'external');
  const state =
    entry.state ??
    (partnerHost || index % RECOVERED_EVERY !== RECOVERED_EVERY - 1 ? ReplicationState.Committed : ReplicationState.Recovered);
  const lastReplicationTime = now - random.between(1, 20) * 60_000;
  const replica = mode === ReplicationMode.Replica || mode === ReplicationMode.ExtendedReplica;
  const away = partnerHost?.fqdn ?? 'recovery-provider';
  const relationship = (recovering: boolean): Relationship => ({
    state,
    shown: null,
    health: entry.health ?? ReplicationHealth.Warning,
    failedOverType: state === ReplicationState.Recovered || state === ReplicationState.Committed ? 1 : 0,
    lastType: 1,
    lastReplicationTime,
    lastApplyTime: lastReplicationTime,
    lastApplicationConsistentTime: lastReplicationTime - HOUR_MS,
    providerId: provider === 'external' ? EXTERNAL_PROVIDER : provider === 'in-box' ? IN_BOX_PROVIDER : provider.toUpperCase(),
    primaryConnectionPoint: recovering ? away : host.fqdn,
    recoveryConnectionPoint: recovering ? host.fqdn : away,
    primaryHostSystem: recovering ? away : host.fqdn,
    recoveryHostSystem: recovering ? host.fqdn : away,
    replicationInterval: 300,
    startedFrom: null,
  });
  const power = entry.power ?? (partnerHost ? EnabledState.Running : EnabledState.Off);
  const base = {
    id,
    name,
    quirks: withQuirks(DEFAULT_VM_QUIRKS, quirks, entry.quirks),
    disks: disksOf(id, name, entry, random),
    memoryMB: entry.memoryMB ?? 1024 * 2 ** random.between(1, 4),
    processors: entry.processors ?? 2 ** random.between(0, 3),
    createdAt: now - random.between(100, 1000) * 24 * HOUR_MS,
    powerChangedAt: now - HOUR_MS,
    consistent: true,
    automaticStartupAction: 3,
    operation: null,
    jobCount: 0,
  };
  const machine: VirtualMachine = {
    ...base,
    hostName: host.name,
    power,
    poweredSince: power === EnabledState.Running ? now - HOUR_MS : null,
    mode,
    relationship: mode === ReplicationMode.None ? null : relationship(replica),
    extended: entry.extended ? { ...relationship(false), state: ReplicationState.Replicating, health: ReplicationHealth.Ok } : null,
    partnerHost: partnerHost?.name ?? null,
    remoteRunning: provider !== 'in-box' && replica && power === EnabledState.Off,
    recoveryPoints: replica ? recoveryPointsOf(entry, lastReplicationTime, random) : [],
  };
  host.vms.set(id, machine);
  if (partnerHost) partnerHost.vms.set(id, otherSide(machine, partnerHost, base));
}

/**
 * The other side of a pair. After an unplanned failover the old primary is off, still thinks it is the primary, and has noticed that
 * replication does not work any more.
 */
function otherSide(machine: VirtualMachine, host: Host, base: Pick<VirtualMachine, 'id'> & object): VirtualMachine {
  const failedOver =
    machine.relationship?.state === ReplicationState.Recovered || machine.relationship?.state === ReplicationState.Committed;
  const replica = machine.mode === ReplicationMode.Replica;
  return {
    ...machine,
    ...base,
    hostName: host.name,
    partnerHost: machine.hostName,
    power: replica && !failedOver ? EnabledState.Running : EnabledState.Off,
    poweredSince: replica && !failedOver ? machine.powerChangedAt : null,
    mode: replica ? ReplicationMode.Primary : ReplicationMode.Replica,
    relationship: machine.relationship && {
      ...machine.relationship,
      state: failedOver ? ReplicationState.Critical : machine.relationship.state,
      health: failedOver ? ReplicationHealth.Critical : machine.relationship.health,
      failedOverType: 0,
    },
    extended: null,
    recoveryPoints: [],
  };
}

function disksOf(id: string, name: string, entry: VmEntry, random: RandomStream): Disk[] {
  const count = entry.disks ?? random.between(1, 3);
  const [low, high] = Array.isArray(entry.sizeGB) ? entry.sizeGB : [entry.sizeGB ?? 20, entry.sizeGB ?? 200];
  const total = (low + random.next() * (high - low)) * GIGABYTE;
  const folder = name.replace(/[^\w.-]+/g, '_');
  return Array.from({ length: count }, (_, index) => ({
    path: `D:\\Replica\\${folder}\\${folder}-${index}.vhdx`,
    instanceId: diskInstanceId(id, index),
    sizeBytes: Math.max(512, Math.round(total / count / 512) * 512),
  }));
}

function recoveryPointsOf(entry: VmEntry, latest: number, random: RandomStream): RecoveryPoint[] {
  return Array.from({ length: entry.recoveryPoints ?? 3 }, (_, index) => ({
    id: random.guid(),
    createdAt: latest - index * HOUR_MS,
    kind: index % 4 === 1 ? ('ApplicationConsistent' as const) : ('Standard' as const),
  }));
}
