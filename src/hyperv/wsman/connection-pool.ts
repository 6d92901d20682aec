import pLimit from 'p-limit';
import { Connection, type SecureOptions } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { TransportError } from './transport-failure.ts';

/** Milliseconds after which an unused connection is closed, well below the idle limits of servers (IIS and WinRM: 120 s). */
const IDLE_MS = 20_000;

const CLOSED = {
  code: 'host.not-sent',
  class: 'retryable',
  what: 'is not asked any more: its connections were closed',
  remedy: 'Nothing to do: the work goes on elsewhere or after a restart.',
  sent: false,
  stale: false,
  errno: null,
} as const;

/** Connections to one host, each used by one piece of work at a time. Opens none before the first. */
export class ConnectionPool {
  readonly #endpoint: Endpoint;
  readonly #limit: ReturnType<typeof pLimit>;
  /** The one used last is used next: it is the least likely to be closed by the host. */
  #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  #closed = false;

  /** @param size connections at a time; further work waits for its turn, in order */
  constructor(endpoint: Endpoint, size: number) {
    this.#endpoint = endpoint;
    this.#limit = pLimit(size);
  }

  /**
   * Does the work with a connection, kept or new. A piece of work whose signal has fired when its turn comes is not begun.
   * @throws TransportError when none can be opened; the signal's reason
   */
  use<T>(secure: SecureOptions | null, signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#limit(async () => {
      signal.throwIfAborted();
      if (this.#closed) throw new TransportError(CLOSED);
      const connection = this.#kept() ?? (await Connection.open(this.#endpoint, secure, signal));
      this.#busy.add(connection);
      try {
        if (this.#closed) throw new TransportError(CLOSED);
        return await work(connection);
      } finally {
        this.#busy.delete(connection);
        this.#keep(connection);
      }
    });
  }

  #keep(connection: Connection): void {
    if (this.#closed || !connection.usable) {
      connection.close();
      return;
    }
    connection.closeAfter(IDLE_MS);
    this.#idle.push(connection);
  }

  #kept(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      if (!connection.usable) {
        connection.close();
        continue;
      }
      connection.closeAfter(0);
      return connection;
    }
  }

  /** Closes connections that nobody uses: after one of them turned out to be dead. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }

  /** Closes all connections, also those in use. */
  close(): void {
    this.#closed = true;
    this.dropIdle();
    for (const connection of this.#busy) connection.close();
  }
}
