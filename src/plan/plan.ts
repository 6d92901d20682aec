/** What strategy a member asks for. `auto` lets pre-flight choose from the replication provider. */
export type Strategy = 'auto' | 'provider';

/** What follows replication state 14 (failback complete). */
export type AfterFailback = 'none' | 'commit' | 'commit+reverse';

/**
 * A plan as the rest of the product uses it: validated, every default filled in, times in milliseconds, plain JSON.
 * It holds references to credentials, never credentials.
 */
export interface Plan {
  readonly version: 1;
  /** Free text without control characters, at most 100 characters. */
  readonly name: string;
  /** In the order of the file; names are unique without regard to case. */
  readonly hosts: readonly PlanHost[];
  readonly limits: {
    /** Members in flight over all hosts; 1 to 100,000. */
    readonly inFlight: number;
  };
  /** What every member starts from; see {@link effectiveSettings}. */
  readonly defaults: MemberSettings;
  /** In the order of the file. */
  readonly members: readonly MemberSpec[];
}

export interface PlanHost {
  /** Letters, digits, dots, dashes and underscores, at most 63: fit for keys, queue names and metrics. */
  readonly name: string;
  /** Absolute URL with scheme, host, port and path, e.g. `https://hv-dr-01.example.net:5986/wsman`. Never holds credentials. */
  readonly address: string;
  readonly transport: 'wsman';
  readonly auth: 'basic';
  readonly credentials: {
    readonly username: string;
    /** `env:NAME` or `file:PATH` (absolute); see `resolveSecret`. */
    readonly password: string;
  };
  readonly tls: {
    /** Absolute path of a PEM file with the certificate authorities to trust instead of the system's; null: the system's. */
    readonly caFile: string | null;
    /** SHA-256 of the host's certificate, 64 upper-case hex digits; null: no pin. */
    readonly fingerprint: string | null;
  };
  /** True allows `http:` addresses: credentials and orders then travel in clear text. */
  readonly allowUnencrypted: boolean;
  readonly limits: {
    /** Members in flight on this host; 1 to 1,000. */
    readonly inFlight: number;
  };
}

/** Everything a member's lifecycle needs to know from the plan. */
export interface MemberSettings {
  readonly strategy: Strategy;
  /** The provider's opaque name of the point to go back to; null: the latest. */
  readonly recoveryPoint: string | null;
  readonly retry: RetryPolicy;
  readonly timeouts: Timeouts;
  /** What follows state 14 for strategy `provider`. */
  readonly after: AfterFailback;
  /** WMI replication states a failback may start from. */
  readonly startStates: readonly number[];
  /** Whether the machine is started after state 14. */
  readonly start: boolean;
  readonly verify: {
    /** How long a started machine must stay up to count as verified, milliseconds. */
    readonly stableMs: number;
  };
  /** True when the failure of this member matters more than that of others. */
  readonly critical: boolean;
}

export interface RetryPolicy {
  /** Calls of one step before the member stops, the first included; 1 to 100. */
  readonly attempts: number;
  readonly backoff: 'exponential' | 'fixed';
  /** Wait before the second attempt. */
  readonly delayMs: number;
  /** Longest wait between two attempts. */
  readonly maxMs: number;
  /** Share of the wait that is random, 0 to 1. */
  readonly jitter: number;
}

export interface Timeouts {
  /** One request to a host. */
  readonly callMs: number;
  /** One CIM job. */
  readonly jobMs: number;
  /** One step of the lifecycle with all its attempts. */
  readonly stepMs: number;
  /** How long after a call of unknown outcome the host is left alone before it is looked at. */
  readonly doubtMs: number;
  /** How long the host may take to show the effect of an accepted call. */
  readonly settleMs: number;
}

/** Line and column of the plan file, from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export type MemberSpec = NamedMember | MatchedMembers;

/** One virtual machine by name, and by id where the name is not enough. */
export interface NamedMember {
  readonly kind: 'vm';
  /** `ElementName`, compared without regard to case. */
  readonly vm: string;
  /** Upper-case GUID; null: the name alone must be unique. */
  readonly id: string | null;
  /** Name of a host of the plan; null: any. */
  readonly on: string | null;
  readonly overrides: MemberOverrides;
  readonly position: SourcePosition;
}

/** Every replicated machine on the recovery side whose name matches a glob. */
export interface MatchedMembers {
  readonly kind: 'match';
  /** `*`, `?`, `[a-z]`, `{a,b}`; a backslash takes the next character as it is. */
  readonly match: string;
  readonly on: string | null;
  /** Globs or names to leave out. */
  readonly except: readonly string[];
  readonly position: SourcePosition;
}

/** The settings a member's entry names itself; all others come from the plan's defaults. */
export interface MemberOverrides {
  readonly strategy?: Strategy;
  readonly recoveryPoint?: string | null;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<Timeouts>;
  readonly after?: AfterFailback;
  readonly start?: boolean;
  readonly critical?: boolean;
}

/** What holds when the plan says nothing. */
export const PLAN_DEFAULTS: MemberSettings = {
  strategy: 'auto',
  recoveryPoint: null,
  retry: { attempts: 5, backoff: 'exponential', delayMs: 30_000, maxMs: 600_000, jitter: 0.2 },
  timeouts: { callMs: 60_000, jobMs: 14_400_000, stepMs: 86_400_000, doubtMs: 3_000, settleMs: 60_000 },
  after: 'none',
  startStates: [6, 5],
  start: true,
  verify: { stableMs: 10_000 },
  critical: false,
};

/** Members in flight when the plan says nothing: over all hosts, and on one host. */
export const DEFAULT_IN_FLIGHT = { plan: 20, host: 3 } as const;

/** The settings of one member: its own where it has them (`retry` and `timeouts` value by value), else those of `defaults`. */
export function effectiveSettings(defaults: MemberSettings, spec: MemberSpec): MemberSettings {
  if (spec.kind === 'match') return defaults;
  const { retry, timeouts, ...own } = spec.overrides;
  return { ...defaults, ...own, retry: { ...defaults.retry, ...retry }, timeouts: { ...defaults.timeouts, ...timeouts } };
}
