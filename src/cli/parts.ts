import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { HyperVHost } from '../hyperv/hyperv-host.ts';
import type { RunId } from '../runtime/keys.ts';
import type { RunHost } from '../runtime/run-record.ts';

export interface WorkerRequest {
  /** Worker role; belongs to the caller, who closes it after the worker. */
  readonly redis: Redis;
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
  /** Path of a scenario file. */
  readonly scenario?: string;
  readonly ledgerFile?: string;
  readonly username?: string;
  readonly password?: string;
}

export interface SimulatedHost {
  readonly name: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly caFile?: string;
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
