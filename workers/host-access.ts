import type { Failure } from '../src/domain/failure.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { RunId } from '../src/runtime/keys.ts';
import type { LogOnGap } from '../src/runtime/presence.ts';
import { CannotLogOn, type HostConnections } from './host-connections.ts';

/** How long this process waits before it tries again to log on where it could not, milliseconds: first and at most. */
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;

interface Gap extends LogOnGap {
  readonly waitMs: number;
  readonly nextTry: number;
}

export interface HostAccessParts {
  readonly connections: Pick<HostConnections, 'get'>;
  /** Hears of every change: of all gaps, and of the host of a run that was lost or, with null, found again. */
  readonly onChange: (gaps: readonly LogOnGap[], run: RunId, host: string, failure: Failure | null) => void;
  readonly now?: () => number;
}

/**
 * Where this process can log on, and where it can not because of itself: a secret that is not in its environment, a file it can not
 * read. Work for such a host is left to others until this process can do it.
 */
export class HostAccess {
  readonly #parts: HostAccessParts;
  readonly #now: () => number;
  /** By run and host; null where it could log on the last time. */
  readonly #known = new Map<string, Gap | null>();
  readonly #tries = new Map<string, Promise<boolean>>();

  constructor(parts: HostAccessParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
  }

  /** A connection to a host by the plan's name. @throws CannotLogOn when this process lacks something; FailbackError when the run is not known */
  async reach(run: RunId, host: string): Promise<HyperVHost> {
    const key = keyOf(run, host);
    try {
      const connection = await this.#parts.connections.get(run, host);
      const before = this.#known.get(key);
      this.#known.set(key, null);
      if (before) this.#tell(run, host, null);
      return connection;
    } catch (thrown) {
      if (thrown instanceof CannotLogOn) this.#lack(run, host, thrown.failure);
      throw thrown;
    }
  }

  /** Whether this process can log on. Tries where it is not known, and from time to time where it could not. */
  isOpen(run: RunId, host: string): Promise<boolean> {
    const key = keyOf(run, host);
    const known = this.#known.get(key);
    if (known === null) return Promise.resolve(true);
    if (known && this.#now() < known.nextTry) return Promise.resolve(false);
    let trial = this.#tries.get(key);
    if (!trial) {
      trial = this.#try(run, host).finally(() => this.#tries.delete(key));
      this.#tries.set(key, trial);
    }
    return trial;
  }

  /** A run is not served any more. */
  forget(run: RunId): void {
    for (const [key, gap] of this.#known) {
      if (!key.startsWith(`${run}/`)) continue;
      this.#known.delete(key);
      if (gap) this.#tell(run, gap.host, null);
    }
  }

  async #try(run: RunId, host: string): Promise<boolean> {
    try {
      await this.reach(run, host);
      return true;
    } catch (thrown) {
      if (thrown instanceof CannotLogOn) return false;
      throw thrown;
    }
  }

  #lack(run: RunId, host: string, failure: Failure): void {
    const now = this.#now();
    const before = this.#known.get(keyOf(run, host));
    // Several that fail at the same time are one try.
    if (before && now < before.nextTry) return;
    const waitMs = before ? Math.min(LONGEST_RETRY_MS, 2 * before.waitMs) : FIRST_RETRY_MS;
    this.#known.set(keyOf(run, host), { run, host, failure, waitMs, nextTry: now + waitMs });
    if (before?.failure.message !== failure.message) this.#tell(run, host, failure);
  }

  #tell(run: RunId, host: string, failure: Failure | null): void {
    const gaps = [...this.#known.values()].flatMap((gap) => (gap ? [{ run: gap.run, host: gap.host, failure: gap.failure }] : []));
    this.#parts.onChange(gaps, run, host, failure);
  }
}

function keyOf(run: RunId, host: string): string {
  return `${run}/${host}`;
}
