import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { RunId } from '../src/runtime/keys.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import { runScript } from '../src/runtime/scripts.ts';
import type { News, WatchTable } from './watch-table.ts';

/** The look that news is from. */
export interface LookAt {
  /** By this process's `performance.now()`. */
  readonly began: number;
  /** ms since the epoch */
  readonly seenAt: number;
  /** Which Redis kept the run then. */
  readonly epoch: string;
}

/** Which Redis keeps each of the runs: another answer means that the last of what was confirmed may be forgotten. */
export async function epochsOf({ redis, keys }: Runtime, runs: readonly RunId[]): Promise<ReadonlyMap<RunId, string>> {
  const epochs = await Promise.all(runs.map((run) => runScript(redis, 'epoch', [keys.rows(run)], [])));
  return new Map(runs.map((run, n) => [run, String(epochs[n])]));
}

/** The run a field of a watch index is about. */
export function runOf(field: string): RunId {
  return field.slice(0, field.indexOf('/'));
}

interface Parts {
  readonly runtime: Runtime;
  readonly host: HyperVHost;
  readonly hostKey: string;
  readonly table: WatchTable;
}

/** Tells lifecycles what one look at a host has shown. */
export class LookTeller {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A watch nobody waits for any more is taken off the index. */
  async tell(news: News, { began, ...when }: LookAt): Promise<void> {
    const { runtime, host, hostKey, table } = this.#parts;
    const { ref, token, field, stored, side, host: where, vm, job, running, statistics, test } = news;
    const failed = job !== null && job.errorCode !== 0;
    const errors = failed ? await host.jobErrors(job.jobId).catch(() => []) : [];
    const seen = { side, host: where, vm, job, running, statistics, test };
    const event = { type: 'host.observed', ...when, ...seen, ...(errors.length > 0 ? { errors } : {}) };
    const outcome = await runtime.advance(ref, event, { effect: 'watch', token, final: false, since: began });
    if (outcome !== 'dropped' && outcome !== 'gone') return;
    table.drop(field, stored);
    const index = runtime.keys.watches(hostKey);
    if ((await runtime.redis.hget(index, field)) === stored) await runtime.redis.hdel(index, field);
    // A worker that was slow to hand a watch over may have put an old one in the place of the present one.
    const present = outcome === 'dropped' ? await runtime.read(ref) : null;
    if (present?.row.live.watch) await runtime.handOverAgain(ref, present.row);
  }
}
