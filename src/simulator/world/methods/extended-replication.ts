import { ReplicationMode } from '../../../domain/replication.ts';
import { parseEmbeddedInstance } from '../embedded-instance.ts';
import type { VirtualMachine } from '../virtual-machine.ts';
import {
  begin,
  freeRelationship,
  type Method,
  machineArgument,
  Refusal,
  ReturnValue,
  relationshipInstanceId,
  requireState,
} from './method.ts';

const REMOVE_MS = 2_000;

/**
 * `Msvm_ReplicationService.RemoveReplicationRelationship(Ex)`: ends relationship 0 or 1 of a machine, on this side only. A replica's
 * relationship 0 cannot go while it is replicated to a third host.
 */
export const removeReplicationRelationship: Method = (context) => {
  const vm = machineArgument(context);
  const index = relationshipArgument(context.call.args.ReplicationRelationship ?? null, vm);
  freeRelationship(vm);
  requireState(index === 1 ? vm.extended !== null : vm.extended === null);
  return begin(context, vm, {
    method: context.call.method,
    jobType: 93,
    caption: 'Removing replication',
    cancellable: false,
    workMs: REMOVE_MS,
    transfer: false,
    done: () => {
      if (index === 1) {
        vm.extended = null;
        return;
      }
      vm.relationship = null;
      vm.mode = ReplicationMode.None;
      vm.recoveryPoints = [];
    },
    failed: () => undefined,
  });
};

/** Which relationship an embedded `Msvm_ReplicationRelationship` is; null = relationship 0. Else 32773 or 32776. */
function relationshipArgument(value: unknown, vm: VirtualMachine): 0 | 1 {
  if (value === null) return 0;
  if (typeof value !== 'string') throw new Refusal(ReturnValue.IncorrectDataType);
  const id = parseEmbeddedInstance(value)?.properties.get('InstanceID');
  const index = ([0, 1] as const).find(
    (one) => typeof id === 'string' && id.toUpperCase() === relationshipInstanceId(vm, one).toUpperCase(),
  );
  if (index === undefined) throw new Refusal(ReturnValue.InvalidParameter);
  return index;
}
