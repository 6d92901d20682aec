import type { RequestFigures } from './host/request-count.ts';
import type { BenchHost } from './world.ts';

/** What the process of the hosts is told first. */
export interface HostsJob {
  readonly kind: 'loopback' | 'wsman';
  readonly hosts: readonly BenchHost[];
  readonly jobMs: number;
  /** File the simulated hosts record every call in. */
  readonly ledgerFile: string;
}

export type ToHosts = { readonly type: 'serve'; readonly job: HostsJob } | { readonly type: 'flight' } | { readonly type: 'figures' };

export type FromHosts =
  | { readonly type: 'serving'; readonly hosts: readonly BenchHost[] }
  /** VMs somebody asked to be brought home, and those of them nobody has seen come back. Loopback only. */
  | { readonly type: 'flight'; readonly calledFor: number; readonly underWay: number }
  | ({ readonly type: 'figures' } & HostsFigures);

/** What the hosts saw. */
export interface HostsFigures {
  /** HTTP requests. */
  readonly wire: number;
  /** `InitiateFailback` that arrived. */
  readonly calls: number;
  /** VMs for which it came a second time. */
  readonly repeated: readonly string[];
  /** By method; null where only the worker can tell which request belongs to which. */
  readonly requests: RequestFigures | null;
  /** By process id of a worker: when its first request came, and its first `InitiateFailback`; ms since the epoch. Loopback only. */
  readonly firsts: Readonly<Record<number, FirstRequests>>;
}

export interface FirstRequests {
  readonly requestAt: number;
  readonly callAt: number | null;
}
