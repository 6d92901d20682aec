import { ReplicationMode } from '../domain/replication.ts';

/** One virtual machine as found on one host. The same machine (same id) normally exists on both sides of a replication. */
export interface InventoryVm {
  /** Name of a host of the plan. */
  readonly host: string;
  /** `Msvm_ComputerSystem.Name`, an upper-case GUID. */
  readonly vmId: string;
  /** `ElementName`; not unique on a host. */
  readonly name: string;
  /** True when the machine has a replication relationship. */
  readonly replicated: boolean;
  /** `ReplicationMode`. */
  readonly mode: number;
  /** `ReplicationState`; null when not replicated. */
  readonly state: number | null;
  /** `ReplicationHealth`; null when not replicated. */
  readonly health: number | null;
  /** `EnabledState`. */
  readonly power: number;
  /** `Msvm_ReplicationProvider.Name`; null when not replicated or not readable. */
  readonly providerId: string | null;
  /** True when it replicates on to a third host. */
  readonly extended: boolean;
  /** The host of its other copy, by the name its replication settings have: of a cluster its Replica Broker's. Null when they say none. */
  readonly peer: string | null;
}

/** True for a replicated machine that is a replica: mode 2 or 4. Only these can be failed back. */
export function isRecoverySide(vm: Pick<InventoryVm, 'replicated' | 'mode'>): boolean {
  return vm.replicated && isRecoveryMode(vm.mode);
}

/** True for `ReplicationMode` 2 (replica) and 4 (extended replica). */
export function isRecoveryMode(mode: number): boolean {
  return mode === ReplicationMode.Replica || mode === ReplicationMode.ExtendedReplica;
}
