import { IN_A_REVERSAL } from '../src/domain/job-failure.ts';
import { describePower, EnabledState } from '../src/domain/power.ts';
import { ReplicationState } from '../src/domain/replication.ts';
import { bothReplicate, isFailedOverHome, isHomeward, isProtected, stateOf } from './pair.ts';
import { rung, strange } from './rung.ts';
import { blocked, busy, pairOf, ready, type Step, wait } from './step.ts';

const shutdown: Step = {
  ...rung,
  name: 'shutdown',
  does: 'asks the guest to shut down; turned off after `reverse.shutdown.within` only if the plan permits it',
  doneWhen: 'the VM is off away',
  label: 'InitiateShutdown',
  cmdlet: 'Stop-VM',
  side: 'away',
  effect: 'shutDownGuest',
  harder: ({ reverse: { shutdown: how } }) => (how.turnOff ? 'turnOff' : null),
  harderReadiness(look) {
    const { away } = pairOf(look);
    if (!isHomeward(pairOf(look)) || !bothReplicate(pairOf(look))) return strange(look, `the VM is to be turned off on ${look.hosts.away}`);
    if (away.power === EnabledState.Off || away.power === EnabledState.Saved)
      return blocked(
        `the VM on ${look.hosts.away} is ${describePower(away.power)} and can not be turned off`,
        'Start it, or shut it down by hand, then retry.',
      );
    return ready;
  },
  patience: ({ reverse: { shutdown: how } }) => how.within,
  cancel: 'revert',
  done: (look) => {
    const pair = pairOf(look);
    return isFailedOverHome(pair) || (isHomeward(pair) && pair.away.power === EnabledState.Off);
  },
  underWay: (look) => (pairOf(look).away.power === EnabledState.ShuttingDown ? { jobId: look.job?.jobId ?? null } : null),
  readiness(look) {
    const { away } = pairOf(look);
    if (!isHomeward(pairOf(look)) || !bothReplicate(pairOf(look))) return strange(look, `the VM is to be shut down on ${look.hosts.away}`);
    // One that is shutting down and does not come to an end is what a hard power-off is for.
    if (away.power !== EnabledState.Running && away.power !== EnabledState.ShuttingDown) {
      return blocked(
        `the VM on ${look.hosts.away} is ${describePower(away.power)} and can not be asked to shut down`,
        'Resume it, or shut it down by hand, then retry.',
      );
    }
    return busy(look) ?? ready;
  },
};

const prepare: Step = {
  ...rung,
  name: 'prepare',
  does: 'sends the last changes and locks the copy away against being started',
  doneWhen: 'away is prepared (4)',
  label: 'RequestReplicationStateChangeEx (4, synced replication complete)',
  cmdlet: 'Start-VMFailover -Prepare',
  side: 'away',
  effect: 'prepareFailover',
  cancel: 'revert',
  done: (look) => {
    const pair = pairOf(look);
    return isFailedOverHome(pair) || (isHomeward(pair) && stateOf(pair.away) === ReplicationState.SyncedReplicationComplete);
  },
  readiness(look) {
    const { home, away } = pairOf(look);
    if (!isHomeward(pairOf(look)) || !bothReplicate(pairOf(look)))
      return strange(look, `the failover to ${look.hosts.home} is to be prepared`);
    if (away.power !== EnabledState.Off || home.power !== EnabledState.Off)
      return strange(look, `both copies have to be off to prepare the failover to ${look.hosts.home}`);
    return busy(look) ?? ready;
  },
};

const failover: Step = {
  ...rung,
  name: 'failover',
  does: 'fails over home with all data',
  doneWhen: 'home is failed over as planned (5, type 3)',
  label: 'InitiateFailover',
  cmdlet: 'Start-VMFailover',
  side: 'home',
  effect: 'initiateFailover',
  fencing: true,
  cancel: 'revert',
  done: (look) => isFailedOverHome(pairOf(look)),
  underWay: (look) => (stateOf(pairOf(look).home) === ReplicationState.FailoverInProgress ? { jobId: look.job?.jobId ?? null } : null),
  readiness(look) {
    const { home, away } = pairOf(look);
    const prepared =
      isHomeward(pairOf(look)) && stateOf(away) === ReplicationState.SyncedReplicationComplete && away.power === EnabledState.Off;
    if (!prepared || stateOf(home) !== ReplicationState.Replicating || home.power !== EnabledState.Off)
      return strange(look, `the VM is to be failed over to ${look.hosts.home}`);
    return busy(look) ?? ready;
  },
};

const start: Step = {
  ...rung,
  lasting: false,
  name: 'start',
  does: 'starts the VM at home, after both copies were seen off',
  doneWhen: 'the VM runs at home',
  label: 'RequestStateChange (2, start)',
  cmdlet: 'Start-VM',
  side: 'home',
  effect: 'startVirtualMachine',
  fencing: true,
  cancel: 'revert',
  done: (look) => isFailedOverHome(pairOf(look)) && look.home.power === EnabledState.Running,
  underWay: (look) => (look.home.power === EnabledState.Starting ? { jobId: look.job?.jobId ?? null } : null),
  readiness(look) {
    const { home, away } = pairOf(look);
    const { hosts } = look;
    if (!isFailedOverHome(pairOf(look))) return strange(look, `the VM is to be started on ${hosts.home}`);
    if (away.power !== EnabledState.Off) {
      return blocked(
        `the copy on ${hosts.away} is ${describePower(away.power)}: with a start on ${hosts.home} both copies would run`,
        `Turn the copy on ${hosts.away} off, then retry.`,
      );
    }
    if (home.power === EnabledState.ShuttingDown) return wait(`the VM on ${hosts.home} is shutting down`);
    if (home.power !== EnabledState.Off && home.power !== EnabledState.Saved) {
      return blocked(`the VM on ${hosts.home} is ${describePower(home.power)} and can not be started`, 'Bring it to off, then retry.');
    }
    return busy(look) ?? ready;
  },
};

/** The point of no return: with it the failover home is final. */
export const protect: Step = {
  ...rung,
  name: 'protect',
  does: 'reverses replication, so that away protects home: the point of no return',
  doneWhen: 'home is the primary (mode 1) and runs, away is its replica (mode 2)',
  label: 'ReverseReplicationRelationship',
  cmdlet: 'Set-VMReplication -Reverse',
  side: 'home',
  effect: 'reverseReplication',
  jobMeanings: IN_A_REVERSAL,
  cancel: 'finish-then-hold',
  done: (look) => isProtected(pairOf(look)) && look.home.power === EnabledState.Running,
  readiness(look) {
    const pair = pairOf(look);
    const { hosts } = look;
    if (isProtected(pair)) {
      return blocked(
        `the VM is on ${hosts.home} and protected, but it is ${describePower(pair.home.power)}: it went down after it was verified`,
        'Find out why, start it there, then retry.',
      );
    }
    const prepared = isHomeward(pair) && stateOf(pair.away) === ReplicationState.SyncedReplicationComplete;
    if (!isFailedOverHome(pair) || !prepared)
      return strange(look, `replication is to be reversed, so that the VM on ${hosts.home} is protected`);
    if (pair.home.power !== EnabledState.Running) {
      return blocked(
        `the VM on ${hosts.home} is ${describePower(pair.home.power)} since it was verified: reversing its replication would make a failover final that nobody sees working`,
        `Start it there and check it, then retry; or cancel: the failover to ${hosts.home} is taken back.`,
      );
    }
    return busy(look) ?? ready;
  },
};

/** The upper half of the way home: the VM is stopped away, failed over with all its data, and started. All of it can be taken back. */
export const FAILOVER_STEPS: readonly Step[] = [shutdown, prepare, failover, start];
