import type { Failure } from '../domain/failure.ts';
import type { MemberStatus } from '../domain/member.ts';

/** Evidence of a run as plain data. Times are ISO 8601, UTC, of the machines that ran failback. Holds no secret. */
export interface RunReport {
  readonly type: 'report';
  readonly version: 1;
  readonly run: string;
  readonly plan: string;
  readonly state: string;
  readonly adopt: boolean;
  readonly startedAt: string;
  /** `user@machine` */
  readonly startedBy: string;
  /** Last transition of a run whose members have all ended, else null. */
  readonly endedAt: string | null;
  readonly durationMs: number;
  readonly generatedAt: string;
  readonly generatedBy: string;
  readonly total: number;
  readonly counts: Readonly<Record<MemberStatus, number>>;
  /** Calls that are known to have reached hosts, by effect. */
  readonly calls: Readonly<Record<string, number>>;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly inFlight: number }[];
  /** What happened to the run as a whole: created, paused, cancelled, finished. */
  readonly timeline: readonly TimelineEntry[];
  readonly members: readonly MemberReport[];
}

export interface MemberReport {
  readonly vm: string;
  readonly vmId: string;
  readonly host: string;
  readonly outcome: MemberStatus;
  readonly state: string;
  /** First admission; null when its turn never came. */
  readonly startedAt: string | null;
  /** Null while it has not ended. */
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly calls: readonly CallReport[];
  /** Every different look at the host, in order. */
  readonly sightings: readonly Sighting[];
  readonly failures: readonly (Failure & { readonly at: string })[];
  /** What went wrong last, as far as it still matters. */
  readonly failure: Failure | null;
  /** Why it is not home: what failed, what a person is waited for, who cancelled it and why. Null when it is home. */
  readonly why: string | null;
  readonly timeline: readonly TimelineEntry[];
}

/** One call to the host and what became of it. */
export interface CallReport {
  readonly at: string;
  readonly step: string;
  readonly attempt: number;
  /** Null when no answer came. */
  readonly returnValue: number | null;
  readonly jobId: string | null;
  readonly words: string;
}

/** What was seen of the VM: four separate facts. */
export interface Sighting {
  readonly at: string;
  /** Null: not replicated. */
  readonly replicationState: number | null;
  readonly replicationHealth: number | null;
  readonly replicationMode: number;
  readonly power: number;
  readonly job: { readonly jobId: string; readonly state: number; readonly errorCode: number } | null;
}

export interface TimelineEntry {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly words: string;
}
