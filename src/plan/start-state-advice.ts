import { ReplicationState } from '../domain/replication.ts';

/** Why a failback cannot start from a replication state, and what to do about it. */
export interface StateAdvice {
  readonly why: string;
  readonly remedy: string;
}

const S = ReplicationState;

const ADVICE: Readonly<Record<number, StateAdvice>> = {
  [S.Disabled]: { why: 'replication is disabled', remedy: 'Take the machine out of the plan, or set up its replication again.' },
  [S.ReadyForReplication]: {
    why: 'its initial replication has not started',
    remedy: 'Start initial replication; a failback needs a machine that was failed over.',
  },
  [S.WaitingToCompleteInitialReplication]: {
    why: 'its initial replication is not complete',
    remedy: 'Wait until initial replication is complete; a failback needs a machine that was failed over.',
  },
  [S.Replicating]: {
    why: 'it replicates normally and was not failed over',
    remedy: 'There is nothing to bring back. If it should run here, fail it over first.',
  },
  [S.SyncedReplicationComplete]: {
    why: 'a planned failover is prepared and not finished',
    remedy: 'Finish or revert the planned failover.',
  },
  [S.Recovered]: { why: 'its failover is not committed', remedy: 'Commit the failover (Complete-VMFailover), or add 5 to startStates.' },
  [S.Committed]: { why: 'its failover is committed', remedy: 'Add 6 to startStates.' },
  [S.Suspended]: { why: 'its replication is suspended', remedy: 'Find out who suspended it, then resume replication.' },
  [S.Critical]: {
    why: 'its replication has failed and needs an administrator',
    remedy: "Read the host's Hyper-V-VMMS/Admin event log, correct the cause, resume replication.",
  },
  [S.WaitingToStartResynchronization]: {
    why: 'it waits for a resynchronisation',
    remedy: 'Start the resynchronisation and let it end, or cancel it.',
  },
  [S.Resynchronizing]: { why: 'a resynchronisation is running', remedy: 'Wait until the resynchronisation ends, or cancel it.' },
  [S.ResynchronizationSuspended]: {
    why: 'its resynchronisation is suspended',
    remedy: 'Resume the resynchronisation and let it end, or cancel it.',
  },
  [S.FailoverInProgress]: { why: 'a failover is running', remedy: 'Wait until the failover ends, commit it, then try again.' },
  [S.DiskUpdateInProgress]: { why: 'its set of replicated disks is being changed', remedy: 'Wait until the change of disks is complete.' },
  [S.DiskUpdateCritical]: {
    why: 'changing its set of replicated disks has failed',
    remedy: "Compare the disks of both sides, correct the replica's, resume replication.",
  },
  [S.Unknown]: {
    why: 'the host itself does not know the state',
    remedy: 'Check the Virtual Machine Management service and the event log of the host.',
  },
  [S.RepurposeReplicationInProgress]: { why: 'its replication is being given another role', remedy: 'Wait until that has ended.' },
  [S.PreparedForSyncReplication]: { why: 'synchronous replication is prepared', remedy: 'Finish or revert what was prepared.' },
  [S.PreparedForGroupReverseReplication]: {
    why: 'it belongs to a group whose replication is about to be reversed',
    remedy: 'Finish or revert the operation of the group.',
  },
  [S.FiredrillInProgress]: { why: 'a test failover is running', remedy: 'End the test failover.' },
};

/** Advice for a state that is not a start state. States of a newer Windows get advice too: look, and decide. */
export function startStateAdvice(state: number): StateAdvice {
  return ADVICE[state] ?? { why: 'this failback does not know the state', remedy: 'Look at the machine on its host before anything else.' };
}
