import type { Logger } from 'pino';
import type { HyperVHost } from '../hyperv/hyperv-host.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { RunId } from '../runtime/keys.ts';
import type { RunHost } from '../runtime/run-record.ts';

export interface WorkerRequest {
  /** Worker role; belongs to the caller, who closes it after the worker. */
  readonly redis: RedisConnection;
  /** Plan names of the hosts to serve; null = all. */
  readonly hosts: readonly string[] | null;
  /** Runs to serve; null = all. */
  readonly runs: readonly RunId[] | null;
  /** Calls at a time per host; undefined = the worker's default. */
  readonly concurrency: number | undefined;
  readonly log: Logger;
}

export interface WorkerHandle {
  /** Name it is known by in Redis. */
  readonly worker: string;
  /** Stops taking work and waits for the calls that are being made. */
  close(): Promise<void>;
}

export const FAULT_PRESETS = ['none', 'some', 'harsh'] as const;
export type FaultPreset = (typeof FAULT_PRESETS)[number];

/** What brings simulated machines home: an external provider, the other one of two Hyper-V hosts, or half and half. */
export const SIMULATED_STRATEGIES = ['provider', 'reverse', 'mixed'] as const;
export type SimulatedStrategy = (typeof SIMULATED_STRATEGIES)[number];

/** How a host-to-host pair may stand at the start, in the order of the way home. */
export const SIMULATED_STAGES = [
  'failed-over',
  'planned-failed-over',
  'committed',
  'home-is-replica',
  'reversed',
  'copying',
  'replicating',
  'suspended',
  'resync-required',
  'resynchronizing',
  'stopped',
  'prepared',
  'failed-over-home',
  'home-running',
  'home-reversed',
  'home',
  'extended',
  'both-running',
] as const;
export type SimulatedStage = (typeof SIMULATED_STAGES)[number];

/** How simulated hosts may let clients log on. */
export const SIMULATED_AUTH = ['basic', 'negotiate', 'kerberos', 'ntlm', 'certificate'] as const;
export type SimulatedAuth = (typeof SIMULATED_AUTH)[number];

/** WinRM's CbtHardeningLevel. */
export const CBT_LEVELS = ['Relaxed', 'Strict'] as const;

export interface SimulatorRequest {
  readonly hosts: number;
  readonly vms: number;
  readonly seed: number;
  /** Virtual seconds a real second. */
  readonly speed: number;
  /** Host k listens on `basePort + k`; 0 takes free ports. */
  readonly basePort: number;
  readonly bindAddress: string;
  readonly tls: boolean;
  readonly faults: FaultPreset;
  readonly strategy: SimulatedStrategy;
  /** Starting states of host-to-host pairs, taken in turn; empty: committed, the old primary off. */
  readonly stages: readonly SimulatedStage[];
  /** Path of a scenario file. */
  readonly scenario?: string;
  readonly ledgerFile?: string;
  readonly username?: string;
  readonly password?: string;
  /** Default: what the hosts can take, without the scheme `ntlm`; all below as the simulator has it. */
  readonly auth?: readonly SimulatedAuth[];
  /** Path of the file with the keys of the hosts' service principals. */
  readonly keytab?: string;
  readonly basicOverHttp?: boolean;
  /** Plain messages over plain HTTP after other log-ons than Basic. */
  readonly allowUnencrypted?: boolean;
  readonly cbtHardeningLevel?: (typeof CBT_LEVELS)[number];
}

export interface SimulatedHost {
  readonly name: string;
  /** Name of its site: by default `dr` or `home`. */
  readonly site: string;
  /** Present on nodes of a cluster. */
  readonly cluster?: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly auth: readonly SimulatedAuth[];
  readonly caFile?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly vms: readonly { readonly id: string; readonly name: string }[];
}

export interface SimulatorHandle {
  readonly hosts: readonly SimulatedHost[];
  close(): Promise<void>;
}

/** What the composition root gives the command line: it imports neither workers nor hosts nor the simulator itself. */
export interface CliParts {
  /** Version of the product. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who runs the program, for the journal: "alice@jump01". */
  readonly operator: string;
  /** ms since the epoch */
  readonly now: () => number;
  /** Resolves credentials at the moment of use. Opens no connection yet. */
  connectHost(host: RunHost): Promise<HyperVHost>;
  startWorker(request: WorkerRequest): Promise<WorkerHandle>;
  startSimulator(request: SimulatorRequest): Promise<SimulatorHandle>;
}
