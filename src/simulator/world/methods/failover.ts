import { JobState } from '../../../domain/cim-job.ts';
import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../../../domain/replication.ts';
import { cancelOperation } from '../operation.ts';
import {
  begin,
  freeRelationship,
  isRecoverySide,
  type Method,
  machineArgument,
  Refusal,
  ReturnValue,
  recoveryPointArgument,
  requireState,
} from './method.ts';
import { copyOf, WRONG_PARTNER } from './pair.ts';

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
  const resynchronization = before === ReplicationState.Resynchronizing ? copyOf(partner, before) : null;
  if (resynchronization) cancelOperation(resynchronization, JobState.Terminated);
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

/**
 * `Msvm_ReplicationService.RevertFailover`: 5 or 12 → 3 on the replica, 4 → 3 on a prepared primary. The machine must be off, and the other
 * side must not have been made a replica in the meantime; a prepared primary stays locked while its replica is being failed over.
 */
export const revertFailover: Method = (context) => {
  const { world } = context.host;
  const vm = machineArgument(context);
  const recovery = isRecoverySide(vm);
  const partner = world.partnerOf(vm);
  const possible = (): boolean =>
    vm.power === EnabledState.Off &&
    (recovery ? partner?.mode !== ReplicationMode.Replica : partner?.relationship?.state !== ReplicationState.FailoverInProgress);
  // A failover that is still going on may be reverted, too: its own lock does not count.
  const running = recovery && vm.relationship?.state === ReplicationState.FailoverInProgress ? vm.operation : null;
  const relationship = running ? vm.relationship : freeRelationship(vm);
  if (!relationship) throw new Refusal(ReturnValue.InvalidState);
  const revertible: readonly number[] = recovery
    ? [ReplicationState.Recovered, ReplicationState.FailoverInProgress]
    : [ReplicationState.SyncedReplicationComplete];
  requireState(revertible.includes(relationship.state) && possible());
  if (running) {
    cancelOperation(running, JobState.Terminated);
    relationship.state = ReplicationState.FailoverInProgress;
  }
  return begin(context, vm, {
    method: context.call.method,
    jobType: 98,
    caption: 'Reverting failover',
    cancellable: false,
    workMs: REVERT_MS,
    transfer: false,
    check: () => (possible() ? null : { errorCode: ReturnValue.Failed, description: WRONG_PARTNER }),
    done: () => {
      relationship.state = ReplicationState.Replicating;
      relationship.health = ReplicationHealth.Ok;
      relationship.failedOverType = ReplicationType.None;
    },
    failed: () => undefined,
  });
};
