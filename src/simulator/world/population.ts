import { EnabledState } from '../../domain/power.ts';
import { IN_BOX_PROVIDER, ReplicationHealth, ReplicationMode, ReplicationState } from '../../domain/replication.ts';
import { beginChangeLog, emptyChangeLog } from './change-log.ts';
import type { Host } from './host.ts';
import { countOf, disksOf, namesFor, recoveryPointsOf } from './machine-parts.ts';
import { AuthenticationType } from './methods/receiver.ts';
import { continueCopy } from './methods/replicate.ts';
import { DEFAULT_VM_QUIRKS, type VmQuirkSettings, withQuirks } from './quirks.ts';
import { randomStream } from './random.ts';
import type { VmEntry } from './scenario.ts';
import { type Side, type StageName, stageNamed } from './stage.ts';
import type { Relationship, VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

/** CLSID of the provider machines without a partner host belong to: made up, nobody's real provider. */
const EXTERNAL_PROVIDER = 'F0E1D2C3-B4A5-4968-8776-5A4B3C2D1E0F';

const HOUR_MS = 3_600_000;
/** Every so many machines is still waiting for its commit. */
const RECOVERED_EVERY = 10;

/** A machine with a copy on either site, as it stood at the start. */
export interface SimulatedPair {
  readonly id: string;
  readonly name: string;
  /** Host of the recovery site. */
  readonly away: string;
  readonly home: string;
  /** Null: no named starting state. */
  readonly stage: StageName | null;
}

/** Where machines go that do not say it themselves. */
export interface Sites {
  readonly dr: readonly Host[];
  readonly home: readonly Host[];
}

/**
 * Puts machines into the world. Everything random about a machine comes from the seed and its number alone.
 * @param entries groups of machines; those without a host go to the DR hosts in turn
 * @returns the machines that are host-to-host pairs
 */
export function populate(
  world: World,
  entries: readonly VmEntry[],
  sites: Sites,
  options: { quirks?: VmQuirkSettings | undefined; awkwardNames?: boolean | undefined } = {},
): SimulatedPair[] {
  const pairs: SimulatedPair[] = [];
  const names = namesFor(entries, options.awkwardNames ?? false);
  const inTurn = (hosts: readonly Host[], index: number): Host => hosts[index % hosts.length] as Host;
  let index = 0;
  for (const entry of entries) {
    for (let nth = 0; nth < countOf(entry); nth += 1, index += 1) {
      const stages = entry.stage === undefined || typeof entry.stage !== 'string' ? (entry.stage ?? []) : [entry.stage];
      const stage = stages[nth % Math.max(1, stages.length)] ?? null;
      const partner = entry.partner ?? (stage === null ? undefined : '*');
      const placement: Placement = {
        index,
        name: names[index] as string,
        stage,
        host: entry.host === undefined ? inTurn(sites.dr, index) : world.host(entry.host),
        partner: partner === undefined ? null : partner === '*' ? inTurn(sites.home, index) : world.host(partner),
        quirks: options.quirks,
      };
      const machine = addMachine(world, entry, placement);
      if (placement.partner) {
        pairs.push({ id: machine.id, name: machine.name, away: placement.host.name, home: placement.partner.name, stage });
      }
    }
  }
  return pairs;
}

interface Placement {
  readonly index: number;
  readonly name: string;
  readonly stage: StageName | null;
  readonly host: Host;
  readonly partner: Host | null;
  readonly quirks: VmQuirkSettings | undefined;
}

function addMachine(world: World, entry: VmEntry, { index, name, stage, host, partner, quirks }: Placement): VirtualMachine {
  const random = randomStream(world.seed, 'machine', index);
  const id = random.guid();
  const now = world.now();
  const provider = entry.provider ?? (partner ? 'in-box' : 'external');
  const providerId = provider === 'external' ? EXTERNAL_PROVIDER : provider === 'in-box' ? IN_BOX_PROVIDER : provider.toUpperCase();
  const { away, home } = stage === null ? sidesOf(entry, index, partner !== null) : stageNamed(stage);
  const latest = now - random.between(1, 20) * 60_000;
  const base = {
    id,
    name,
    disks: disksOf(id, name, entry, random),
    memoryMB: entry.memoryMB ?? 1024 * 2 ** random.between(1, 4),
    processors: entry.processors ?? 2 ** random.between(0, 3),
    createdAt: now - random.between(100, 1000) * 24 * HOUR_MS,
    powerChangedAt: now - HOUR_MS,
    consistent: true,
    automaticStartupAction: 3,
    operation: null,
    extended: null,
    stage,
    testOf: null,
    testMachine: null,
    lastTestFailover: null,
  };
  /** One copy of the machine, on one host. */
  const copy = (own: Host, other: Host | null, side: Side, more?: VmQuirkSettings): VirtualMachine => {
    const replica = side.mode === ReplicationMode.Replica || side.mode === ReplicationMode.ExtendedReplica;
    const ends = { own: endAt(own), other: other ? endAt(other) : PROVIDER_END, replica };
    return {
      ...base,
      jobCount: 0,
      quirks: withQuirks(DEFAULT_VM_QUIRKS, quirks, entry.quirks, more),
      hostName: own.name,
      partnerHost: other?.name ?? null,
      power: side.power,
      poweredSince: side.power === EnabledState.Running ? now - HOUR_MS : null,
      mode: side.mode,
      relationship: side.mode === ReplicationMode.None ? null : relationshipOf(side, providerId, side.started ? latest : null, ends),
      remoteRunning: false,
      recoveryPoints: [],
      changeLog: emptyChangeLog(now),
    };
  };
  const machine = copy(host, partner, away);
  const recovering = away.mode === ReplicationMode.Replica || away.mode === ReplicationMode.ExtendedReplica;
  machine.remoteRunning = provider !== 'in-box' && recovering && machine.power === EnabledState.Off;
  if (recovering) machine.recoveryPoints = recoveryPointsOf(entry, latest, random);
  host.vms.set(id, machine);
  if (entry.extended || stage === 'extended') extend(world, machine, entry, providerId, latest);
  if (!partner) return machine;
  const other = copy(partner, host, home, entry.partnerQuirks);
  if (stage !== null && home.mode === ReplicationMode.Replica && home.started)
    other.recoveryPoints = recoveryPointsOf(entry, latest, random);
  partner.vms.set(id, other);
  beginChangeLog(world, machine);
  beginChangeLog(world, other);
  if (stage === 'copying' || stage === 'resynchronizing') continueCopy(host, machine, random.next() * 0.5);
  return machine;
}

/** The sides of a machine without a named stage: what the entry says here, what follows from it there. */
function sidesOf(entry: VmEntry, index: number, pair: boolean): { away: Side; home: Side } {
  const mode = entry.mode ?? ReplicationMode.Replica;
  const state =
    entry.state ?? (pair || index % RECOVERED_EVERY !== RECOVERED_EVERY - 1 ? ReplicationState.Committed : ReplicationState.Recovered);
  const failedOver = state === ReplicationState.Recovered || state === ReplicationState.Committed;
  const health = entry.health ?? ReplicationHealth.Warning;
  const replica = mode === ReplicationMode.Replica;
  return {
    away: {
      mode,
      state,
      health,
      power: entry.power ?? (pair ? EnabledState.Running : EnabledState.Off),
      failedOverType: failedOver ? 1 : 0,
      started: true,
    },
    // After an unplanned failover the old primary is off, thinks it is the primary, and has noticed that replication does not work any more.
    home: {
      mode: replica ? ReplicationMode.Primary : ReplicationMode.Replica,
      state: failedOver ? ReplicationState.Critical : state,
      health: failedOver ? ReplicationHealth.Critical : health,
      power: replica && !failedOver ? EnabledState.Running : EnabledState.Off,
      failedOverType: 0,
      started: true,
    },
  };
}

/** One end of a relationship. */
interface End {
  readonly connectionPoint: string;
  readonly fqdn: string;
  readonly certificates: boolean;
  readonly thumbPrint: string;
}

interface Ends {
  readonly own: End;
  readonly other: End;
  /** The own side receives. */
  readonly replica: boolean;
}

function endAt({ connectionPoint, fqdn, quirks }: Host): End {
  return { connectionPoint, fqdn, certificates: quirks.authentication === 'certificate', thumbPrint: quirks.certificateThumbPrint };
}

const PROVIDER_END = namedEnd('recovery-provider');

function namedEnd(name: string): End {
  return { connectionPoint: name, fqdn: name, certificates: false, thumbPrint: '' };
}

function relationshipOf(side: Side, providerId: string, latest: number | null, ends: Ends): Relationship {
  const [primary, recovery] = ends.replica ? [ends.other, ends.own] : [ends.own, ends.other];
  const certificates = primary.certificates || recovery.certificates;
  return {
    state: side.state,
    shown: null,
    health: side.health,
    failedOverType: side.failedOverType,
    lastType: 1,
    lastReplicationTime: latest,
    lastApplyTime: latest,
    lastApplicationConsistentTime: latest === null ? null : latest - HOUR_MS,
    providerId,
    primaryConnectionPoint: primary.connectionPoint,
    recoveryConnectionPoint: recovery.connectionPoint,
    primaryHostSystem: primary.fqdn,
    recoveryHostSystem: recovery.fqdn,
    replicationInterval: 300,
    authenticationType: certificates ? AuthenticationType.Certificate : AuthenticationType.Kerberos,
    certificateThumbPrint: certificates ? primary.thumbPrint : '',
    cycling: true,
    startedFrom: null,
  };
}

/** Gives a replica a relationship to a third host, and that host its copy. After a failover the replication to it is suspended. */
function extend(world: World, machine: VirtualMachine, entry: VmEntry, providerId: string, latest: number): void {
  const third = entry.third === undefined ? null : world.host(entry.third);
  const own = endAt(world.host(machine.hostName));
  const other = third ? endAt(third) : namedEnd('third-site.example.net');
  const state = machine.stage === 'extended' ? ReplicationState.Suspended : ReplicationState.Replicating;
  const side = { state, health: ReplicationHealth.Ok, mode: 0, power: EnabledState.Off, failedOverType: 0, started: true };
  machine.extended = relationshipOf(side, providerId, latest, { own, other, replica: false });
  if (!third) return;
  third.vms.set(machine.id, {
    ...machine,
    hostName: third.name,
    partnerHost: null,
    power: EnabledState.Off,
    poweredSince: null,
    mode: ReplicationMode.ExtendedReplica,
    relationship: relationshipOf(side, providerId, latest, { own: other, other: own, replica: true }),
    extended: null,
    remoteRunning: false,
    recoveryPoints: [],
    changeLog: emptyChangeLog(world.now()),
  });
}
