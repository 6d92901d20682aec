import { EnabledState } from '../../../domain/power.ts';
import { ReplicationHealth, ReplicationState } from '../../../domain/replication.ts';
import { diskBytes, type Relationship, type VirtualMachine } from '../virtual-machine.ts';
import {
  answer,
  begin,
  embeddedArgument,
  freeRelationship,
  hasExternalProvider,
  type Method,
  machineArgument,
  Refusal,
  ReturnValue,
  requireState,
} from './method.ts';

/** `Msvm_ReplicationService.InitiateFailback`: the provider copies the data back; 13 while it does, 14 when it is back. */
export const initiateFailback: Method = (context) => {
  const { host, call } = context;
  const vm = machineArgument(context);
  const { quirks } = vm;
  const settings = embeddedArgument(context, vm, 'ReplicationSettingData', 'Msvm_ReplicationSettingData');
  if (!settings && quirks.nullSettings === 'refuse') throw new Refusal(ReturnValue.InvalidParameter);
  const point = call.args.RecoveryPointIdentifier ?? null;
  if (point !== null && !vm.recoveryPoints.some((known) => known.id === String(point).toUpperCase()))
    throw new Refusal(ReturnValue.InvalidParameter);

  const relationship = freeRelationship(vm);
  if (!hasExternalProvider(relationship) && quirks.inBoxFailback !== 'accept') throw new Refusal(quirks.inBoxFailback);
  requireState(quirks.failbackModes.includes(vm.mode));
  requireState(quirks.failbackStartStates.includes(relationship.state));
  if (quirks.failbackNeedsPowerOff) requireState(vm.power === EnabledState.Off);
  const partner = host.world.partnerOf(vm);
  if (quirks.refuseWhilePartnerRuns) requireState(!vm.remoteRunning && partner?.power !== EnabledState.Running);

  relationship.startedFrom = relationship.state;
  relationship.state = ReplicationState.FailbackInProgress;
  relationship.shown = quirks.waitingState === 'start' ? relationship.startedFrom : quirks.waitingState;
  const outcome = begin(context, vm, {
    method: call.method,
    jobType: quirks.failbackJobType,
    caption: 'Initiating failback',
    cancellable: quirks.failbackJobCancellable,
    workMs: (diskBytes(vm) / (quirks.rateMBps * 1e6)) * 1000,
    transfer: true,
    warmUpMs: quirks.acceptanceSeconds * 1000,
    job: quirks.failbackAnswer === 'no-job' ? 'none' : quirks.failbackJobEnds,
    percentFollows: quirks.percentFollowsCopy,
    flows: () => {
      relationship.shown = quirks.copyingState === 'start' ? relationship.startedFrom : quirks.copyingState;
      vm.consistent = false;
    },
    done: () => {
      vm.consistent = true;
      vm.remoteRunning = false;
      if (partner) host.world.setPower(partner, EnabledState.Off);
      relationship.state = ReplicationState.FailbackComplete;
      relationship.shown = quirks.completeState;
      relationship.lastReplicationTime = host.world.now();
      relationship.lastApplyTime = host.world.now();
      if (quirks.autoCommitSeconds !== null) scheduleCommit(vm, relationship, quirks.autoCommitSeconds);
    },
    failed: () => giveUp(relationship, quirks.afterFailure),
    cancelled: () => giveUp(relationship, quirks.afterCancel),
  });
  return quirks.failbackAnswer === 'null-job' ? answer(outcome.returnValue, { Job: null }) : outcome;

  function scheduleCommit(machine: VirtualMachine, waiting: Relationship, seconds: number): void {
    host.world.timeline.schedule(host.world.now() + seconds * 1000, () => {
      if (machine.relationship !== waiting || waiting.state !== ReplicationState.FailbackComplete || machine.operation) return;
      waiting.state = ReplicationState.Committed;
      waiting.shown = null;
    });
  }
};

function giveUp(relationship: Relationship, how: 'start' | 'critical' | 'stuck'): void {
  if (how === 'stuck') return;
  relationship.shown = null;
  relationship.state = how === 'critical' ? ReplicationState.Critical : (relationship.startedFrom ?? ReplicationState.Committed);
  if (how === 'critical') relationship.health = ReplicationHealth.Critical;
}
