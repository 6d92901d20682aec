import { randomUUID } from 'node:crypto';
import type { CimInstance } from '../cim.ts';
import { faults } from './fault.ts';
import type { UriForm } from './resource-uri.ts';

/** WinRM's default for concurrent operations of one user. */
const MAX_OPEN = 1500;

export type EnumerationMode = 'object' | 'epr' | 'object-and-epr';

/** The result of an Enumerate, and how far it has been pulled. */
export interface Enumeration {
  readonly className: string;
  readonly form: UriForm;
  readonly mode: EnumerationMode;
  /** Null: whole instances. */
  readonly projection: readonly string[] | null;
  readonly instances: readonly CimInstance[];
  /** Index of the first instance not yet delivered. */
  next: number;
}

interface Entry {
  readonly enumeration: Enumeration;
  lastUsed: number;
}

/** Open enumerations by context. One that nobody pulls from for `idleMs` (by `clock`, milliseconds) is gone. */
export class EnumerationStore {
  readonly #idleMs: number;
  readonly #clock: () => number;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(idleMs: number, clock: () => number) {
    this.#idleMs = idleMs;
    this.#clock = clock;
  }

  /** Keeps the enumeration and returns its context. Throws the QuotaLimit fault when too many are open. */
  open(enumeration: Enumeration): string {
    this.#expire();
    if (this.#entries.size >= MAX_OPEN) throw faults.tooManyEnumerations(MAX_OPEN);
    const context = `uuid:${randomUUID().toUpperCase()}`;
    this.#entries.set(context, { enumeration, lastUsed: this.#clock() });
    return context;
  }

  /** The enumeration, for a look; undefined when there is none. Does not prolong its life. */
  peek(context: string): Enumeration | undefined {
    this.#expire();
    return this.#entries.get(context)?.enumeration;
  }

  /** The enumeration, for use: prolongs its life. Throws InvalidEnumerationContext. */
  use(context: string): Enumeration {
    const enumeration = this.peek(context);
    if (enumeration === undefined) throw faults.invalidContext();
    this.#entries.delete(context);
    this.#entries.set(context, { enumeration, lastUsed: this.#clock() });
    return enumeration;
  }

  /** Ends the enumeration. Throws InvalidEnumerationContext when it has ended before. */
  release(context: string): void {
    this.#expire();
    if (!this.#entries.delete(context)) throw faults.invalidContext();
  }

  /** Forgets all of them, as a reboot does. */
  clear(): void {
    this.#entries.clear();
  }

  #expire(): void {
    const oldest = this.#clock() - this.#idleMs;
    for (const [context, { lastUsed }] of this.#entries) {
      if (lastUsed > oldest) return;
      this.#entries.delete(context);
    }
  }
}
