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
}
