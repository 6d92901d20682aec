import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { RunHost, RunRecords } from '../src/runtime/run-record.ts';

/** Connections to hosts, one per host and way of reaching it, shared by everything in this process. */
export class HostConnections {
  readonly #records: RunRecords;
  readonly #connect: (host: RunHost) => Promise<HyperVHost>;
  readonly #open = new Map<string, Promise<HyperVHost>>();

  constructor(records: RunRecords, connect: (host: RunHost) => Promise<HyperVHost>) {
    this.#records = records;
    this.#connect = connect;
  }

  /** @throws FailbackError when the run or its host is not known, or a credential can not be resolved */
  async get(run: string, host: string): Promise<HyperVHost> {
    const found = (await this.#records.record(run)).hosts.find(({ name }) => name === host);
    if (!found) throw new Error(`run ${run} has no host ${host}`);
    const key = JSON.stringify([found.address, found.connection]);
    let open = this.#open.get(key);
    if (!open) {
      open = this.#connect(found);
      this.#open.set(key, open);
      open.catch(() => this.#open.delete(key));
    }
    return open;
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    await Promise.all(open.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
  }
}
