import { EnabledState } from '../../../domain/power.ts';
import { InitialReplicationType, ReplicationHealth, ReplicationMode, ReplicationState } from '../../../domain/replication.ts';
import type { MethodOutcome } from '../../cim.ts';
import { emptyLog } from '../change-log.ts';
import { parseCimDateTime } from '../cim-time.ts';
import type { Host } from '../host.ts';
import { startOperation } from '../operation.ts';
import type { OperationPlan } from '../operation-plan.ts';
import { diskBytes, type Relationship, type VirtualMachine } from '../virtual-machine.ts';
import {
  begin,
  beginAndFail,
  freeRelationship,
  type Method,
  type MethodContext,
  machineArgument,
  numberArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';
import { receives, WRONG_PARTNER } from './pair.ts';
import { findReceiver } from './receiver.ts';

/** `InitialReplicationType` of an export to media, which is not played. */
const EXPORT = 2;

/** `Msvm_ReplicationService.StartReplication` on the primary: 1 → 2 → 3, the replica 2 → 3. Export (type 2) is not supported. */
export const startReplication: Method = (context) => {
  const vm = machineArgument(context);
  const type = numberArgument(context, 'InitialReplicationType');
  if (type === EXPORT) throw new Refusal(ReturnValue.NotSupported);
  const seeded = type === InitialReplicationType.Seeded;
  if (type !== InitialReplicationType.Network && !seeded) throw new Refusal(ReturnValue.InvalidParameter);
  const warmUpMs = startDelay(context);
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && relationship.state === ReplicationState.ReadyForReplication);
  return copy(context, vm, relationship, initialReplication(vm, seeded), warmUpMs);
};

const RESYNCHRONIZABLE: readonly number[] = [
  ReplicationState.WaitingToStartResynchronization,
  ReplicationState.Suspended,
  ReplicationState.Critical,
  ReplicationState.ResynchronizationSuspended,
];

/** `Msvm_ReplicationService.Resynchronize` on the primary: 7, 8, 9 or 11 → 10 → 3. The replica's recovery points are deleted. */
export const resynchronize: Method = (context) => {
  const vm = machineArgument(context);
  const warmUpMs = startDelay(context);
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && RESYNCHRONIZABLE.includes(relationship.state));
  // What never had its initial replication has nothing to compare with.
  requireState(relationship.lastReplicationTime !== null);
  return beginResynchronization(context, vm, relationship, warmUpMs);
};

/** Compares and copies differences; when it is interrupted, replication waits for another resynchronisation (9). */
export function beginResynchronization(
  context: MethodContext,
  vm: VirtualMachine,
  relationship: Relationship,
  warmUpMs = 0,
): MethodOutcome {
  return copy(context, vm, relationship, resynchronization(vm), warmUpMs);
}

/** Lets the copy of a machine that is in 2 or 10 from the start of the scene go on, the given share of it done. */
export function continueCopy(host: Host, vm: VirtualMachine, share: number): void {
  const { relationship } = vm;
  const partner = host.world.partnerOf(vm);
  if (!relationship || !partner) return;
  const initial = relationship.state === ReplicationState.WaitingToCompleteInitialReplication;
  const what = initial ? initialReplication(vm, true) : resynchronization(vm);
  const plan = copyPlan(host, vm, relationship, partner, what);
  startOperation(host, vm, { ...plan, method: what.caption, doneMs: share * plan.workMs }, host.username);
}

interface Copy {
  readonly jobType: number;
  readonly caption: string;
  readonly share: number;
  /** State of both sides while the data flows. */
  readonly meanwhile: number;
  /** State of the primary, and of the replica, when it fails or is cancelled. */
  readonly unfinished: readonly [primary: number, replica: number];
}

function initialReplication(vm: VirtualMachine, seeded: boolean): Copy {
  return {
    jobType: seeded ? 117 : 94,
    caption: 'Initial replication',
    share: seeded ? vm.quirks.differingShare : 1,
    meanwhile: ReplicationState.WaitingToCompleteInitialReplication,
    unfinished: [ReplicationState.ReadyForReplication, ReplicationState.WaitingToCompleteInitialReplication],
  };
}

function resynchronization(vm: VirtualMachine): Copy {
  return {
    jobType: 107,
    caption: 'Resynchronizing',
    share: vm.quirks.differingShare,
    meanwhile: ReplicationState.Resynchronizing,
    unfinished: [ReplicationState.WaitingToStartResynchronization, ReplicationState.Replicating],
  };
}

function copy(context: MethodContext, vm: VirtualMachine, relationship: Relationship, what: Copy, warmUpMs: number): MethodOutcome {
  const { host, call } = context;
  const partner = host.world.partnerOf(vm);
  const plan = { ...copyPlan(host, vm, relationship, partner, what), method: call.method, warmUpMs };
  const trouble = vm.partnerHost === null ? null : troubleWith(host, vm, relationship, partner, what);
  if (trouble)
    return beginAndFail(context, vm, { ...plan, workMs: 1_000, bytes: 0, flows: () => undefined, failed: () => undefined }, trouble);
  relationship.state = what.meanwhile;
  if (partner?.relationship) partner.relationship.state = what.meanwhile;
  return begin(context, vm, plan);
}

/** Why the other side cannot take the copy, or null. */
function troubleWith(
  host: Host,
  vm: VirtualMachine,
  relationship: Relationship,
  partner: VirtualMachine | undefined,
  what: Copy,
): string | null {
  const { refusal } = findReceiver(host, relationship.recoveryConnectionPoint, vm.id, relationship);
  if (refusal !== null) return refusal;
  const state = partner?.relationship?.state;
  const initial = what.meanwhile === ReplicationState.WaitingToCompleteInitialReplication;
  const fits = (state === ReplicationState.WaitingToCompleteInitialReplication) === initial && receives(partner);
  return fits && partner?.power === EnabledState.Off && !partner.operation ? null : WRONG_PARTNER;
}

function copyPlan(
  host: Host,
  vm: VirtualMachine,
  relationship: Relationship,
  partner: VirtualMachine | undefined,
  what: Copy,
): Omit<OperationPlan, 'method'> {
  const { world } = host;
  const other = partner?.relationship ?? null;
  const bytes = diskBytes(vm) * what.share;
  const initial = what.meanwhile === ReplicationState.WaitingToCompleteInitialReplication;
  return {
    jobType: what.jobType,
    caption: what.caption,
    cancellable: true,
    workMs: (bytes / (vm.quirks.rateMBps * 1e6)) * 1000,
    bytes,
    transfer: true,
    // A resynchronisation writes to a disk of its own until it is complete.
    flows: () => {
      if (partner && initial) partner.consistent = false;
    },
    check: () => {
      if (!partner) return null;
      const ready = partner.mode === ReplicationMode.Replica && other?.state === what.meanwhile;
      return ready ? null : { errorCode: ReturnValue.Failed, description: WRONG_PARTNER };
    },
    done: () => {
      if (partner) {
        partner.consistent = true;
        partner.recoveryPoints = [];
      }
      emptyLog(world, vm);
      for (const side of other ? [relationship, other] : [relationship]) {
        side.state = ReplicationState.Replicating;
        side.health = ReplicationHealth.Ok;
        side.lastReplicationTime = world.now();
        side.lastApplyTime = world.now();
      }
    },
    failed: () => {
      relationship.state = what.unfinished[0];
      if (other?.state === what.meanwhile && partner?.mode === ReplicationMode.Replica) other.state = what.unfinished[1];
    },
  };
}

/** Milliseconds until the StartTime parameter; 0 for null and for the past. 32773 for text that is no time. */
function startDelay(context: MethodContext): number {
  const value = context.call.args.StartTime ?? null;
  if (value === null || value === '') return 0;
  const at = parseCimDateTime(String(value));
  if (at === null) throw new Refusal(ReturnValue.InvalidParameter);
  return Math.max(0, at - context.host.now());
}
