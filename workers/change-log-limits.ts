import type { Logger } from 'pino';
import { FailbackError } from '../src/domain/failure.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';

/** Share of its disks' size at which a host gives a VM's change log up. */
const GIVEN_UP_AT = 0.5;
/** What a host did not tell is asked for again after so long, milliseconds. */
const AGAIN_MS = 300_000;

/** How large the change logs of watched VMs may become on one host. Read beside the looks, one VM after the other: no look waits for it. */
export class ChangeLogLimits {
  readonly #known = new Map<string, { readonly bytes: number | null; readonly at: number }>();
  readonly #log: Logger;
  readonly #now: () => number;
  #reading: Promise<void> | null = null;

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Bytes; null while it is not known. */
  of(vmId: string): number | null {
    return this.#known.get(vmId)?.bytes ?? null;
  }

  /** Reads the limits of these VMs that were not read yet, and forgets all others. Never fails: what is not to be had stays unknown. */
  want(vmIds: ReadonlySet<string>, host: HyperVHost, signal: AbortSignal): void {
    for (const vmId of this.#known.keys()) if (!vmIds.has(vmId)) this.#known.delete(vmId);
    if (this.#reading !== null) return;
    const due = Array.from(vmIds).filter((vmId) => this.#isDue(vmId));
    if (due.length === 0) return;
    this.#reading = this.#read(due, host, signal).finally(() => {
      this.#reading = null;
    });
  }

  /** Nothing is being read any more. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  #isDue(vmId: string): boolean {
    const known = this.#known.get(vmId);
    return known === undefined || (known.bytes === null && this.#now() - known.at >= AGAIN_MS);
  }

  async #read(vmIds: readonly string[], host: HyperVHost, signal: AbortSignal): Promise<void> {
    for (const vmId of vmIds) {
      if (signal.aborted) return;
      const size = await this.#sizeOn(host, vmId, signal);
      this.#known.set(vmId, { bytes: size === null ? null : size * GIVEN_UP_AT, at: this.#now() });
    }
  }

  async #sizeOn(host: HyperVHost, vmId: string, signal: AbortSignal): Promise<number | null> {
    try {
      return await host.replicatedDiskBytes(vmId, { signal });
    } catch (error) {
      // A host that refuses is asked every few minutes for days: no news for anybody who does not look for it.
      this.#log[error instanceof FailbackError ? 'debug' : 'error'](
        { err: error, host: host.name, vmId },
        'how large replicated disks are is not known',
      );
      return null;
    }
  }
}
