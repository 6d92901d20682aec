import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState } from '../../../domain/replication.ts';
import type { MethodOutcome } from '../../cim.ts';
import { parseCimDateTime } from '../cim-time.ts';
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

const InitialReplicationType = { Network: 1, Export: 2, SeededNetwork: 3 } as const;

/** Share of the disks' size that is sent when the other side already has most of the data. */
const SEEDED_SHARE = 0.1;

/** `Msvm_ReplicationService.StartReplication` on the primary: 1 → 2 → 3, the replica 2 → 3. Export (type 2) is not supported. */
export const startReplication: Method = (context) => {
  const vm = machineArgument(context);
  const type = numberArgument(context, 'InitialReplicationType');
  if (type === InitialReplicationType.Export) throw new Refusal(ReturnValue.NotSupported);
  const seeded = type === InitialReplicationType.SeededNetwork;
  if (type !== InitialReplicationType.Network && !seeded) throw new Refusal(ReturnValue.InvalidParameter);
  const warmUpMs = startDelay(context);
  const relationship = freeRelationship(vm);
  requireState(vm.mode === ReplicationMode.Primary && relationship.state === ReplicationState.ReadyForReplication);
  return copy(context, vm, relationship, {
    jobType: seeded ? 117 : 94,
    caption: 'Initial replication',
    share: seeded ? SEEDED_SHARE : 1,
    warmUpMs,
    meanwhile: ReplicationState.WaitingToCompleteInitialReplication,
    unfinished: ReplicationState.ReadyForReplication,
  });
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
  return beginResynchronization(context, vm, relationship, warmUpMs);
};

/** Compares and copies differences; when it is interrupted, replication waits for another resynchronisation (9). */
export function beginResynchronization(
  context: MethodContext,
  vm: VirtualMachine,
  relationship: Relationship,
  warmUpMs = 0,
): MethodOutcome {
  return copy(context, vm, relationship, {
    jobType: 107,
    caption: 'Resynchronizing',
    share: SEEDED_SHARE,
    warmUpMs,
    meanwhile: ReplicationState.Resynchronizing,
    unfinished: ReplicationState.WaitingToStartResynchronization,
  });
}

interface Copy {
  readonly jobType: number;
  readonly caption: string;
  readonly share: number;
  readonly warmUpMs: number;
  /** State of both sides while the data flows. */
  readonly meanwhile: number;
  /** State of the primary when it fails or is cancelled. */
  readonly unfinished: number;
}

function copy(context: MethodContext, vm: VirtualMachine, relationship: Relationship, what: Copy): MethodOutcome {
  const { world } = context.host;
  const partner = world.partnerOf(vm);
  const other = partner?.relationship ?? null;
  const plan = {
    method: context.call.method,
    jobType: what.jobType,
    caption: what.caption,
    cancellable: true,
    workMs: ((diskBytes(vm) * what.share) / (vm.quirks.rateMBps * 1e6)) * 1000,
    transfer: true,
    warmUpMs: what.warmUpMs,
    failed: () => {
      relationship.state = what.unfinished;
    },
  };
  if (vm.partnerHost !== null) {
    const reachable = world.host(vm.partnerHost).up;
    if (!reachable)
      return beginAndFail(
        context,
        vm,
        { ...plan, workMs: 1_000 },
        'A connection with the Replica server could not be established. (0x00002EFD)',
      );
    if (!partner || !other || partner.mode !== ReplicationMode.Replica || partner.power !== EnabledState.Off) {
      const description = 'The virtual machine on the Replica server is not in a valid replication state. (0x80070057)';
      return beginAndFail(context, vm, { ...plan, workMs: 1_000 }, description);
    }
  }
  relationship.state = what.meanwhile;
  if (other) other.state = what.meanwhile;
  return begin(context, vm, {
    ...plan,
    flows: () => {
      if (partner) partner.consistent = false;
    },
    done: () => {
      if (partner) {
        partner.consistent = true;
        partner.recoveryPoints = [];
      }
      for (const side of other ? [relationship, other] : [relationship]) {
        side.state = ReplicationState.Replicating;
        side.health = ReplicationHealth.Ok;
        side.lastReplicationTime = world.now();
        side.lastApplyTime = world.now();
      }
    },
  });
}

/** Milliseconds until the StartTime parameter; 0 for null and for the past. 32773 for text that is no time. */
function startDelay(context: MethodContext): number {
  const value = context.call.args.StartTime ?? null;
  if (value === null || value === '') return 0;
  const at = parseCimDateTime(String(value));
  if (at === null) throw new Refusal(ReturnValue.InvalidParameter);
  return Math.max(0, at - context.host.now());
}
