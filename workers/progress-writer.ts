import type { RunId } from '../src/runtime/keys.ts';
import type { Backlog } from '../src/runtime/run-view.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { ChangeLogLimits } from './change-log-limits.ts';
import type { WatchTable } from './watch-table.ts';

/** Puts on record how far watched members are, beside their lifecycles: for display only. */
export class ProgressWriter {
  readonly #runtime: Pick<Runtime, 'redis' | 'keys'>;
  readonly #told = new Map<string, number>();

  constructor(runtime: Pick<Runtime, 'redis' | 'keys'>) {
    this.#runtime = runtime;
  }

  /** Writes what changed since the last time: one write for each run. */
  async write(table: WatchTable, limits: ChangeLogLimits): Promise<void> {
    const { redis, keys } = this.#runtime;
    const changed = new Map<RunId, Record<string, string | number>>();
    const put = (run: RunId, field: string, seen: number, value: string | number): void => {
      const name = `${run}/${field}`;
      if (this.#told.get(name) === seen) return;
      this.#told.set(name, seen);
      const fields = changed.get(run) ?? {};
      fields[field] = value;
      changed.set(run, fields);
    };
    for (const { ref, percent } of table.progress()) put(ref.run, ref.id, percent, percent);
    for (const { ref, vmId, backlog } of table.backlogs()) {
      const { pendingBytes, rate, at, isChangeLog } = backlog;
      const stored: Backlog = { pendingBytes, rate, limitBytes: isChangeLog ? limits.of(vmId) : null, at };
      put(ref.run, `${ref.id}.pending`, at, JSON.stringify(stored));
    }
    await Promise.all([...changed].map(([run, fields]) => redis.hset(keys.progress(run), fields)));
    if (this.#told.size > 2 * table.size + 100) this.#told.clear();
  }
}
