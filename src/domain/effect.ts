import type { Side } from './member.ts';

/**
 * Effects a lifecycle may ask for. A machine names them, a worker carries them out; every one of them is a WMI call
 * that is made at most once per attempt.
 */
export const EFFECTS = [
  'initiateFailback',
  'initiateFailover',
  'commitFailover',
  'revertFailover',
  'reverseReplication',
  'becomeReplica',
  'resumeReplication',
  'prepareFailover',
  'startReplication',
  'resynchronize',
  'shutDownGuest',
  'turnOff',
  'startVirtualMachine',
  'testReplicaSystem',
  'startTestSystem',
  'destroyTestSystem',
  'probe',
  'terminateJob',
] as const;
export type EffectName = (typeof EFFECTS)[number];

/** What a machine hands to an effect; host, VM and settings come from the member's fixed input. */
export interface EffectInput {
  readonly effect: EffectName;
  readonly side: Side;
  /** The plan's name of the host it goes to. */
  readonly host: string;
  /** The plan's name of the host of the other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
  /** 1 for the first call of a step. Part of the WS-Addressing MessageID. */
  readonly attempt: number;
  /** Only for `terminateJob`. */
  readonly jobId: string | null;
  /** A person confirmed that the copy on the other side can not run. */
  readonly fenced: boolean;
}

/** What an effect reports when the host answered: the raw return value and the job it named. */
export interface EffectOutput {
  readonly returnValue: number;
  readonly jobId: string | null;
}

/** What a machine wants watched. */
export interface WatchInput {
  /** The side of the job, if one is followed. */
  readonly side: Side;
  /** Where the VM is watched, by the plan's names. */
  readonly at: readonly { readonly side: Side; readonly host: string }[];
  /** The VM counts as in sync while no more is pending than this; null: its replication statistics are not wanted. */
  readonly sync: { readonly pendingBytes: number; readonly latency: number } | null;
  /** The job to be followed, null when none is known. */
  readonly jobId: string | null;
  /** Every unfinished job that affects the VM is wanted too. */
  readonly allJobs: boolean;
  /** How soon something may change: `soon` for looks and short operations, `copy` while data moves. */
  readonly pace: 'soon' | 'copy';
}
