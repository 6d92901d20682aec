import { EnabledState } from '../../domain/power.ts';
import { ReplicationState } from '../../domain/replication.ts';
import type { Operation } from './operation.ts';
import type { VmQuirks } from './quirks.ts';

export interface Disk {
  readonly path: string;
  /** `Msvm_StorageAllocationSettingData.InstanceID`. */
  readonly instanceId: string;
  readonly sizeBytes: number;
}

/** One point in time a replica can be brought to. */
export interface RecoveryPoint {
  /** GUID; the settings object that stands for the point is `Microsoft:<id>`. */
  readonly id: string;
  readonly createdAt: number;
  readonly kind: 'Standard' | 'ApplicationConsistent' | 'PlannedFailover';
}

export interface Relationship {
  /** The real replication state; methods go by it. */
  state: number;
  /** Shown instead of the real state while it is not null. */
  shown: number | null;
  health: number;
  failedOverType: number;
  lastType: number;
  /** World time, as all times here. */
  lastReplicationTime: number | null;
  lastApplyTime: number | null;
  lastApplicationConsistentTime: number | null;
  /** Upper-case GUID of the provider. */
  providerId: string;
  primaryConnectionPoint: string;
  recoveryConnectionPoint: string;
  primaryHostSystem: string;
  recoveryHostSystem: string;
  replicationInterval: number;
  /** The state a failback started from, to go back to when it fails. */
  startedFrom: number | null;
}

/** A virtual machine on one host. The other side of a replicated pair is another object with the same id on another host. */
export interface VirtualMachine {
  /** `Msvm_ComputerSystem.Name`: upper-case GUID. */
  readonly id: string;
  readonly name: string;
  readonly hostName: string;
  readonly quirks: VmQuirks;
  readonly disks: readonly Disk[];
  readonly memoryMB: number;
  readonly processors: number;
  readonly createdAt: number;
  /** `EnabledState`. */
  power: number;
  poweredSince: number | null;
  powerChangedAt: number;
  /** `ReplicationMode`. */
  mode: number;
  relationship: Relationship | null;
  /** Relationship 1: replica to a third site. */
  extended: Relationship | null;
  /** Name of the host with the other side of the pair; null with an external provider. */
  partnerHost: string | null;
  /** External provider: the machine runs at the provider's side. */
  remoteRunning: boolean;
  /** Disks are usable; false after an interrupted copy. */
  consistent: boolean;
  recoveryPoints: readonly RecoveryPoint[];
  automaticStartupAction: number;
  /** Who holds the machine's lock. */
  operation: Operation | null;
  /** Jobs started so far: part of the next job's id. */
  jobCount: number;
}

/** The state of relationship 0 or 1 as an observer sees it. */
export function shownState(vm: VirtualMachine, relationship: Relationship): number {
  const state = relationship.shown ?? relationship.state;
  return vm.quirks.showStateAs[String(state)] ?? state;
}

/** Host milliseconds after power-on until the guest answers. */
const BOOT_MS = 30_000;

/** The guest runs and its integration services answer. */
export function guestAnswers(vm: VirtualMachine, now: number): boolean {
  return vm.power === EnabledState.Running && vm.poweredSince !== null && now - vm.poweredSince >= BOOT_MS;
}

/** When data last came over: while both sides replicate it moves on with every replication interval. */
export function lastReplicationTime(relationship: Relationship, now: number): number | null {
  const last = relationship.lastReplicationTime;
  if (last === null || relationship.state !== ReplicationState.Replicating) return last;
  return now - ((now - last) % (relationship.replicationInterval * 1000));
}

/** Total size of the machine's disks, bytes. */
export function diskBytes(vm: VirtualMachine): number {
  return vm.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
}
