import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../../../domain/replication.ts';
import type { OperationPlan } from '../operation.ts';
import type { Relationship, VirtualMachine } from '../virtual-machine.ts';
import {
  begin,
  beginAndFail,
  embeddedArgument,
  freeRelationship,
  hasExternalProvider,
  isRecoverySide,
  type Method,
  machineArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';

const REVERSE_MS = 4_000;

/**
 * `Msvm_ReplicationService.ReverseReplicationRelationship` on the failed-over machine, from 5, 6 or (quirk) 14: it becomes the primary.
 * After a planned failover both sides replicate at once (state 3), else this side waits for its initial replication (state 1).
 * What is wrong with the other side ends the job, not the call.
 */
export const reverseReplicationRelationship: Method = (context) => {
  const { host, call } = context;
  const vm = machineArgument(context);
  const settings = embeddedArgument(context, vm, 'ReplicationSettingData', 'Msvm_ReplicationSettingData');
  const target = settings?.properties.get('RecoveryConnectionPoint');
  if (typeof target !== 'string' || target === '') throw new Refusal(ReturnValue.InvalidParameter);
  const relationship = freeRelationship(vm);
  requireState(isRecoverySide(vm));
  const complete = relationship.state === ReplicationState.FailbackComplete;
  const reversible = complete ? vm.quirks.reverseFromComplete : STATES.includes(relationship.state);
  requireState(reversible);

  const plan: Omit<OperationPlan, 'done'> = {
    method: call.method,
    jobType: 104,
    caption: 'Reversing replication',
    cancellable: false,
    workMs: REVERSE_MS,
    transfer: false,
    failed: () => undefined,
  };
  if (hasExternalProvider(relationship)) {
    const done = (): void => becomePrimary(vm, relationship, vm.quirks.providerReverseState, host.fqdn, target);
    return begin(context, vm, { ...plan, done });
  }
  const receiver = host.world.hostByAddress(target);
  if (!receiver) return beginAndFail(context, vm, plan, 'The name of the Replica server could not be resolved. (0x00002EE7)');
  if (!receiver.up) return beginAndFail(context, vm, plan, 'A connection with the Replica server could not be established. (0x00002EFD)');
  if (!receiver.quirks.recoveryServerEnabled)
    return beginAndFail(context, vm, plan, 'The server is not enabled as a Replica server. (0x80070005)');
  const partner = receiver.vms.get(vm.id);
  const other = partner?.relationship;
  if (!partner || !other || partner.hostName === vm.hostName)
    return beginAndFail(context, vm, plan, 'The Replica server has no such virtual machine. (0x80041002)');
  const atOnce = complete || other.state === ReplicationState.SyncedReplicationComplete;
  const waiting = partner.mode === ReplicationMode.Replica && other.state === ReplicationState.WaitingToCompleteInitialReplication;
  if (partner.power !== EnabledState.Off || partner.operation || !(atOnce || waiting)) {
    return beginAndFail(context, vm, plan, 'The virtual machine on the Replica server is not in a valid replication state. (0x80070057)');
  }
  return begin(context, vm, {
    ...plan,
    done: () => {
      becomePrimary(
        vm,
        relationship,
        atOnce ? ReplicationState.Replicating : ReplicationState.ReadyForReplication,
        host.fqdn,
        receiver.fqdn,
      );
      becomeReplica(
        partner,
        other,
        atOnce ? ReplicationState.Replicating : ReplicationState.WaitingToCompleteInitialReplication,
        receiver.fqdn,
        host.fqdn,
      );
      if (!atOnce) return;
      for (const side of [relationship, other]) side.lastReplicationTime = host.world.now();
    },
  });
};

const STATES: readonly number[] = [ReplicationState.Recovered, ReplicationState.Committed];

/** Turns a machine on the host at `own` into a replica that receives from `primary`. */
export function becomeReplica(vm: VirtualMachine, relationship: Relationship, state: number, own: string, primary: string): void {
  vm.mode = ReplicationMode.Replica;
  vm.recoveryPoints = [];
  turn(relationship, state, primary, own);
}

function becomePrimary(vm: VirtualMachine, relationship: Relationship, state: number, own: string, replica: string): void {
  vm.mode = ReplicationMode.Primary;
  vm.recoveryPoints = [];
  turn(relationship, state, own, replica);
}

function turn(relationship: Relationship, state: number, primary: string, replica: string): void {
  relationship.state = state;
  relationship.shown = null;
  relationship.startedFrom = null;
  relationship.failedOverType = ReplicationType.None;
  const replicating = state === ReplicationState.Replicating;
  relationship.health = replicating ? ReplicationHealth.Ok : ReplicationHealth.Warning;
  if (!replicating) {
    relationship.lastReplicationTime = null;
    relationship.lastApplyTime = null;
    relationship.lastApplicationConsistentTime = null;
  }
  relationship.primaryConnectionPoint = primary;
  relationship.primaryHostSystem = primary;
  relationship.recoveryConnectionPoint = replica;
  relationship.recoveryHostSystem = replica;
}
