/** The two hosts of a replicated VM: `home` is where it shall run in the end, `away` is the other one. */
export type Side = 'home' | 'away';

/**
 * How a member reaches its goal:
 * - `provider`: the provider behind the relationship copies the data home (`InitiateFailback`); only the home side is known
 * - `reverse`: between two Hyper-V hosts: replication is reversed, caught up, and the VM is failed over as planned
 * - `drill`: a test replica is made from the replica, tried out and removed; nothing else changes
 */
export type Strategy = 'provider' | 'reverse' | 'drill';

/** What follows replication state 14: public sources leave open what a provider accepts there, so it is policy. */
export type AfterPolicy = 'none' | 'commit' | 'commit+reverse';

/**
 * How a failover home becomes final in strategy `reverse`, where reversing the replication is the commit: `none` waits for a person,
 * `commit` goes on once the VM is verified and the hold time is over, `rollback` does so too, but takes the failover back when
 * the VM does not verify.
 */
export type CommitPolicy = 'none' | 'commit' | 'rollback';

/** A question to a started VM that only a working one answers. */
export type Probe =
  /** The guest's integration services say that it is up. */
  | { readonly kind: 'heartbeat' }
  /** A TCP connection opens. `address` is `host:port`. */
  | { readonly kind: 'tcp'; readonly address: string }
  /** GET answers with this status; null: any below 400. */
  | { readonly kind: 'http'; readonly url: string; readonly status: number | null }
  /** A program of the worker's machine ends with 0. Absolute path; it is run without a shell. */
  | { readonly kind: 'script'; readonly path: string; readonly args: readonly string[] };

/** The probes a started VM is asked: a test replica has no network, so in a drill only those that need none. */
export function probesOf({ strategy, probes }: Pick<MemberSettings, 'strategy' | 'probes'>): readonly Probe[] {
  return strategy === 'drill' ? probes.filter(({ kind }) => kind === 'heartbeat' || kind === 'script') : probes;
}

export interface RetrySettings {
  /** Calls per step, the first included; 1 to 100. */
  readonly attempts: number;
  readonly backoff: 'exponential' | 'fixed';
  readonly delay: number;
  readonly max: number;
  /** Share of the delay that may be added or taken away, 0 to 1. */
  readonly jitter: number;
}

/** Strategy `reverse`. Times in milliseconds. */
export interface ReverseSettings {
  /** `seeded` compares with the disks that are still at home and sends what differs, `network` sends everything. */
  readonly firstCopy: 'seeded' | 'network';
  /** When a first copy or a resynchronisation may begin, ISO 8601; null: at once. */
  readonly copyAt: string | null;
  /** The VM is only shut down while no more than this is still to be sent, and a cycle takes no longer. */
  readonly sync: { readonly pendingBytes: number; readonly latency: number };
  /** How long the guest has to shut down, and whether it may be turned off after that. */
  readonly shutdown: { readonly within: number; readonly turnOff: boolean };
  readonly commit: CommitPolicy;
  /** How long a verified VM must go on running before the failover becomes final. */
  readonly hold: number;
  /** How long a side may be out of sight before a person is asked. */
  readonly unseen: number;
  /** The replication to a third host may end: reversing towards home ends it. */
  readonly giveUpExtended: boolean;
}

/** How a member is to be brought home: the plan's values after defaults. Times in milliseconds. */
export interface MemberSettings {
  readonly strategy: Strategy;
  /** The provider's opaque token, or null for the latest point. */
  readonly recoveryPoint: string | null;
  readonly retry: RetrySettings;
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
  /** All of them must pass in one go before a started VM counts as verified. */
  readonly probes: readonly Probe[];
  /** How long the probes may fail, and how long to wait between two goes. */
  readonly probing: { readonly within: number; readonly every: number };
  readonly reverse: ReverseSettings;
  /** How long the VM may be down on its way home, for the report; null: no objective. */
  readonly rto: number | null;
}

/** The fixed facts of a member: they never change during a run. */
export interface MemberInput {
  readonly vm: string;
  /** Upper-case GUID. */
  readonly vmId: string;
  /** The plan's name of the host at home. */
  readonly host: string;
  /** The plan's name of the host of the other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
  /** Hosts the VM may be on, its host first: the nodes of a cluster, or one. */
  readonly nodes: Readonly<Record<Side, readonly string[]>>;
  /** Replica Brokers of the sides' clusters, by the names their partners know; null where there is none or the plan does not name it. */
  readonly brokers: Readonly<Record<Side, string | null>>;
  /** Thumbprints of the certificates the sides' hosts replicate with; null where relationships keep the one they have. */
  readonly certificates: Readonly<Record<Side, string | null>>;
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
