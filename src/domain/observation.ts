/**
 * What was seen of one virtual machine on one host at one moment. Power, replication state, mode and job are four
 * separate inputs and are never merged: "job gone, state 13" and "state 14, job exception" are both real.
 */
export interface VmObservation {
  /** `Msvm_ComputerSystem.Name`, an upper-case GUID. */
  readonly vmId: string;
  /** `ElementName`; not unique on a host. */
  readonly name: string;
  /** `EnabledState`. */
  readonly power: number;
  /** `OperationalStatus`; index 0 is the primary value. */
  readonly operationalStatus: readonly number[];
  /** `HealthState`: 5 is OK. */
  readonly healthState: number;
  /** `ReplicationMode`. */
  readonly mode: number;
  /** Relationship `…\HVR\0`; null when the machine is not replicated. */
  readonly replication: ReplicationObservation | null;
  /** True when a relationship `…\HVR\1` (extended replication) exists. */
  readonly extended: boolean;
  /** `vmId` of its test replica, which a test failover made on the same host; null when there is none. */
  readonly testReplica: string | null;
}

export interface ReplicationObservation {
  /** `ReplicationState`. */
  readonly state: number;
  /** `ReplicationHealth`. */
  readonly health: number;
  /** `FailedOverReplicationType`. */
  readonly failedOverType: number;
  /** `LastReplicationTime` as ISO 8601, null when the host has none. */
  readonly lastReplicationTime: string | null;
}

/** One `Msvm_ConcreteJob` as read from a host. */
export interface JobObservation {
  /** `InstanceID`. */
  readonly jobId: string;
  readonly jobType: number;
  readonly jobState: number;
  /** 0 to 100 (101 on some builds); display only, never a signal of completion. */
  readonly percentComplete: number;
  /** 0 when there is none. */
  readonly errorCode: number;
  /** `ErrorDescription`, else `ErrorSummaryDescription`, as the host gave it (localised); null when there is none. */
  readonly errorDescription: string | null;
  /** `TimeSubmitted` by the host's clock, ISO 8601; null when the host has none. */
  readonly timeSubmitted: string | null;
  readonly owner: string | null;
  readonly cancellable: boolean;
}

/**
 * How the replication of one VM goes (`Msvm_ReplicationStatistics`), by the host that sends, over its present monitoring window.
 * Only `pendingBytes` is about this moment; everything else is about the window.
 */
export interface ReplicationStatistics {
  /** Bytes that are written and not yet sent. */
  readonly pendingBytes: number;
  /** Bytes sent in the window. */
  readonly replicatedBytes: number;
  /** Bytes a replication cycle that succeeded sent on average; 0 when there was none. */
  readonly averageBytes: number;
  /** Bytes of the largest cycle. */
  readonly maxBytes: number;
  /** Seconds a cycle that succeeded took on average: the host gives the total of the window. */
  readonly latencySeconds: number;
  /** Seconds of the longest cycle; null where the host does not say. */
  readonly maxLatencySeconds: number | null;
  readonly successCount: number;
  /** Cycles that were missed. */
  readonly missCount: number;
  readonly failureCount: number;
  readonly networkFailureCount: number;
  /** `ReplicationHealth`. */
  readonly health: number;
  /** The window by the host's clock, ISO 8601; null when the host has none. */
  readonly since: string | null;
  readonly until: string | null;
  /** When a test replica was made for the last time, ISO 8601; null when never. */
  readonly lastTestFailover: string | null;
}

/** Everything one look at a host brought back. Times are the observer's own clock, in milliseconds since the epoch. */
export interface HostObservation {
  /** When the first request of the look was sent: what the host did before this moment is visible in it. */
  readonly takenAt: number;
  /** By `vmId`. */
  readonly vms: ReadonlyMap<string, VmObservation>;
  /** By `jobId`: every job the host still keeps. */
  readonly jobs: ReadonlyMap<string, JobObservation>;
  /** `jobId` by `vmId`, all jobs that affect the machine (`Msvm_AffectedJobElement`); null when it was not asked for. */
  readonly jobsOfVm: ReadonlyMap<string, readonly string[]> | null;
  /** By `vmId`, of the machines they were asked for. A machine the host has none of, or does not give them for now, is not in it. */
  readonly statisticsOf: ReadonlyMap<string, ReplicationStatistics>;
}
