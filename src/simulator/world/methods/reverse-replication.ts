import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../../../domain/replication.ts';
import type { EmbeddedInstance } from '../embedded-instance.ts';
import type { Host } from '../host.ts';
import type { OperationPlan } from '../operation-plan.ts';
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
import { WRONG_PARTNER } from './pair.ts';
import { type Authentication, findReceiver } from './receiver.ts';

const REVERSE_MS = 4_000;

/**
 * `Msvm_ReplicationService.ReverseReplicationRelationship` on the failed-over machine, from 6, a planned 5 or (quirks) any 5 or 14: it
 * becomes the primary. After a planned failover both sides replicate at once (state 3), else this side waits for its initial replication
 * (state 1). What is wrong with the other side ends the job, or refuses the call when the quirk says so. A relationship to a third host
 * ends with it.
 */
export const reverseReplicationRelationship: Method = (context) => {
  const { host, call } = context;
  const { world } = host;
  const vm = machineArgument(context);
  const settings = embeddedArgument(context, vm, 'ReplicationSettingData', 'Msvm_ReplicationSettingData');
  const target = settings?.properties.get('RecoveryConnectionPoint');
  if (!settings || typeof target !== 'string' || target === '') throw new Refusal(ReturnValue.InvalidParameter);
  const relationship = freeRelationship(vm);
  requireState(isRecoverySide(vm) && reversible(vm, relationship));

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
    const done = (): void => becomePrimary(vm, relationship, vm.quirks.providerReverseState, context.host, target);
    return begin(context, vm, { ...plan, done });
  }
  const proof = authenticationOf(settings, relationship);
  const complete = relationship.state === ReplicationState.FailbackComplete;
  /** The other side if it is ready, and whether it replicates at once; or what is wrong. */
  const look = (): { partner: VirtualMachine; other: Relationship; atOnce: boolean } | string => {
    const { receiver, refusal } = findReceiver(world.host(vm.hostName), target, vm.id, proof);
    if (!receiver) return refusal;
    const partner = receiver.vms.get(vm.id);
    const other = partner?.relationship;
    if (!partner || !other || partner === vm) return 'The Replica server has no such virtual machine. (0x80041002)';
    const atOnce = complete || (partner.mode === ReplicationMode.Primary && other.state === ReplicationState.SyncedReplicationComplete);
    const waiting = partner.mode === ReplicationMode.Replica && other.state === ReplicationState.WaitingToCompleteInitialReplication;
    return partner.power === EnabledState.Off && !partner.operation && (atOnce || waiting) ? { partner, other, atOnce } : WRONG_PARTNER;
  };
  const before = look();
  if (typeof before === 'string') {
    if (vm.quirks.reverseRefusal !== 'job') throw new Refusal(vm.quirks.reverseRefusal);
    return beginAndFail(context, vm, plan, before);
  }
  return begin(context, vm, {
    ...plan,
    check: () => {
      const now = look();
      return typeof now === 'string' ? { errorCode: ReturnValue.Failed, description: now } : null;
    },
    done: () => {
      const now = look();
      if (typeof now === 'string') return;
      const { partner, other, atOnce } = now;
      const { ReadyForReplication, Replicating, WaitingToCompleteInitialReplication } = ReplicationState;
      const own = world.host(vm.hostName);
      const receiver = world.host(partner.hostName);
      becomePrimary(vm, relationship, atOnce ? Replicating : ReadyForReplication, own, receiver.connectionPoint, receiver.fqdn);
      becomeReplica(partner, other, atOnce ? Replicating : WaitingToCompleteInitialReplication, receiver, own.connectionPoint, own.fqdn);
      Object.assign(relationship, proof);
      Object.assign(other, proof);
      vm.extended = null;
      if (!atOnce) return;
      for (const side of [relationship, other]) side.lastReplicationTime = world.now();
    },
  });
};

function reversible(vm: VirtualMachine, { state, failedOverType }: Relationship): boolean {
  if (state === ReplicationState.FailbackComplete) return vm.quirks.reverseFromComplete;
  if (state === ReplicationState.Committed) return true;
  return state === ReplicationState.Recovered && (failedOverType === ReplicationType.Planned || vm.quirks.reverseUncommitted);
}

/** How the new primary will prove who it is: as the settings say, which of an unchanged replica name the old primary's certificate. */
function authenticationOf(settings: EmbeddedInstance, relationship: Relationship): Authentication {
  const type = settings.properties.get('AuthenticationType');
  const thumbPrint = settings.properties.get('CertificateThumbPrint');
  return {
    authenticationType: typeof type === 'string' ? Number(type) : relationship.authenticationType,
    certificateThumbPrint: typeof thumbPrint === 'string' ? thumbPrint : '',
  };
}

/** Turns a machine on host `own` into a replica that receives from the connection point `primary`, at present served by `node`. */
export function becomeReplica(
  vm: VirtualMachine,
  relationship: Relationship,
  state: number,
  own: Host,
  primary: string,
  node = primary,
): void {
  vm.mode = ReplicationMode.Replica;
  vm.recoveryPoints = [];
  turn(relationship, state);
  relationship.primaryConnectionPoint = primary;
  relationship.primaryHostSystem = node;
  relationship.recoveryConnectionPoint = own.connectionPoint;
  relationship.recoveryHostSystem = own.fqdn;
}

function becomePrimary(vm: VirtualMachine, relationship: Relationship, state: number, own: Host, replica: string, node = replica): void {
  vm.mode = ReplicationMode.Primary;
  vm.recoveryPoints = [];
  turn(relationship, state);
  relationship.primaryConnectionPoint = own.connectionPoint;
  relationship.primaryHostSystem = own.fqdn;
  relationship.recoveryConnectionPoint = replica;
  relationship.recoveryHostSystem = node;
}

function turn(relationship: Relationship, state: number): void {
  relationship.state = state;
  relationship.shown = null;
  relationship.startedFrom = null;
  relationship.failedOverType = ReplicationType.None;
  const replicating = state === ReplicationState.Replicating;
  relationship.health = replicating ? ReplicationHealth.Ok : ReplicationHealth.Warning;
  if (replicating) return;
  relationship.lastReplicationTime = null;
  relationship.lastApplyTime = null;
  relationship.lastApplicationConsistentTime = null;
}
