import type { AfterPolicy, MemberSettings, Probe, ReverseSettings } from '../domain/member.ts';
import type { HostAccess } from './host-access.ts';

/** What strategy a member asks for. `auto` lets pre-flight choose from the replication provider. */
export type Strategy = 'auto' | 'provider' | 'reverse';

/**
 * A plan as the rest of the product uses it: validated, every default filled in, times in milliseconds, plain JSON.
 * It holds references to credentials, never credentials.
 */
export interface Plan {
  readonly version: 1;
  /** Free text without control characters, at most 100 characters. */
  readonly name: string;
  /** The site its machines shall run at; null: the plan knows of no sites, and nothing can be done between two of its hosts. */
  readonly home: string | null;
  /** In the order of the file; names are unique without regard to case. */
  readonly hosts: readonly PlanHost[];
  readonly limits: {
    /** Members in flight over all hosts; 1 to 100,000. */
    readonly inFlight: number;
  };
  /** What every member starts from; see {@link effectiveSettings}. */
  readonly defaults: PlannedSettings;
  /** In the order of the file. */
  readonly members: readonly MemberSpec[];
}

export interface PlanHost {
  /** Letters, digits, dots, dashes and underscores, at most 63: fit for keys, queue names and metrics. */
  readonly name: string;
  /**
   * Absolute URL with scheme, host, port and path, e.g. `https://hv-dr-01.example.net:5986/wsman`; `dcom://` with a host alone. Never holds
   * credentials.
   */
  readonly address: string;
  readonly access: HostAccess;
  /** Where the host stands; null: not said. */
  readonly site: string | null;
  /** The cluster it is a node of; null: none. */
  readonly cluster: string | null;
  /** The Replica Broker by whose name others replicate to its cluster; null: none. */
  readonly broker: string | null;
  /** SHA-1 thumbprint of the certificate it replicates with, 40 upper-case hex digits; null: the one its relationships name. */
  readonly replicaCertificate: string | null;
  readonly limits: {
    /** Members in flight on this host; 1 to 1,000. */
    readonly inFlight: number;
    /** First copies and resynchronisations to or from this host at a time; 1 to 1,000. */
    readonly transfers: number;
  };
}

/** What a plan says about a member: the settings of its lifecycle, with the strategy still to be chosen. */
export interface PlannedSettings extends Omit<MemberSettings, 'strategy'> {
  readonly strategy: Strategy;
  /** True when the failure of this member matters more than that of others. */
  readonly critical: boolean;
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
  readonly retry?: Partial<MemberSettings['retry']>;
  readonly timeouts?: Partial<MemberSettings['timeouts']>;
  readonly after?: AfterPolicy;
  readonly start?: boolean;
  readonly stable?: number;
  readonly probes?: readonly Probe[];
  readonly probing?: Partial<MemberSettings['probing']>;
  readonly reverse?: ReverseOverrides;
  readonly rto?: number;
  readonly critical?: boolean;
}

/** Values of strategy `reverse` that are given; what is left out comes from further up. */
export interface ReverseOverrides extends Partial<Omit<ReverseSettings, 'sync' | 'shutdown'>> {
  readonly sync?: Partial<ReverseSettings['sync']>;
  readonly shutdown?: Partial<ReverseSettings['shutdown']>;
}

/** What holds when the plan says nothing. */
export const PLAN_DEFAULTS: PlannedSettings = {
  strategy: 'auto',
  recoveryPoint: null,
  retry: { attempts: 5, backoff: 'exponential', delay: 30_000, max: 600_000, jitter: 0.2 },
  timeouts: { call: 60_000, job: 14_400_000, step: 86_400_000, doubt: 3_000, settle: 60_000 },
  after: 'none',
  startStates: [6, 5],
  start: true,
  stable: 10_000,
  probes: [],
  probing: { within: 600_000, every: 10_000 },
  reverse: {
    firstCopy: 'seeded',
    copyAt: null,
    sync: { pendingBytes: 64 * 1024 ** 2, latency: 300_000 },
    shutdown: { within: 300_000, turnOff: false },
    commit: 'commit',
    hold: 0,
    unseen: 300_000,
    giveUpExtended: false,
  },
  rto: null,
  critical: false,
};

/** Members in flight when the plan says nothing: over all hosts, and on one host. */
export const DEFAULT_IN_FLIGHT = { plan: 20, host: 3 } as const;

/** What Hyper-V sends at a time unless `MaximumActiveTransfers` says otherwise. */
export const DEFAULT_TRANSFERS = 3;

/** The settings of one member: its own where it has them (groups such as `retry` value by value), else those of `defaults`. */
export function effectiveSettings(defaults: PlannedSettings, spec: MemberSpec): PlannedSettings {
  if (spec.kind === 'match') return defaults;
  const { retry, timeouts, probing, reverse, ...own } = spec.overrides;
  return {
    ...defaults,
    ...own,
    retry: { ...defaults.retry, ...retry },
    timeouts: { ...defaults.timeouts, ...timeouts },
    probing: { ...defaults.probing, ...probing },
    reverse: mergeReverse(defaults.reverse, reverse),
  };
}

/** The given values over those of `base`. */
export function mergeReverse(base: ReverseSettings, given: ReverseOverrides = {}): ReverseSettings {
  return {
    ...base,
    ...given,
    sync: { ...base.sync, ...given.sync },
    shutdown: { ...base.shutdown, ...given.shutdown },
  };
}
