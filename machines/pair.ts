import type { Side } from '../src/domain/member.ts';
import type { VmObservation } from '../src/domain/observation.ts';
import { describePower, EnabledState } from '../src/domain/power.ts';
import { describeReplicationState, ReplicationMode, ReplicationState, ReplicationType } from '../src/domain/replication.ts';

/** Both sides of a replicated VM. `home` is where it shall run in the end, `away` is the other host. */
export interface Pair {
  readonly home: VmObservation;
  readonly away: VmObservation;
}

export function stateOf(vm: VmObservation): number {
  return vm.replication?.state ?? ReplicationState.Disabled;
}

/**
 * The way home is a ladder: every predicate below stays true on all rungs above it, so the first one that is false is the
 * next thing to do, wherever somebody left the pair.
 */

/** A planned failover away was never reversed: home is prepared (4), away recovered from it (5). No data is missing at either side. */
export function isPlannedAway({ home, away }: Pair): boolean {
  return (
    away.mode === ReplicationMode.Replica &&
    stateOf(away) === ReplicationState.Recovered &&
    away.replication?.failedOverType === ReplicationType.Planned &&
    home.mode === ReplicationMode.Primary &&
    stateOf(home) === ReplicationState.SyncedReplicationComplete
  );
}

/** Away is the primary, home its replica. */
export function isHomeward({ home, away }: Pair): boolean {
  return away.mode === ReplicationMode.Primary && home.mode === ReplicationMode.Replica;
}

/** The VM was stopped and prepared away and recovered from it at home: all its data is at home. */
export function isFailedOverHome(pair: Pair): boolean {
  return (
    isProtected(pair) ||
    (pair.home.mode === ReplicationMode.Replica &&
      stateOf(pair.home) === ReplicationState.Recovered &&
      pair.home.replication?.failedOverType === ReplicationType.Planned)
  );
}

/** States in which a replica follows its primary, or would if that one sent something. In any other it may be what is left of a failover. */
const FOLLOWING: readonly number[] = [
  ReplicationState.WaitingToCompleteInitialReplication,
  ReplicationState.Replicating,
  ReplicationState.Suspended,
  ReplicationState.Resynchronizing,
  ReplicationState.ResynchronizationSuspended,
  ReplicationState.DiskUpdateInProgress,
];

/** Home is the primary and away its replica: the way home is complete, or the VM never left. */
export function isProtected({ home, away }: Pair): boolean {
  return home.mode === ReplicationMode.Primary && away.mode === ReplicationMode.Replica && FOLLOWING.includes(stateOf(away));
}

/** Both sides say that changes flow from one to the other. */
export function bothReplicate({ home, away }: Pair): boolean {
  return stateOf(home) === ReplicationState.Replicating && stateOf(away) === ReplicationState.Replicating;
}

/** Both copies run: whatever else is true, nothing may be done before a person has decided which one counts. */
export function bothRun({ home, away }: Pair): boolean {
  return isUp(home) && isUp(away);
}

/** Runs, or will in a moment, or would at once go on where it stopped. */
export function isUp({ power }: VmObservation): boolean {
  return power !== EnabledState.Off && power !== EnabledState.Saved;
}

/** "hv-b: replica, state 5 (recovered), 3 (off); hv-a: …", by the names of the hosts. */
export function describePair({ home, away }: Pair, hosts: Readonly<Record<Side, string>>): string {
  return `${hosts.home}: ${describeSide(home)}; ${hosts.away}: ${describeSide(away)}`;
}

function describeSide(vm: VmObservation): string {
  const role = Object.entries(ReplicationMode).find(([, mode]) => mode === vm.mode)?.[0];
  return `${role ? role.toLowerCase() : `mode ${vm.mode}`}, state ${describeReplicationState(stateOf(vm))}, ${describePower(vm.power)}`;
}
