import { EnabledState } from '../../domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../domain/replication.ts';
import type { ChangeLog } from './change-log.ts';
import type { Operation } from './operation.ts';
import type { VmQuirks } from './quirks.ts';
import type { StageName } from './stage.ts';

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
  /** 1 Kerberos, 2 certificate. */
  authenticationType: number;
  certificateThumbPrint: string;
  /** Data comes over with every interval; false while a primary cannot reach its replica. */
  cycling: boolean;
  /** The state a failback started from, to go back to when it fails. */
  startedFrom: number | null;
}

/** A virtual machine on one host. The other side of a replicated pair is another object with the same id on another host. */
export interface VirtualMachine {
  /** `Msvm_ComputerSystem.Name`: upper-case GUID. */
  readonly id: string;
  readonly name: string;
  /** Changes when the machine moves to another node of a cluster. */
  hostName: string;
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
  readonly changeLog: ChangeLog;
  /** Starting state of the pair, when it was made in a named one. */
  readonly stage: StageName | null;
  /** Id of the replica this machine was made from by a test failover. */
  readonly testOf: string | null;
  /** Id of the machine a test failover made from this replica, while there is one. */
  testMachine: string | null;
  lastTestFailover: number | null;
}

/** The state of relationship 0 or 1 as an observer sees it. */
export function shownState(vm: VirtualMachine, relationship: Relationship): number {
  const state = relationship.shown ?? relationship.state;
  return vm.quirks.showStateAs[String(state)] ?? state;
}

/** The guest runs and its integration services answer. */
export function guestAnswers(vm: VirtualMachine, now: number): boolean {
  if (vm.quirks.neverAnswers || vm.power !== EnabledState.Running || vm.poweredSince === null) return false;
  return now - vm.poweredSince >= vm.quirks.bootSeconds * 1000;
}

/** A machine that is off or saved runs nowhere; in every other state its disks may be written to. */
export function isLive(power: number): boolean {
  return power !== EnabledState.Off && power !== EnabledState.Saved;
}

/** A primary prepared for failover is locked; a replica can be started only after it was failed over or failed back. */
export function mayStart(vm: VirtualMachine): boolean {
  const state = vm.relationship?.state ?? ReplicationState.Disabled;
  if (vm.mode === ReplicationMode.Primary) return state !== ReplicationState.SyncedReplicationComplete;
  if (vm.mode !== ReplicationMode.Replica && vm.mode !== ReplicationMode.ExtendedReplica) return true;
  const startable: readonly number[] = [ReplicationState.Recovered, ReplicationState.Committed, ReplicationState.FailbackComplete];
  return startable.includes(state);
}

/** When data last came over: while both sides replicate it moves on with every replication interval. */
export function lastReplicationTime(relationship: Relationship, now: number): number | null {
  const last = relationship.lastReplicationTime;
  if (last === null || !relationship.cycling || relationship.state !== ReplicationState.Replicating) return last;
  return now - ((now - last) % (relationship.replicationInterval * 1000));
}

/** Total size of the machine's disks, bytes. */
export function diskBytes(vm: VirtualMachine): number {
  return vm.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0);
}
