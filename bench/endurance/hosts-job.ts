import type { BenchHost } from '../world.ts';

/** What the process of the simulated hosts is told. */
export type ToHosts =
  | { readonly type: 'serve'; readonly hosts: number; readonly vms: number; readonly speed: number; readonly ledgerFile: string }
  /** These came home: they are to be away again, for another run. */
  | { readonly type: 'send-away'; readonly vmIds: readonly string[] };

export type FromHosts =
  | { readonly type: 'serving'; readonly hosts: readonly BenchHost[] }
  /** VMs of which the host says that they were not home: not complete, or not running. */
  | { readonly type: 'sent-away'; readonly notHome: readonly string[] };
