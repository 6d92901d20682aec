import { JobState } from '../../../domain/cim-job.ts';
import { EnabledState } from '../../../domain/power.ts';
import { ReplicationMode, ReplicationState } from '../../../domain/replication.ts';
import { cancelOperation, type OperationPlan } from '../operation.ts';
import type { Relationship, VirtualMachine } from '../virtual-machine.ts';
import {
  begin,
  beginAndFail,
  embeddedArgument,
  freeRelationship,
  isRecoverySide,
  type Method,
  type MethodContext,
  machineNamed,
  numberArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';
import { beginResynchronization } from './replicate.ts';
import { becomeReplica } from './reverse-replication.ts';

const CHANGE_MS = 2_000;
const PREPARE_MS = 6_000;

/** `RequestedState` of a replication state change. */
const Requested = { Ready: 1, BecomeReplica: 2, Replicate: 3, PrepareFailover: 4, Suspend: 7, CancelResynchronization: 9 } as const;

const COPYING: readonly number[] = [ReplicationState.Resynchronizing, ReplicationState.WaitingToCompleteInitialReplication];

/** `Msvm_ComputerSystem.RequestReplicationStateChange(Ex)`: what it does depends on side and state; 32775 where it does not apply. */
export const requestReplicationStateChange: Method = (context) => {
  const vm = machineNamed(context.host, String(context.call.target.values.Name));
  embeddedArgument(context, vm, 'ReplicationRelationship', 'Msvm_ReplicationRelationship');
  switch (numberArgument(context, 'RequestedState')) {
    case Requested.BecomeReplica:
      return becomesReplica(context, vm);
    case Requested.Replicate:
      return replicates(context, vm);
    case Requested.PrepareFailover:
      return prepares(context, vm);
    case Requested.Suspend:
      return suspends(context, vm);
    case Requested.CancelResynchronization:
      return cancelsResynchronization(context, vm);
    case Requested.Ready:
      throw new Refusal(ReturnValue.InvalidState);
    default:
      throw new Refusal(ReturnValue.InvalidParameter);
  }
};

/** A primary that is no longer the primary becomes a replica that waits for its first data. */
function becomesReplica(context: MethodContext, vm: VirtualMachine) {
  const { host } = context;
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && vm.power === EnabledState.Off && host.quirks.recoveryServerEnabled);
  const primary = vm.partnerHost === null ? relationship.recoveryConnectionPoint : host.world.host(vm.partnerHost).fqdn;
  return change(context, vm, CHANGE_MS, () => {
    becomeReplica(vm, relationship, ReplicationState.WaitingToCompleteInitialReplication, host.fqdn, primary);
  });
}

/** Resumes: from 7 both sides replicate again; 8, 9 and 11 need a resynchronisation. On a replica in 10 it cancels the resynchronisation. */
function replicates(context: MethodContext, vm: VirtualMachine) {
  const { world } = context.host;
  if (isRecoverySide(vm) && vm.relationship?.state === ReplicationState.Resynchronizing) {
    const sender = world.partnerOf(vm)?.operation;
    if (sender) cancelOperation(sender, JobState.Terminated);
    return changeState(context, vm, freeRelationship(vm), ReplicationState.Replicating);
  }
  const relationship = freeRelationship(vm);
  if (relationship.state === ReplicationState.Suspended) {
    const started = relationship.lastReplicationTime !== null;
    return change(context, vm, CHANGE_MS, () => {
      for (const side of bothSides(context, vm, relationship)) {
        if (side.state !== ReplicationState.Suspended) continue;
        const primary = (side === relationship) === (vm.mode === ReplicationMode.Primary);
        const unstarted = primary ? ReplicationState.ReadyForReplication : ReplicationState.WaitingToCompleteInitialReplication;
        side.state = started ? ReplicationState.Replicating : unstarted;
      }
    });
  }
  const resumable: readonly number[] = [
    ReplicationState.Critical,
    ReplicationState.WaitingToStartResynchronization,
    ReplicationState.ResynchronizationSuspended,
  ];
  requireState(vm.mode === ReplicationMode.Primary && resumable.includes(relationship.state));
  return beginResynchronization(context, vm, relationship);
}

/** Prepares a planned failover: the last changes are sent, and the machine can no longer be started. */
function prepares(context: MethodContext, vm: VirtualMachine) {
  const { world } = context.host;
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && vm.power === EnabledState.Off && relationship.state === ReplicationState.Replicating);
  const plan = changePlan(context, PREPARE_MS, 100);
  if (vm.partnerHost !== null && !world.host(vm.partnerHost).up) {
    return beginAndFail(context, vm, plan, 'A connection with the Replica server could not be established. (0x00002EFD)');
  }
  return begin(context, vm, {
    ...plan,
    done: () => {
      relationship.state = ReplicationState.SyncedReplicationComplete;
      for (const side of bothSides(context, vm, relationship)) side.lastReplicationTime = world.now();
    },
  });
}

/** Suspends replication on both sides; a copy that is going on is interrupted. */
function suspends(context: MethodContext, vm: VirtualMachine) {
  const before = vm.relationship?.state ?? ReplicationState.Disabled;
  if (vm.operation && COPYING.includes(before)) cancelOperation(vm.operation, JobState.Terminated);
  const relationship = freeRelationship(vm);
  if (before === ReplicationState.Resynchronizing && vm.mode === ReplicationMode.Primary) {
    return changeState(context, vm, relationship, ReplicationState.ResynchronizationSuspended);
  }
  requireState(before === ReplicationState.Replicating || before === ReplicationState.WaitingToCompleteInitialReplication);
  return change(context, vm, CHANGE_MS, () => {
    for (const side of bothSides(context, vm, relationship)) side.state = ReplicationState.Suspended;
  });
}

function cancelsResynchronization(context: MethodContext, vm: VirtualMachine) {
  requireState(vm.mode === ReplicationMode.Primary && vm.relationship?.state === ReplicationState.Resynchronizing);
  if (vm.operation) cancelOperation(vm.operation, JobState.Terminated);
  return changeState(context, vm, freeRelationship(vm), ReplicationState.WaitingToStartResynchronization);
}

function changeState(context: MethodContext, vm: VirtualMachine, relationship: Relationship, state: number) {
  return change(context, vm, CHANGE_MS, () => {
    relationship.state = state;
  });
}

function change(context: MethodContext, vm: VirtualMachine, workMs: number, done: () => void) {
  return begin(context, vm, { ...changePlan(context, workMs, 96), done });
}

function changePlan(context: MethodContext, workMs: number, jobType: number): Omit<OperationPlan, 'done'> {
  const { method } = context.call;
  const caption = 'Changing the replication state';
  return { method, jobType, caption, cancellable: false, workMs, transfer: false, failed: () => undefined };
}

/** The relationship here and, when the other side's host is up, the one there. */
function bothSides(context: MethodContext, vm: VirtualMachine, relationship: Relationship): Relationship[] {
  const { world } = context.host;
  const other = vm.partnerHost !== null && world.host(vm.partnerHost).up ? world.partnerOf(vm)?.relationship : null;
  return other ? [relationship, other] : [relationship];
}
