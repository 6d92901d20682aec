import { FAILBACK_JOB_TYPES } from '../src/domain/cim-job.ts';
import type { Failure } from '../src/domain/failure.ts';
import type { MemberSettings } from '../src/domain/member.ts';
import { describePower, EnabledState } from '../src/domain/power.ts';
import {
  describeReplicationMode,
  describeReplicationState,
  ReplicationHealth,
  ReplicationMode,
  ReplicationState,
} from '../src/domain/replication.ts';
import { blocked, busy, type Look, ready, type Step, unexpected, wait } from './step.ts';
import { verification } from './verification-steps.ts';

/** States that pass by themselves: another operation of the platform is at work. */
const TRANSIENT_STATES: readonly number[] = [
  ReplicationState.WaitingToCompleteInitialReplication,
  ReplicationState.Resynchronizing,
  ReplicationState.FailoverInProgress,
  ReplicationState.DiskUpdateInProgress,
  ReplicationState.RepurposeReplicationInProgress,
];

/** Common to all steps here: the relationship's other side is the provider's, no host of ours. */
const own = { side: 'home', looksAt: 'own', lasting: false, proof: () => 0, underWay: () => null } as const;

function stateOf({ home }: Pick<Look, 'home'>): number {
  return home.replication?.state ?? ReplicationState.Disabled;
}

const LEAVE = 'If its data is home, cancel: nothing is called and the VM stays as it is.';

/**
 * A run whose records are gone can not tell by replication state 6 where its VM stands, because two histories lead there:
 * the failover was committed and the failback never began, or the failback came home, was committed, and the VM has been in use since.
 * Power does not tell them apart (a failed-over VM may run, one that came home may be off), nor does the replication mode, which a
 * commit leaves as it is; job objects are gone after five minutes; and whether the time or type of the last replication moves at a
 * failback is documented nowhere. Guessing "done" would report a VM as home that never was; guessing "not begun" would
 * let InitiateFailback overwrite what the VM has written since. So a person is asked, with one exception: a VM that is off under the policy
 * that never commits. There our own runs stop at state 14, and 6 is the documented starting point.
 *
 * Mode 1 after `commit+reverse` is just as unclear: home and reversed, or the stale primary of a failover that was never brought back.
 */
function unclearBeginning({ home: vm }: Look, { after }: MemberSettings): Failure | null {
  if (vm.mode === ReplicationMode.Primary && after === 'commit+reverse') {
    return unexpected(
      'the VM is the primary: either it came home and was reversed before the records of its run were lost, or it was never failed over from here',
      `Look whether its users work on this VM and its disks are up to date. ${LEAVE} Otherwise take the VM out of the plan; retry calls nothing while it is the primary.`,
    );
  }
  if (stateOf({ home: vm }) !== ReplicationState.Committed) return null;
  const isOff = vm.power === EnabledState.Off;
  if (isOff && after === 'none') return null;
  return unexpected(
    `replication state is ${describeReplicationState(ReplicationState.Committed)} and the VM is ${describePower(vm.power)}: either its failback never began, or it came home and was committed before the records of its run were lost`,
    `Look whether this VM has been in use since it came home, or its users still work at the other site. ${LEAVE} If it is still to come home, ${isOff ? '' : 'switch it off here, then '}retry: InitiateFailback is called and overwrites its disks here.`,
  );
}

const failback: Step = {
  ...own,
  name: 'failback',
  does: 'has the provider copy the data home',
  doneWhen: 'replication state is 14 (failback complete)',
  label: 'InitiateFailback',
  cmdlet: null,
  effect: 'initiateFailback',
  done: (look) => stateOf(look) === ReplicationState.FailbackComplete,
  underWay(look) {
    const job = look.running.find(({ jobType }) => FAILBACK_JOB_TYPES.includes(jobType));
    if (job) return { jobId: job.jobId };
    return stateOf(look) === ReplicationState.FailbackInProgress ? { jobId: look.job?.jobId ?? null } : null;
  },
  readiness(look, settings) {
    const { home: vm } = look;
    const state = stateOf(look);
    if (vm.mode !== ReplicationMode.Replica && vm.mode !== ReplicationMode.ExtendedReplica) {
      return blocked(
        `replication mode is ${describeReplicationMode(vm.mode)}, but only a recovery VM (replica, extended replica) can fail back`,
        'Check that this host holds the recovery side of the VM.',
      );
    }
    if (vm.replication?.health === ReplicationHealth.Critical) {
      return blocked(
        'replication health is critical',
        "Fix what Measure-VMReplication and the host's Hyper-V-VMMS/Admin log report, then retry.",
      );
    }
    const occupied = busy(look);
    if (occupied) return occupied;
    if (TRANSIENT_STATES.includes(state)) return wait(`replication state is ${describeReplicationState(state)}`);
    if (!settings.startStates.includes(state)) {
      return blocked(
        `replication state is ${describeReplicationState(state)}, the failback may start from ${settings.startStates.join(', ')}`,
        state === ReplicationState.Replicating
          ? 'The VM was never failed over: take it out of the plan, or fail it over first.'
          : 'Bring the VM into one of these states, or widen startStates in the plan if your provider allows it.',
      );
    }
    if (vm.power !== EnabledState.Off) {
      if (vm.power === EnabledState.ShuttingDown) return wait('the VM is shutting down');
      return blocked(
        `the recovery VM is ${describePower(vm.power)}, it must be off`,
        'Find out who uses this VM: a failback overwrites its disks. If nobody does, shut it down and retry; if its data is home already, cancel.',
      );
    }
    return ready;
  },
  unclear: unclearBeginning,
  cancel: 'quarantine',
};

const start: Step = {
  ...own,
  name: 'start',
  does: 'starts the VM',
  doneWhen: 'the VM runs',
  label: 'RequestStateChange (start)',
  cmdlet: 'Start-VM',
  effect: 'startVirtualMachine',
  done: (look) => look.home.power === EnabledState.Running,
  underWay: (look) => (look.home.power === EnabledState.Starting ? { jobId: look.job?.jobId ?? null } : null),
  readiness(look) {
    const { power } = look.home;
    const state = stateOf(look);
    if (state !== ReplicationState.FailbackComplete) {
      return blocked(
        `replication state went from 14 to ${describeReplicationState(state)} before the VM was started`,
        'Find out what changed it. Do not start the VM before its data is known to be complete.',
      );
    }
    const occupied = busy(look);
    if (occupied) return occupied;
    if (power === EnabledState.Off || power === EnabledState.Saved) return ready;
    if (power === EnabledState.ShuttingDown) return wait('the VM is shutting down');
    return blocked(`the VM is ${describePower(power)} and can not be started`, 'Bring the VM to off, then retry.');
  },
  cancel: 'finish-then-hold',
};

const commit: Step = {
  ...own,
  name: 'commit',
  does: 'makes the failback final',
  doneWhen: 'replication state is 6 (committed)',
  label: 'CommitFailover',
  cmdlet: 'Complete-VMFailover',
  effect: 'commitFailover',
  done: (look) => stateOf(look) === ReplicationState.Committed || look.home.mode === ReplicationMode.Primary,
  readiness(look) {
    const state = stateOf(look);
    if (state !== ReplicationState.FailbackComplete && state !== ReplicationState.Recovered) {
      return blocked(
        `replication state is ${describeReplicationState(state)}, commit needs 14 or 5`,
        'Compare the VM with what the plan expects, then retry or cancel.',
      );
    }
    return busy(look) ?? ready;
  },
  cancel: 'finish-then-hold',
};

const reverse: Step = {
  ...own,
  name: 'reverse',
  does: 'turns replication round',
  doneWhen: 'the VM is the primary (mode 1)',
  label: 'ReverseReplicationRelationship',
  cmdlet: 'Set-VMReplication -Reverse',
  effect: 'reverseReplication',
  done: (look) => look.home.mode === ReplicationMode.Primary,
  readiness(look) {
    const state = stateOf(look);
    if (state !== ReplicationState.Committed && state !== ReplicationState.FailbackComplete) {
      return blocked(
        `replication state is ${describeReplicationState(state)}, reversing needs 6 or 14`,
        'Compare the VM with what the plan expects, then retry or cancel.',
      );
    }
    return busy(look) ?? ready;
  },
  cancel: 'finish-then-hold',
};

/** The steps of strategy `provider` for these settings, in order. */
export function providerSteps(settings: MemberSettings): readonly Step[] {
  return [
    failback,
    ...(settings.start ? [start, ...verification(settings)] : []),
    ...(settings.after === 'none' ? [] : [commit]),
    ...(settings.after === 'commit+reverse' ? [reverse] : []),
  ];
}
