import type { HostKind } from './host/host-factory.ts';
import type { RequestFigures } from './host/request-count.ts';
import type { BenchHost } from './world.ts';

/** What a worker process is told first. */
export interface WorkerJob {
  readonly redisUrl: string;
  readonly kind: HostKind;
  /** Without their VMs where the hosts are processes of their own. */
  readonly hosts: readonly BenchHost[];
  readonly jobMs: number;
  /** Jobs at a time; null: the contender's own choice. */
  readonly concurrency: number | null;
  /** Milliseconds between two looks of the yardstick at a VM. The product decides for itself. */
  readonly pollMs: number;
  /** File for a processor profile of everything from here to the figures; null: none. */
  readonly profile: string | null;
}

export type ToWorker =
  | { readonly type: 'begin'; readonly job: WorkerJob }
  | { readonly type: 'figures' }
  | { readonly type: 'heap' }
  | { readonly type: 'end' };

export type FromWorker =
  | { readonly type: 'ready'; readonly heapUsed: number }
  | { readonly type: 'heap'; readonly heapUsed: number }
  | { readonly type: 'figures'; readonly heapUsed: number; readonly requests: RequestFigures };
