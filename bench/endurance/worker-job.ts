import type { Vitals } from './vitals.ts';

export type ToWorker =
  | { readonly type: 'begin'; readonly redisUrl: string }
  /** The event loop's delay counts from now on. */
  | { readonly type: 'measure'; readonly profiled: boolean }
  | { readonly type: 'write-profile'; readonly file: string }
  | { readonly type: 'vitals' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'profile-written' }
  /** Errors are those it has logged. */
  | { readonly type: 'vitals'; readonly vitals: Vitals; readonly errors: number };
