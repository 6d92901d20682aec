/** What follows replication state 14: public sources leave open what a provider accepts there, so it is policy. */
export type AfterPolicy = 'none' | 'commit' | 'commit+reverse';

/** How a member is to be brought home: the plan's values after defaults. Times in milliseconds. */
export interface MemberSettings {
  readonly strategy: 'provider';
  /** The provider's opaque token, or null for the latest point. */
  readonly recoveryPoint: string | null;
  readonly retry: {
    /** Calls per step, the first included; 1 to 100. */
    readonly attempts: number;
    readonly backoff: 'exponential' | 'fixed';
    readonly delay: number;
    readonly max: number;
    /** Share of the delay that may be added or taken away, 0 to 1. */
    readonly jitter: number;
  };
  readonly timeouts: {
    /** One request to the host. */
    readonly call: number;
    /** From the accepted call to the achieved state. */
    readonly job: number;
    /** How long a step may wait for the host to be ready for it. */
    readonly step: number;
    /** After a call whose outcome is unknown: how long "nothing to be seen on the host" must last before it is believed. */
    readonly doubt: number;
    /** How long a job may have ended without the state that should follow. */
    readonly settle: number;
  };
  readonly after: AfterPolicy;
  /** Replication states `InitiateFailback` may be called from; public sources do not say which, default 6 and 5. */
  readonly startStates: readonly number[];
  /** Start the VM after state 14. */
  readonly start: boolean;
  /** How long the VM must be seen running without interruption before it counts as verified. */
  readonly stable: number;
}

/** The fixed facts of a member: they never change during a run. */
export interface MemberInput {
  readonly vm: string;
  /** Upper-case GUID. */
  readonly vmId: string;
  /** The plan's name of the host. */
  readonly host: string;
  readonly settings: MemberSettings;
  /** The run was rebuilt from what the hosts say: earlier calls may be in flight, so look and wait before the first call. */
  readonly adopt: boolean;
}

/**
 * What a script or a person may build on; state names are free to change, these are not.
 * `pending` not admitted yet · `working` · `paused` · `attention` waits for a person · the rest has ended.
 */
export const MEMBER_STATUSES = ['pending', 'working', 'paused', 'attention', 'completed', 'failed', 'cancelled', 'quarantined'] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** Statuses from which nothing happens by itself and nobody is waited for. */
export const ENDED_STATUSES: readonly MemberStatus[] = ['completed', 'failed', 'cancelled', 'quarantined'];
