import type { HyperVHost, ReplicationSettings } from '../src/hyperv/hyperv-host.ts';

/** How long settings that were read once are used, milliseconds. */
const FRESH_MS = 60_000;

/**
 * Replication settings of a host's VMs. One enumeration serves all members that are called within a minute; a VM that is not
 * in it, or a second attempt, reads again.
 */
export class SettingsCache {
  readonly #now: () => number;
  readonly #read = new Map<HyperVHost, { readonly at: number; readonly settings: Promise<ReadonlyMap<string, ReplicationSettings>> }>();

  constructor(now: () => number = () => Math.floor(performance.now())) {
    this.#now = now;
  }

  /**
   * @param anew do not use what is older than this call
   * @returns null when the host has no settings for the VM
   */
  async of(host: HyperVHost, vmId: string, anew: boolean): Promise<ReplicationSettings | null> {
    const known = this.#read.get(host);
    if (!anew && known && this.#now() - known.at < FRESH_MS) {
      const found = (await known.settings).get(vmId);
      if (found) return found;
    }
    return (await this.#readNow(host)).get(vmId) ?? null;
  }

  #readNow(host: HyperVHost): Promise<ReadonlyMap<string, ReplicationSettings>> {
    const at = this.#now();
    const known = this.#read.get(host);
    // Calls that want to read anew in the same turn share one enumeration.
    if (known && known.at === at) return known.settings;
    const settings = host.replicationSettings();
    this.#read.set(host, { at, settings });
    settings.catch(() => this.#read.delete(host));
    return settings;
  }
}
