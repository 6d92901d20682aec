import type { RedisConnection } from '../../redis/connection.ts';
import { type JournalEntry, readJournal } from '../../runtime/journal.ts';
import type { Keys, RunId } from '../../runtime/keys.ts';

/** How long one wait for news lasts, milliseconds. */
const WAIT_MS = 1000;

/** New entries of a run's journal, in order, each once. */
export class JournalFeed {
  readonly #redis: RedisConnection;
  readonly #waiting: RedisConnection;
  readonly #keys: Keys;
  readonly #run: RunId;
  #position: string;

  /**
   * @param redis reads pages
   * @param waiting a connection of its own: it blocks
   * @param position entries behind it; "-" = from the beginning
   */
  constructor(redis: RedisConnection, waiting: RedisConnection, keys: Keys, run: RunId, position: string) {
    this.#redis = redis;
    this.#waiting = waiting;
    this.#keys = keys;
    this.#run = run;
    this.#position = position;
  }

  /** Everything there is now. */
  async *drain(): AsyncGenerator<JournalEntry> {
    for await (const entry of readJournal(this.#redis, this.#keys, this.#run, this.#position)) {
      this.#position = entry.position;
      yield entry;
    }
  }

  /** Resolves when there is something new, at the latest after a second. */
  async wait(): Promise<void> {
    const after = this.#position === '-' ? '0' : this.#position;
    await this.#waiting.xread('COUNT', 1, 'BLOCK', WAIT_MS, 'STREAMS', this.#keys.journal(this.#run), after);
  }
}

/** Position of the last entry; "-" when there is none. */
export async function lastPosition(redis: RedisConnection, keys: Keys, run: RunId): Promise<string> {
  const [last] = await redis.xrevrange(keys.journal(run), '+', '-', 'COUNT', 1);
  return last?.[0] ?? '-';
}

/** When the last transition was, ms since the epoch; null when there is none. */
export async function lastTransitionAt(redis: RedisConnection, keys: Keys, run: RunId): Promise<number | null> {
  const [last] = await redis.xrevrange(keys.journal(run), '+', '-', 'COUNT', 1);
  if (!last) return null;
  const at = last[1].indexOf('at');
  return at < 0 ? null : Number(last[1][at + 1]);
}
