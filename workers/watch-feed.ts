import type { RunId } from '../src/runtime/keys.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { WatchChange } from '../src/runtime/watch.ts';
import { readWatches, watchVersion } from '../src/runtime/watch-index.ts';
import type { WatchTable } from './watch-table.ts';

/** What became of a change that was heard: there is something new to look for, nothing of interest, or it is not known what it leads to. */
export type Heard = 'news' | 'nothing' | 'unclear';

/**
 * Keeps a table of what runs have watched on one host: by hearing what this process commits, and by reading, when the version has changed
 * otherwise, what others have.
 */
export class WatchFeed {
  readonly #runtime: Runtime;
  readonly #hostKey: string;
  readonly #table: WatchTable;
  /** The runs it follows, with the version the table is at; undefined: to be read. */
  readonly #versions = new Map<RunId, string | null | undefined>();

  constructor(runtime: Runtime, hostKey: string, table: WatchTable) {
    this.#runtime = runtime;
    this.#hostKey = hostKey;
    this.#table = table;
  }

  /** @returns false when it follows the run already */
  follow(run: RunId): boolean {
    if (this.#versions.has(run)) return false;
    this.#versions.set(run, undefined);
    return true;
  }

  leave(run: RunId): void {
    this.#versions.delete(run);
    this.#table.removeRun(run);
  }

  /** A commit of this process. Who is at the version before it needs not read what is watched, however much that is. */
  hear({ run, from, to, watches }: WatchChange): Heard {
    if (!this.#versions.has(run)) return 'nothing';
    if (from !== (this.#versions.get(run) ?? '')) {
      this.#versions.set(run, undefined);
      return 'unclear';
    }
    this.#versions.set(run, to);
    let heard: Heard = 'nothing';
    for (const [id, watch] of watches) {
      if (watch) {
        this.#table.set({ run, id }, watch, performance.now());
        heard = 'news';
      } else {
        this.#table.remove({ run, id });
      }
    }
    return heard;
  }

  /** Nothing of what is known is relied on any more. */
  readAgain(): void {
    for (const run of this.#versions.keys()) this.#versions.set(run, undefined);
  }

  /** Reads what has changed; true when something had. */
  async refresh(): Promise<boolean> {
    const changed = await Promise.all([...this.#versions.keys()].map((run) => this.#refreshRun(run)));
    return changed.includes(true);
  }

  async #refreshRun(run: RunId): Promise<boolean> {
    const version = await watchVersion(this.#runtime, run, this.#hostKey);
    if (!this.#versions.has(run) || version === this.#versions.get(run)) return false;
    // Whatever this process changes while it is read is read anew: it may or may not be in it.
    this.#versions.set(run, undefined);
    const watches = await readWatches(this.#runtime, run, this.#hostKey, (id, token) => this.#table.get({ run, id }, token));
    if (!this.#versions.has(run)) return false;
    this.#table.replace(run, watches, performance.now());
    this.#versions.set(run, version);
    return true;
  }
}
