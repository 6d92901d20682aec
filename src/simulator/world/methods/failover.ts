import { JobState } from '../../../domain/cim-job.ts';
import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationState, ReplicationType } from '../../../domain/replication.ts';
import { cancelOperation } from '../operation.ts';
import type { RecoveryPoint, VirtualMachine } from '../virtual-machine.ts';
import {
  begin,
  freeRelationship,
  isRecoverySide,
  isReference,
  keyOf,
  type Method,
  type MethodContext,
  machineArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';

const FAILOVER_MS = 5_000;
const COMMIT_MS = 3_000;
const REVERT_MS = 4_000;

const FAILOVER_STATES: readonly number[] = [
  ReplicationState.Replicating,
  ReplicationState.Suspended,
  ReplicationState.Resynchronizing,
  ReplicationState.DiskUpdateInProgress,
];

/** `Msvm_ReplicationService.InitiateFailover` on the replica: 3, 7, 10 or 15 → 12 → 5. It is planned when the partner was prepared. */
export const initiateFailover: Method = (context) => {
  const { host, call } = context;
  const vm = machineArgument(context);
  const relationship = freeRelationship(vm);
  const point = recoveryPointArgument(context, vm);
  requireState(isRecoverySide(vm) && FAILOVER_STATES.includes(relationship.state));
  requireState(vm.power === EnabledState.Off && relationship.lastReplicationTime !== null);
  const partner = host.world.partnerOf(vm);
  if (vm.quirks.refuseWhilePartnerRuns) requireState(!vm.remoteRunning && partner?.power !== EnabledState.Running);

  const before = relationship.state;
  const planned = partner?.relationship?.state === ReplicationState.SyncedReplicationComplete;
  // An unplanned failover ends the resynchronisation the other side is sending.
  if (before === ReplicationState.Resynchronizing && partner?.operation) cancelOperation(partner.operation, JobState.Terminated);
  relationship.state = ReplicationState.FailoverInProgress;
  return begin(context, vm, {
    method: call.method,
    jobType: 97,
    caption: 'Initiating failover',
    cancellable: false,
    workMs: FAILOVER_MS,
    transfer: false,
    done: () => {
      relationship.state = ReplicationState.Recovered;
      relationship.health = vm.quirks.warningAfterFailover ? ReplicationHealth.Warning : ReplicationHealth.Ok;
      relationship.failedOverType = planned
        ? ReplicationType.Planned
        : point?.kind === 'ApplicationConsistent'
          ? ReplicationType.ApplicationConsistent
          : ReplicationType.Regular;
    },
    failed: () => {
      relationship.state = before === ReplicationState.Resynchronizing ? ReplicationState.Replicating : before;
    },
  });
};

/** `Msvm_ReplicationService.CommitFailover`: 5 → 6, and 14 → 6 unless the quirk says otherwise. The recovery points are merged away. */
export const commitFailover: Method = (context) => {
  const vm = machineArgument(context);
  const relationship = freeRelationship(vm);
  const fromComplete = relationship.state === ReplicationState.FailbackComplete && vm.quirks.commitFromComplete;
  requireState(isRecoverySide(vm) && (relationship.state === ReplicationState.Recovered || fromComplete));
  return begin(context, vm, {
    method: context.call.method,
    jobType: 99,
    caption: 'Committing failover',
    cancellable: false,
    workMs: COMMIT_MS,
    transfer: false,
    done: () => {
      relationship.state = ReplicationState.Committed;
      relationship.shown = null;
      vm.recoveryPoints = [];
    },
    failed: () => undefined,
  });
};

/** `Msvm_ReplicationService.RevertFailover`: 5 or 12 → 3 on the replica, 4 → 3 on a prepared primary. The machine must be off. */
export const revertFailover: Method = (context) => {
  const vm = machineArgument(context);
  // A failover that is still going on may be reverted, too: its own lock does not count.
  const running = vm.relationship?.state === ReplicationState.FailoverInProgress ? vm.operation : null;
  if (running) {
    cancelOperation(running, JobState.Terminated);
    if (vm.relationship) vm.relationship.state = ReplicationState.FailoverInProgress;
  }
  const relationship = freeRelationship(vm);
  const revertible: readonly number[] = isRecoverySide(vm)
    ? [ReplicationState.Recovered, ReplicationState.FailoverInProgress]
    : [ReplicationState.SyncedReplicationComplete];
  requireState(revertible.includes(relationship.state) && vm.power === EnabledState.Off);
  return begin(context, vm, {
    method: context.call.method,
    jobType: 98,
    caption: 'Reverting failover',
    cancellable: false,
    workMs: REVERT_MS,
    transfer: false,
    done: () => {
      relationship.state = ReplicationState.Replicating;
      relationship.health = ReplicationHealth.Ok;
      relationship.failedOverType = ReplicationType.None;
    },
    failed: () => undefined,
  });
};

/** The recovery point a reference names; null = the latest. 32773 for one the machine does not have. */
function recoveryPointArgument(context: MethodContext, vm: VirtualMachine): RecoveryPoint | null {
  const value = context.call.args.SnapshotSettingData ?? null;
  if (value === null) return null;
  if (!isReference(value)) throw new Refusal(ReturnValue.IncorrectDataType);
  const wanted = keyOf(value, 'InstanceID')?.toUpperCase();
  const point = vm.recoveryPoints.find(({ id }) => `MICROSOFT:${id}` === wanted);
  if (!point) throw new Refusal(ReturnValue.InvalidParameter);
  return point;
}
