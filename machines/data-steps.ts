import { IN_A_REVERSAL } from '../src/domain/job-failure.ts';
import { describePower, EnabledState } from '../src/domain/power.ts';
import { describeReplicationState, ReplicationHealth, ReplicationMode, ReplicationState } from '../src/domain/replication.ts';
import { bothReplicate, isFailedOverHome, isHomeward, isPlannedAway, isProtected, stateOf } from './pair.ts';
import { rung, strange } from './rung.ts';
import { blocked, busy, type Look, pairOf, ready, type Step, wait } from './step.ts';

const COPYING: readonly number[] = [ReplicationState.WaitingToCompleteInitialReplication, ReplicationState.Resynchronizing];
const SUSPENDED: readonly number[] = [ReplicationState.Suspended, ReplicationState.ResynchronizationSuspended];

const commit: Step = {
  ...rung,
  name: 'commit',
  does: 'makes the failover away final, so that it can be reversed',
  doneWhen: 'away is committed (6), or is the primary already',
  label: 'CommitFailover',
  cmdlet: 'Complete-VMFailover',
  side: 'away',
  effect: 'commitFailover',
  cancel: 'finish-then-hold',
  done: (look) => {
    const pair = pairOf(look);
    return (
      isProtected(pair) ||
      pair.away.mode === ReplicationMode.Primary ||
      stateOf(pair.away) === ReplicationState.Committed ||
      isPlannedAway(pair)
    );
  },
  readiness(look) {
    const { away } = pairOf(look);
    const { hosts } = look;
    const wanted = `the failover to ${hosts.away} is to be committed`;
    if (away.mode !== ReplicationMode.Replica || stateOf(away) === ReplicationState.Replicating) return strange(look, wanted);
    if (stateOf(away) === ReplicationState.FailoverInProgress) return wait(`the failover to ${hosts.away} is still going on`);
    if (stateOf(away) !== ReplicationState.Recovered) return strange(look, wanted);
    if (away.power !== EnabledState.Running) {
      return blocked(
        `the VM was failed over to ${hosts.away}, but it is ${describePower(away.power)} there: nobody has seen it work, and after the commit the failover can not be undone`,
        'Start it there and check it, or commit or revert the failover by hand, then retry.',
      );
    }
    return busy(look) ?? ready;
  },
};

const replica: Step = {
  ...rung,
  name: 'replica',
  does: 'makes the old primary the replica; its disks stay, as seed for the copy',
  doneWhen: 'home is a replica (mode 2)',
  label: 'RequestReplicationStateChangeEx (2, wait for initial replication)',
  cmdlet: 'Set-VMReplication -AsReplica',
  side: 'home',
  effect: 'becomeReplica',
  cancel: 'finish-then-hold',
  done: (look) => {
    const pair = pairOf(look);
    return pair.home.mode === ReplicationMode.Replica || isProtected(pair) || isPlannedAway(pair);
  },
  readiness(look) {
    const { home, away } = pairOf(look);
    const { hosts } = look;
    if (home.mode !== ReplicationMode.Primary) {
      return blocked(
        `the VM on ${hosts.home} has no replication relationship any more, so it can not become the replica`,
        `Enable replication from ${hosts.away} to ${hosts.home} by hand (Enable-VMReplication on ${hosts.away}), then retry.`,
      );
    }
    if (stateOf(away) !== ReplicationState.Committed) return strange(look, `the old primary on ${hosts.home} is to become the replica`);
    if (home.power === EnabledState.ShuttingDown) return wait(`the VM on ${hosts.home} is shutting down`);
    if (home.power !== EnabledState.Off) {
      return blocked(
        `the copy on ${hosts.home} is ${describePower(home.power)}, although the VM was failed over to ${hosts.away}: what it has written since is not in the other copy`,
        `Decide which copy counts. If it is the one on ${hosts.away}, turn the copy on ${hosts.home} off, then retry.`,
      );
    }
    return busy(look) ?? ready;
  },
};

const reverse: Step = {
  ...rung,
  name: 'reverse',
  does: 'turns replication round: away is the primary and sends home',
  doneWhen: 'away is the primary (mode 1) and home its replica',
  label: 'ReverseReplicationRelationship',
  cmdlet: 'Set-VMReplication -Reverse',
  side: 'away',
  effect: 'reverseReplication',
  jobMeanings: IN_A_REVERSAL,
  cancel: 'finish-then-hold',
  done: (look) => isHomeward(pairOf(look)) || isProtected(pairOf(look)),
  readiness(look) {
    const pair = pairOf(look);
    const waiting = stateOf(pair.home) === ReplicationState.WaitingToCompleteInitialReplication;
    if (!isPlannedAway(pair) && !(stateOf(pair.away) === ReplicationState.Committed && waiting))
      return strange(look, `replication is to be reversed towards ${look.hosts.home}`);
    return busy(look) ?? ready;
  },
};

const copy: Step = {
  ...rung,
  name: 'copy',
  does: 'copies home what differs from the disks that are there (or everything: `reverse.firstCopy`)',
  doneWhen: 'away is beyond the first copy (neither 1 nor 2)',
  label: 'StartReplication',
  cmdlet: 'Start-VMInitialReplication',
  side: 'away',
  effect: 'startReplication',
  moves: 'data',
  statistics: true,
  cancel: 'leave',
  done: (look) => {
    const pair = pairOf(look);
    const behind: readonly number[] = [ReplicationState.ReadyForReplication, ReplicationState.WaitingToCompleteInitialReplication];
    return isFailedOverHome(pair) || (isHomeward(pair) && !behind.includes(stateOf(pair.away)));
  },
  underWay: (look) => {
    const pair = pairOf(look);
    return isHomeward(pair) && stateOf(pair.away) === ReplicationState.WaitingToCompleteInitialReplication
      ? { jobId: look.job?.jobId ?? null }
      : null;
  },
  readiness(look) {
    const pair = pairOf(look);
    if (!isHomeward(pair) || stateOf(pair.away) !== ReplicationState.ReadyForReplication)
      return strange(look, `the first copy to ${look.hosts.home} is to be started`);
    return busy(look) ?? ready;
  },
};

const resume: Step = {
  ...rung,
  name: 'resume',
  does: 'lets suspended replication go on',
  doneWhen: 'away is not suspended (neither 7 nor 11)',
  label: 'RequestReplicationStateChangeEx (3, replicate)',
  cmdlet: 'Resume-VMReplication',
  side: 'away',
  effect: 'resumeReplication',
  cancel: 'finish-then-hold',
  done: (look) => {
    const pair = pairOf(look);
    return isFailedOverHome(pair) || (isHomeward(pair) && !SUSPENDED.includes(stateOf(pair.away)));
  },
  readiness(look) {
    const pair = pairOf(look);
    if (!isHomeward(pair) || !SUSPENDED.includes(stateOf(pair.away))) return strange(look, 'suspended replication is to be resumed');
    return busy(look) ?? ready;
  },
};

const resynchronize: Step = {
  ...rung,
  name: 'resynchronize',
  does: 'compares and sends what was written while changes were not tracked',
  doneWhen: 'away is not to be resynchronised (neither 9 nor 10)',
  label: 'Resynchronize',
  cmdlet: 'Resume-VMReplication -Resynchronize',
  side: 'away',
  effect: 'resynchronize',
  moves: 'data',
  statistics: true,
  cancel: 'leave',
  done: (look) => {
    const pair = pairOf(look);
    const behind: readonly number[] = [ReplicationState.WaitingToStartResynchronization, ReplicationState.Resynchronizing];
    return isFailedOverHome(pair) || (isHomeward(pair) && !behind.includes(stateOf(pair.away)));
  },
  underWay: (look) =>
    isHomeward(pairOf(look)) && stateOf(pairOf(look).away) === ReplicationState.Resynchronizing ? { jobId: look.job?.jobId ?? null } : null,
  readiness(look) {
    const pair = pairOf(look);
    if (!isHomeward(pair) || stateOf(pair.away) !== ReplicationState.WaitingToStartResynchronization)
      return strange(look, 'a resynchronisation is to be started');
    return busy(look) ?? ready;
  },
};

/** Both sides replicate home and what is still to be sent is little. Only true while it lasts. */
const inSync: Step = {
  ...rung,
  lasting: false,
  name: 'inSync',
  does: 'waits until little is left to send: the VM is down only for that',
  doneWhen: 'both sides replicate (3), and pending bytes and latency are below `reverse.sync`; must hold when the VM is shut down',
  label: 'in sync',
  cmdlet: 'Measure-VMReplication',
  side: 'away',
  effect: null,
  comesByItself: true,
  statistics: true,
  cancel: 'leave',
  done: (look, { reverse: { sync } }) => {
    const pair = pairOf(look);
    if (isFailedOverHome(pair)) return true;
    if (!isHomeward(pair)) return false;
    if (stateOf(pair.away) === ReplicationState.SyncedReplicationComplete) return true;
    const { statistics } = look;
    const close = statistics !== null && statistics.pendingBytes <= sync.pendingBytes && statistics.latencySeconds * 1000 <= sync.latency;
    return bothReplicate(pairOf(look)) && pair.away.replication?.health !== ReplicationHealth.Critical && close;
  },
  underWay: (look) => (isHomeward(pairOf(look)) && !isStuck(look) ? { jobId: null } : null),
  readiness(look) {
    const { home, away } = pairOf(look);
    return blocked(
      `replication to ${look.hosts.home} does not go on: ${look.hosts.away} ${describeReplicationState(stateOf(away))}, ${look.hosts.home} ${describeReplicationState(stateOf(home))}`,
      'Fix what Measure-VMReplication and the Hyper-V-VMMS/Admin logs of both hosts report, then retry.',
    );
  },
};

function isStuck(look: Look): boolean {
  const { home, away } = pairOf(look);
  const goesOn: readonly number[] = [ReplicationState.Replicating, ReplicationState.DiskUpdateInProgress, ...COPYING];
  return away.replication?.health === ReplicationHealth.Critical || !goesOn.includes(stateOf(away)) || !goesOn.includes(stateOf(home));
}

/** The lower half of the way home, while the VM runs away: replication is turned towards home, and the data catches up. */
export const DATA_STEPS: readonly Step[] = [commit, replica, reverse, copy, resume, resynchronize, inSync];
