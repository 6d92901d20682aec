import { IN_BOX_PROVIDER, ReplicationMode } from '../../../domain/replication.ts';
import type { CimReference, CimValue, MethodCall, MethodOutcome } from '../../cim.ts';
import { type EmbeddedInstance, parseEmbeddedInstance } from '../embedded-instance.ts';
import type { Host } from '../host.ts';
import { startOperation } from '../operation.ts';
import type { Interference, OperationPlan } from '../operation-plan.ts';
import type { RecoveryPoint, Relationship, VirtualMachine } from '../virtual-machine.ts';

/** Return values of the replication methods, the power methods and, from 32780 on, of a request to shut a guest down. */
export const ReturnValue = {
  Completed: 0,
  JobStarted: 4096,
  Failed: 32768,
  NotSupported: 32770,
  InvalidParameter: 32773,
  InUse: 32774,
  InvalidState: 32775,
  IncorrectDataType: 32776,
  NotAvailable: 32777,
  FileNotFound: 32779,
  NotReady: 32780,
  Locked: 32781,
  ShutdownInProgress: 32782,
} as const;

/** Thrown by a method to answer a return value without having done anything. */
export class Refusal extends Error {
  readonly returnValue: number;
  constructor(returnValue: number) {
    super(`refused with ${returnValue}`);
    this.returnValue = returnValue;
  }
}

export interface MethodContext {
  readonly host: Host;
  readonly call: MethodCall;
  /** What a scripted fault does to the operation this call starts. */
  readonly interference: Interference;
}

/** Plays one method. Answers by returning or by throwing {@link Refusal}. */
export type Method = (context: MethodContext) => MethodOutcome;

export function answer(returnValue: number, out: Record<string, CimValue> = {}): MethodOutcome {
  return { returnValue, out };
}

/** The machine a reference parameter names. 32776 for something that is no reference, 32773 for a machine this host does not have. */
export function machineArgument(context: MethodContext, name = 'ComputerSystem'): VirtualMachine {
  const value = context.call.args[name];
  if (!isReference(value))
    throw new Refusal(value === undefined || value === null ? ReturnValue.InvalidParameter : ReturnValue.IncorrectDataType);
  return machineNamed(context.host, keyOf(value, 'Name'));
}

/** The machine with this id on the host, else 32773. */
export function machineNamed(host: Host, id: string | undefined): VirtualMachine {
  const vm = host.vms.get(id?.toUpperCase() ?? '');
  if (!vm) throw new Refusal(ReturnValue.InvalidParameter);
  return vm;
}

export function isReference(value: CimValue | undefined): value is CimReference {
  return typeof value === 'object' && value !== null && 'className' in value;
}

/** A key of a reference, whatever the case of its name. */
export function keyOf(reference: CimReference, name: string): string | undefined {
  const found = Object.keys(reference.keys).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : reference.keys[found];
}

/** A whole number in a parameter, else 32773. */
export function numberArgument(context: MethodContext, name: string): number {
  const value = Number(context.call.args[name] ?? Number.NaN);
  if (!Number.isInteger(value)) throw new Refusal(ReturnValue.InvalidParameter);
  return value;
}

/**
 * Replication settings (or a relationship) embedded as CIM-XML text: class and InstanceID must be the machine's own, and the disks,
 * if any are named, exactly its disks. Else 32773; 32776 for something that is not text.
 */
export function embeddedArgument(context: MethodContext, vm: VirtualMachine, name: string, className: string): EmbeddedInstance | null {
  const value = context.call.args[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new Refusal(ReturnValue.IncorrectDataType);
  const embedded = parseEmbeddedInstance(value);
  const expected = relationshipInstanceId(vm, 0).toUpperCase();
  const instanceId = embedded?.properties.get('InstanceID');
  if (!embedded || embedded.className !== className || typeof instanceId !== 'string' || instanceId.toUpperCase() !== expected) {
    throw new Refusal(ReturnValue.InvalidParameter);
  }
  const disks = embedded.properties.get('IncludedDisks');
  if (Array.isArray(disks)) {
    const own = vm.disks.map((disk) => disk.instanceId);
    if (disks.length !== own.length || !own.every((disk) => disks.includes(disk))) throw new Refusal(ReturnValue.InvalidParameter);
  }
  return embedded;
}

/** The recovery point `SnapshotSettingData` names; null = the latest. 32773 for one the machine does not have. */
export function recoveryPointArgument(context: MethodContext, vm: VirtualMachine): RecoveryPoint | null {
  const value = context.call.args.SnapshotSettingData ?? null;
  if (value === null) return null;
  if (!isReference(value)) throw new Refusal(ReturnValue.IncorrectDataType);
  const wanted = keyOf(value, 'InstanceID')?.toUpperCase();
  const point = vm.recoveryPoints.find(({ id }) => `MICROSOFT:${id}` === wanted);
  if (!point) throw new Refusal(ReturnValue.InvalidParameter);
  return point;
}

/** `InstanceID` of relationship 0 or 1 and of its settings. */
export function relationshipInstanceId(vm: VirtualMachine, index: 0 | 1): string {
  return `Microsoft:${vm.id}\\HVR\\${index}`;
}

/** The machine's relationship, if nobody holds the machine (32774) and it is replicated (32775). */
export function freeRelationship(vm: VirtualMachine): Relationship {
  if (vm.operation) throw new Refusal(ReturnValue.InUse);
  if (!vm.relationship) throw new Refusal(ReturnValue.InvalidState);
  return vm.relationship;
}

/** Refuses with 32775 unless `condition` holds. */
export function requireState(condition: boolean): void {
  if (!condition) throw new Refusal(ReturnValue.InvalidState);
}

/** Mode 2 (replica) or 4 (extended replica). */
export function isRecoverySide(vm: VirtualMachine): boolean {
  return vm.mode === ReplicationMode.Replica || vm.mode === ReplicationMode.ExtendedReplica;
}

export function hasExternalProvider(relationship: Relationship): boolean {
  return relationship.providerId !== IN_BOX_PROVIDER;
}

/** Starts the operation and answers 4096 with a reference to its job, or 0 when it has none. */
export function begin(context: MethodContext, vm: VirtualMachine, plan: OperationPlan): MethodOutcome {
  const { job } = startOperation(context.host, vm, plan, context.call.user, context.interference);
  return job ? answer(ReturnValue.JobStarted, { Job: jobReference(job.id) }) : answer(ReturnValue.Completed);
}

/** Starts an operation that is bound to fail: the call is accepted, the job ends as an exception. */
export function beginAndFail(
  context: MethodContext,
  vm: VirtualMachine,
  plan: Omit<OperationPlan, 'done'>,
  description: string,
): MethodOutcome {
  const trouble = { errorCode: ReturnValue.Failed, description };
  return begin({ ...context, interference: { failAt: { fraction: 1, trouble } } }, vm, { ...plan, done: () => undefined });
}

export function jobReference(id: string): CimReference {
  return { namespace: 'root/virtualization/v2', className: 'Msvm_ConcreteJob', keys: { InstanceID: id } };
}
