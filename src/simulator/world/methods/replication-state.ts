import { JobState } from '../../../domain/cim-job.ts';
import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, RequestedReplicationState } from '../../../domain/replication.ts';
import { emptyLog, pendingBytes } from '../change-log.ts';
import type { JobTrouble } from '../job.ts';
import { cancelOperation } from '../operation.ts';
import type { OperationPlan } from '../operation-plan.ts';
import type { Relationship, VirtualMachine } from '../virtual-machine.ts';
import type { World } from '../world.ts';
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
import { connectedSide, copyOf, NO_CONNECTION, receives, WRONG_PARTNER } from './pair.ts';
import { beginResynchronization } from './replicate.ts';
import { becomeReplica } from './reverse-replication.ts';

const CHANGE_MS = 2_000;
const PREPARE_MS = 6_000;

/** `RequestedState` of a replication state change. */
const Requested = { ...RequestedReplicationState, Ready: 1, Suspend: 7, CancelResynchronization: 9 } as const;

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

/** A primary that is no longer the primary becomes a replica that waits for its first data. Its other side must have been failed over. */
function becomesReplica(context: MethodContext, vm: VirtualMachine) {
  const { host } = context;
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && vm.power === EnabledState.Off && host.quirks.recoveryServerEnabled);
  const stale = (): boolean => {
    const partner = host.world.partnerOf(vm);
    return !receives(partner) && partner?.relationship?.state !== ReplicationState.FailoverInProgress;
  };
  requireState(stale());
  const primary = vm.partnerHost === null ? relationship.recoveryConnectionPoint : host.world.host(vm.partnerHost).connectionPoint;
  const done = (): void => {
    becomeReplica(vm, relationship, ReplicationState.WaitingToCompleteInitialReplication, host.world.host(vm.hostName), primary);
  };
  return change(context, vm, { done, check: () => wrongUnless(stale() && vm.power === EnabledState.Off) });
}

/** Resumes: from 7 both sides replicate again; 8, 9 and 11 need a resynchronisation. On a replica in 10 it cancels the resynchronisation. */
function replicates(context: MethodContext, vm: VirtualMachine) {
  const { world } = context.host;
  const relationship = freeRelationship(vm);
  if (isRecoverySide(vm) && relationship.state === ReplicationState.Resynchronizing) {
    const sender = copyOf(world.partnerOf(vm), ReplicationState.Resynchronizing);
    if (sender) cancelOperation(sender, JobState.Terminated);
    return changeState(context, vm, relationship, ReplicationState.Replicating);
  }
  if (relationship.state === ReplicationState.Suspended) return resumes(context, vm, relationship);
  const resumable: readonly number[] = [
    ReplicationState.Critical,
    ReplicationState.WaitingToStartResynchronization,
    ReplicationState.ResynchronizationSuspended,
  ];
  requireState(vm.mode === ReplicationMode.Primary && resumable.includes(relationship.state));
  requireState(relationship.lastReplicationTime !== null);
  return beginResynchronization(context, vm, relationship);
}

function resumes(context: MethodContext, vm: VirtualMachine, relationship: Relationship) {
  const done = (): void => {
    const other = connectedSide(context.host.world, vm);
    for (const side of other ? [vm, other] : [vm]) {
      const own = side.relationship;
      if (own?.state !== ReplicationState.Suspended) continue;
      const unstarted =
        side.mode === ReplicationMode.Primary ? ReplicationState.ReadyForReplication : ReplicationState.WaitingToCompleteInitialReplication;
      own.state = relationship.lastReplicationTime === null ? unstarted : ReplicationState.Replicating;
      own.health = relationship.lastReplicationTime === null ? ReplicationHealth.Warning : ReplicationHealth.Ok;
    }
  };
  return change(context, vm, { done, check: () => troubleWithOther(context.host.world, vm) });
}

/** Prepares a planned failover: the last changes are sent, and the machine can no longer be started. */
function prepares(context: MethodContext, vm: VirtualMachine) {
  const { world } = context.host;
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && vm.power === EnabledState.Off && relationship.state === ReplicationState.Replicating);
  const bytes = pendingBytes(world, vm);
  const plan = { ...changePlan(context, PREPARE_MS + bytes / (vm.quirks.rateMBps * 1000), 100), bytes };
  const replicaIsReady = (): boolean => {
    const partner = world.partnerOf(vm);
    return partner?.mode === ReplicationMode.Replica && partner.relationship?.state === ReplicationState.Replicating;
  };
  if (vm.partnerHost !== null) {
    if (!world.host(vm.partnerHost).up) return beginAndFail(context, vm, plan, NO_CONNECTION);
    if (!replicaIsReady()) return beginAndFail(context, vm, plan, WRONG_PARTNER);
  }
  return begin(context, vm, {
    ...plan,
    check: () => wrongUnless(vm.power === EnabledState.Off && (vm.partnerHost === null || replicaIsReady())),
    done: () => {
      emptyLog(world, vm);
      relationship.state = ReplicationState.SyncedReplicationComplete;
      for (const side of [relationship, world.partnerOf(vm)?.relationship]) if (side) side.lastReplicationTime = world.now();
    },
  });
}

/** Suspends replication on both sides; a copy that is going on, from whichever side, is interrupted. */
function suspends(context: MethodContext, vm: VirtualMachine) {
  const { world } = context.host;
  const { relationship } = vm;
  const partner = world.partnerOf(vm);
  const initial = relationship?.state === ReplicationState.WaitingToCompleteInitialReplication;
  const resynchronizing = relationship?.state === ReplicationState.Resynchronizing;
  const primary = vm.mode === ReplicationMode.Primary;
  if (relationship && primary && (initial || resynchronizing) && vm.operation) {
    cancelOperation(vm.operation, JobState.Terminated);
    if (resynchronizing) return changeState(context, vm, relationship, ReplicationState.ResynchronizationSuspended);
    return change(context, vm, { done: () => suspendBoth(context, vm), check: () => otherIsBusy(world, vm) });
  }
  const free = freeRelationship(vm);
  requireState(free.state === ReplicationState.Replicating || (initial && !primary));
  // A prepared primary has sent its last change: there is nothing to suspend any more.
  requireState(primary || partner?.relationship?.state !== ReplicationState.SyncedReplicationComplete);
  const sender = initial ? copyOf(partner, ReplicationState.WaitingToCompleteInitialReplication) : null;
  if (sender) cancelOperation(sender, JobState.Terminated);
  const check = (): JobTrouble | null => (primary ? otherIsBusy(world, vm) : troubleWithOther(world, vm));
  return change(context, vm, { done: () => suspendBoth(context, vm), check });
}

/** Both sides must change together: the other one is there and nobody holds it. */
function troubleWithOther(world: World, vm: VirtualMachine): JobTrouble | null {
  const unreachable = vm.partnerHost !== null && !world.host(vm.partnerHost).up;
  return unreachable ? { errorCode: ReturnValue.Failed, description: NO_CONNECTION } : otherIsBusy(world, vm);
}

function otherIsBusy(world: World, vm: VirtualMachine): JobTrouble | null {
  return wrongUnless(!connectedSide(world, vm)?.operation);
}

const SUSPENDABLE: readonly number[] = [
  ReplicationState.Replicating,
  ReplicationState.ReadyForReplication,
  ReplicationState.WaitingToCompleteInitialReplication,
];

function suspendBoth(context: MethodContext, vm: VirtualMachine): void {
  const other = connectedSide(context.host.world, vm);
  for (const side of other ? [vm, other] : [vm]) {
    const own = side.relationship;
    if (own && SUSPENDABLE.includes(own.state)) own.state = ReplicationState.Suspended;
  }
}

function cancelsResynchronization(context: MethodContext, vm: VirtualMachine) {
  const { relationship } = vm;
  if (!relationship) throw new Refusal(ReturnValue.InvalidState);
  requireState(vm.mode === ReplicationMode.Primary && relationship.state === ReplicationState.Resynchronizing);
  if (vm.operation) cancelOperation(vm.operation, JobState.Terminated);
  return changeState(context, vm, relationship, ReplicationState.WaitingToStartResynchronization);
}

function changeState(context: MethodContext, vm: VirtualMachine, relationship: Relationship, state: number) {
  const done = (): void => {
    relationship.state = state;
  };
  return change(context, vm, { done });
}

function change(context: MethodContext, vm: VirtualMachine, how: Pick<OperationPlan, 'done' | 'check'>) {
  return begin(context, vm, { ...changePlan(context, CHANGE_MS, 96), ...how });
}

function changePlan(context: MethodContext, workMs: number, jobType: number): Omit<OperationPlan, 'done'> {
  const { method } = context.call;
  const caption = 'Changing the replication state';
  return { method, jobType, caption, cancellable: false, workMs, transfer: false, failed: () => undefined };
}

function wrongUnless(right: boolean) {
  return right ? null : { errorCode: ReturnValue.Failed, description: WRONG_PARTNER };
}
