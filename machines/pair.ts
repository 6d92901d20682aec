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

/** What a replica is in that has been failed over, or is on its way there. */
const FAILED_OVER: readonly number[] = [ReplicationState.FailoverInProgress, ReplicationState.Recovered, ReplicationState.Committed];

/**
 * The way home is a ladder: every predicate below stays true on all rungs above it, so the first one that is false is the
 * next thing to do, wherever somebody left the pair.
 */

/** Away holds the failed-over VM of a disaster, not committed or committed; home still believes to be the primary or waits as a replica. */
function isFailedOverAway({ away }: Pair): boolean {
  return away.mode === ReplicationMode.Replica && FAILED_OVER.includes(stateOf(away));
}

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

/** Home is the primary and away its replica: the way home is complete, or the VM never left. */
export function isProtected(pair: Pair): boolean {
  return pair.home.mode === ReplicationMode.Primary && pair.away.mode === ReplicationMode.Replica && !isFailedOverAway(pair);
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

/** "home: mode 2, state 5 (recovered), off; away: …" */
export function describePair({ home, away }: Pair): string {
  return `home: ${describeSide(home)}; away: ${describeSide(away)}`;
}

function describeSide(vm: VmObservation): string {
  const role = Object.entries(ReplicationMode).find(([, mode]) => mode === vm.mode)?.[0];
  return `${role ? role.toLowerCase() : `mode ${vm.mode}`}, state ${describeReplicationState(stateOf(vm))}, ${describePower(vm.power)}`;
}
