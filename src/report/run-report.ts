import type { Failure } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import type { MemberStatus, Strategy } from '../domain/member.ts';
import type { Goal } from './status-words.ts';

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
  readonly intent: Intent;
  /** What a VM that completed is. */
  readonly goal: Goal;
  readonly strategies: Readonly<Partial<Record<Strategy, number>>>;
  /** Null when no VM was stopped on its way home. */
  readonly downtime: DowntimeTotals | null;
  /** Steps that were done already, of all VMs; what was only not needed (resume, resynchronize) is not counted. */
  readonly skippedSteps: number;
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
  /** The host at home. */
  readonly host: string;
  /** The host of the other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
  readonly strategy: Strategy;
  readonly outcome: MemberStatus;
  readonly state: string;
  /** First admission; null when its turn never came. */
  readonly startedAt: string | null;
  /** Null while it has not ended. */
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  /** Steps this run had nothing to call for: they were done before, or not needed. */
  readonly skipped: readonly string[];
  /** Null where nothing is known of it: other strategies than reverse, and VMs that were not stopped. */
  readonly downtime: Downtime | null;
  /** What can not be undone any more, in the order in which it came to that. */
  readonly pointsOfNoReturn: readonly { readonly at: string; readonly words: string }[];
  /** Only of a drill. */
  readonly drill: Scorecard | null;
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

/** How long a VM was down on its way home, from its stop until it was verified. */
export interface Downtime {
  /** Null: it was down before this run. */
  readonly stoppedAt: string | null;
  /** Verified at home, or running again where it ran; null: still down. */
  readonly upAt: string | null;
  /** So far where it is still down; where it was down before the run, since the run took it up: the true time is longer. */
  readonly ms: number;
  readonly beganBefore: boolean;
  /** The plan's objective, milliseconds. */
  readonly rtoMs: number | null;
  /** Null: there is no objective, or it is not decided. */
  readonly met: boolean | null;
}

export interface DowntimeTotals {
  /** VMs whose stop and return this run has seen. */
  readonly measured: number;
  readonly longestMs: number;
  readonly sumMs: number;
  /** VMs that were down before the run; not in the numbers above. */
  readonly beganBefore: number;
  /** VMs that are still down; not in the numbers above. */
  readonly stillDown: number;
  readonly met: number;
  readonly missed: number;
}

/** What a drill showed of one VM. */
export interface Scorecard {
  readonly passed: boolean;
  /** Probes the plan asks for, beside that the VM runs and is healthy. */
  readonly probes: number;
  /** All of them, in one go; null: there are none, or they were never asked. */
  readonly probesPassed: boolean | null;
  /** From the start of the test VM until it was seen running and healthy; null: it never was. */
  readonly upMs: number | null;
  /** From the start until everything had been shown. */
  readonly verifiedMs: number | null;
  /** The test VM is gone; null: none was made. */
  readonly cleanedUp: boolean | null;
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
  /** Where it was seen. */
  readonly host: string;
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
