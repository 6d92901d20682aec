import { type Failure, toFailure } from '../src/domain/failure.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import type { RunHost, RunRecords } from '../src/runtime/run-record.ts';

/** This process lacks what it needs to log on to a host. Says nothing about the host, and nothing was sent to it. */
export class CannotLogOn extends Error {
  readonly failure: Failure;

  constructor(cause: unknown) {
    const failure = toFailure(cause);
    super(failure.message, { cause });
    this.failure = failure;
  }
}

/** Says nothing about a host, only about this process. A secret may also go between the moment it was there and the request. */
export function isOfThisProcess(thrown: unknown): boolean {
  return thrown instanceof CannotLogOn || toFailure(thrown).code === 'secret.missing';
}

/** Longest wait for what a connection needs from this machine (a secret on a network drive, say), milliseconds. */
const PREPARE_MS = 5_000;

/** Connections to hosts, one per host and way of reaching it, shared by everything in this process. */
export class HostConnections {
  readonly #records: RunRecords;
  readonly #connect: (host: RunHost) => Promise<HyperVHost>;
  readonly #open = new Map<string, Promise<HyperVHost>>();

  constructor(records: RunRecords, connect: (host: RunHost) => Promise<HyperVHost>) {
    this.#records = records;
    this.#connect = connect;
  }

  /**
   * A connection that had everything for a request a moment ago.
   * @throws CannotLogOn when this process can not make a request; FailbackError when the run is not known
   */
  async get(run: string, host: string): Promise<HyperVHost> {
    const found = (await this.#records.record(run)).hosts.find(({ name }) => name === host);
    if (!found) throw new Error(`run ${run} has no host ${host}`);
    try {
      const connection = await this.#connection(found);
      await connection.prepare({ timeoutMs: PREPARE_MS });
      return connection;
    } catch (thrown) {
      throw new CannotLogOn(thrown);
    }
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    await Promise.all(open.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
  }

  #connection(host: RunHost): Promise<HyperVHost> {
    const key = JSON.stringify([host.address, host.connection]);
    let open = this.#open.get(key);
    if (!open) {
      open = this.#connect(host);
      this.#open.set(key, open);
      open.catch(() => this.#open.delete(key));
    }
    return open;
  }
}
