import type { HostTrouble } from '../../runtime/host-health.ts';
import type { RunId } from '../../runtime/keys.ts';
import type { RunState } from '../../runtime/run-view.ts';
import type { RunModel } from './run-model.ts';

/** A run at one moment, for whoever shows it. */
export interface Frame {
  readonly run: RunId;
  readonly plan: string;
  readonly state: RunState;
  readonly model: RunModel;
  /** ms since the epoch */
  readonly startedAt: number;
  /** ms since the epoch */
  readonly now: number;
  /** Calls that are known to have reached hosts, by effect. */
  readonly calls: Readonly<Record<string, number>>;
  /** Nobody serves the run. */
  readonly noWorker: boolean;
  /** Hosts that can not be looked at. */
  readonly troubles: readonly HostTrouble[];
  readonly redisLost: boolean;
}
