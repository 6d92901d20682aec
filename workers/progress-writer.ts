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

  /** Writes what changed since the last time. */
  async write(table: WatchTable, limits: ChangeLogLimits): Promise<void> {
    const { redis, keys } = this.#runtime;
    const writes: Promise<unknown>[] = [];
    for (const { ref, percent } of table.progress()) {
      const name = `${ref.run}/${ref.id}`;
      if (this.#told.get(name) === percent) continue;
      this.#told.set(name, percent);
      writes.push(redis.hset(keys.progress(ref.run), ref.id, percent));
    }
    for (const { ref, vmId, backlog } of table.backlogs()) {
      const name = `${ref.run}/${ref.id}.pending`;
      const { pendingBytes, rate, at, isChangeLog } = backlog;
      if (this.#told.get(name) === at) continue;
      this.#told.set(name, at);
      const stored: Backlog = { pendingBytes, rate, limitBytes: isChangeLog ? limits.of(vmId) : null, at };
      writes.push(redis.hset(keys.progress(ref.run), `${ref.id}.pending`, JSON.stringify(stored)));
    }
    await Promise.all(writes);
    if (this.#told.size > 2 * table.size + 100) this.#told.clear();
  }
}
