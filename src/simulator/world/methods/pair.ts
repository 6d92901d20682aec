import { ReplicationMode, ReplicationState } from '../../../domain/replication.ts';
import type { Operation } from '../operation.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import type { World } from '../world.ts';

/** States in which a replica takes what its primary sends, or could take it again. */
const RECEIVING: readonly number[] = [
  ReplicationState.WaitingToCompleteInitialReplication,
  ReplicationState.Replicating,
  ReplicationState.Suspended,
  ReplicationState.Critical,
  ReplicationState.WaitingToStartResynchronization,
  ReplicationState.Resynchronizing,
  ReplicationState.ResynchronizationSuspended,
];

/** True for a replica that has not been failed over. */
export function receives(vm: VirtualMachine | undefined): boolean {
  return vm?.mode === ReplicationMode.Replica && RECEIVING.includes(vm.relationship?.state ?? ReplicationState.Disabled);
}

/**
 * The other side when its host can be reached and both are one working pair: one primary, one replica that has not been failed over.
 * A change of one side reaches only such a side.
 */
export function connectedSide(world: World, vm: VirtualMachine): VirtualMachine | undefined {
  const partner = world.partnerOf(vm);
  if (!partner || !world.host(partner.hostName).up) return undefined;
  if (vm.mode === ReplicationMode.Primary) return receives(partner) ? partner : undefined;
  return vm.mode === ReplicationMode.Replica && receives(vm) && partner.mode === ReplicationMode.Primary ? partner : undefined;
}

/** The copy a primary is sending while it is in the given state, if it is. */
export function copyOf(primary: VirtualMachine | undefined, state: number): Operation | null {
  return primary?.mode === ReplicationMode.Primary && primary.relationship?.state === state ? primary.operation : null;
}

/** What a job says that found the other side in another state than it needs. */
export const WRONG_PARTNER = 'The virtual machine on the Replica server is not in a valid replication state. (0x80070057)';
export const NO_CONNECTION = 'A connection with the Replica server could not be established. (0x00002EFD)';
