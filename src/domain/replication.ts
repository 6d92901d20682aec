/**
 * Numbers of `Msvm_ReplicationRelationship` and `Msvm_ComputerSystem`, namespace `root\virtualization\v2`.
 *
 * These are the WMI numbers. PowerShell's `VMReplicationState` numbers the same states differently (its 14 is
 * *failback in progress*, WMI's 14 is *failback complete*), so PowerShell names and numbers never enter the product.
 */
export const ReplicationState = {
  Disabled: 0,
  ReadyForReplication: 1,
  WaitingToCompleteInitialReplication: 2,
  Replicating: 3,
  SyncedReplicationComplete: 4,
  Recovered: 5,
  Committed: 6,
  Suspended: 7,
  Critical: 8,
  WaitingToStartResynchronization: 9,
  Resynchronizing: 10,
  ResynchronizationSuspended: 11,
  FailoverInProgress: 12,
  FailbackInProgress: 13,
  FailbackComplete: 14,
  DiskUpdateInProgress: 15,
  DiskUpdateCritical: 16,
  Unknown: 17,
  RepurposeReplicationInProgress: 18,
  PreparedForSyncReplication: 19,
  PreparedForGroupReverseReplication: 20,
  FiredrillInProgress: 21,
} as const;

/**
 * `RequestReplicationStateChangeEx(RequestedState)`: its numbers are replication states, its meanings are not. `BecomeReplica` turns an
 * old primary into a replica, `Replicate` resumes, `PrepareFailover` sends the last changes and locks the primary.
 */
export const RequestedReplicationState = { BecomeReplica: 2, Replicate: 3, PrepareFailover: 4 } as const;

/** `StartReplication(InitialReplicationType)`: `Seeded` compares with the disks on the other side and sends only differences. */
export const InitialReplicationType = { Network: 1, Seeded: 3 } as const;

/** `ReplicationMode` exists only on `Msvm_ComputerSystem`, never on the relationship. */
export const ReplicationMode = { None: 0, Primary: 1, Replica: 2, TestReplica: 3, ExtendedReplica: 4 } as const;

/** `Warning` is normal after a failover whose reverse replication is not set up yet: it is never a failure by itself. */
export const ReplicationHealth = { NotApplicable: 0, Ok: 1, Warning: 2, Critical: 3 } as const;

/** `FailedOverReplicationType` and `LastReplicationType`. */
export const ReplicationType = { None: 0, Regular: 1, ApplicationConsistent: 2, Planned: 3 } as const;

/** `Msvm_ReplicationProvider.Name` of the in-box host-to-host provider; any other GUID is an external provider. */
export const IN_BOX_PROVIDER = '22391CDC-272C-4DDF-BA88-9BEFB1A0975C';

/** "13 (failback in progress)"; a number this build does not know reads "99 (unknown)". */
export function describeReplicationState(state: number): string {
  return `${state} (${nameOf(ReplicationState, state)})`;
}

/** "2 (replica)". */
export function describeReplicationMode(mode: number): string {
  return `${mode} (${nameOf(ReplicationMode, mode)})`;
}

/** "2 (warning)". */
export function describeReplicationHealth(health: number): string {
  return `${health} (${nameOf(ReplicationHealth, health)})`;
}

/** The words of an enumeration key, or "unknown": numbers a newer Windows adds must be shown, not guessed. */
export function nameOf(enumeration: Readonly<Record<string, number>>, value: number): string {
  const key = Object.keys(enumeration).find((name) => enumeration[name] === value);
  return key === undefined ? 'unknown' : key.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}
