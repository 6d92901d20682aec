import type { Logger } from 'pino';
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

interface Parts {
  readonly runtime: Runtime;
  readonly host: HyperVHost;
  readonly table: WatchTable;
  readonly log: Logger;
}

/** Members that are told at the same time: what is decided about all of them is in memory until it is on record. */
const AT_ONCE = 128;

/** Tells lifecycles what one look at a host has shown. */
export class LookTeller {
  readonly #parts: Parts;
  #wasLate = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Somebody did not wait for it any more, at least not with the token of the look. */
  get wasLate(): boolean {
    return this.#wasLate;
  }

  /** @param lookAt the look, as it is for a run */
  async tellAll(news: readonly News[], lookAt: (run: RunId) => LookAt): Promise<void> {
    const { table, log } = this.#parts;
    for (let from = 0; from < news.length; from += AT_ONCE) {
      const told = news.slice(from, from + AT_ONCE).map((one) =>
        this.#tell(one, lookAt(one.ref.run)).catch((error: unknown) => {
          log.error({ err: error, ...one.ref }, 'a look could not be delivered, it is told again');
          table.untell(one.ref);
        }),
      );
      await Promise.all(told);
    }
  }

  async #tell(news: News, { began, ...when }: LookAt): Promise<void> {
    const { runtime, host, table } = this.#parts;
    const { ref, token, side, host: where, vm, job, running, statistics, test } = news;
    const failed = job !== null && job.errorCode !== 0;
    const errors = failed ? await host.jobErrors(job.jobId).catch(() => []) : [];
    const seen = { side, host: where, vm, job, running, statistics, test };
    const event = { type: 'host.observed', ...when, ...seen, ...(errors.length > 0 ? { errors } : {}) };
    const outcome = await runtime.advance(ref, event, { effect: 'watch', token, final: false, since: began });
    if (outcome !== 'dropped' && outcome !== 'gone') return;
    table.drop(ref, token);
    this.#wasLate = true;
  }
}
