import type { RedisConnection } from '../redis/connection.ts';
import { Batch } from './batch.ts';
import type { InstanceId, InstanceRef, Keys, RunId } from './keys.ts';
import { decodeRow, type Revised, type Row } from './row.ts';

const MOST_REMEMBERED = 20_000;

/** Reads rows, and remembers them as they were last seen: only a hint, since every commit compares revisions. */
export class RowStore {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  /** As they are stored: text costs the collector of garbage less than objects. */
  readonly #remembered = new Map<string, string>();
  readonly #loads = new Map<RunId, Batch<InstanceId, string | null>>();

  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** The row as it was last seen, else as Redis has it; null when it has none. @throws FailbackError `snapshot.unsupported` */
  async load(ref: InstanceRef): Promise<Revised | null> {
    const where = whereOf(ref);
    const remembered = this.#remembered.get(where);
    if (remembered !== undefined) return decodeRow(remembered, where);
    let batch = this.#loads.get(ref.run);
    if (!batch) {
      batch = new Batch((ids) => this.#redis.hmget(this.#keys.rows(ref.run), ...ids), 256);
      this.#loads.set(ref.run, batch);
    }
    const stored = await batch.add(ref.id);
    if (stored === null) return null;
    const revised = decodeRow(stored, where);
    this.remember(ref, stored);
    return revised;
  }

  /** As `load`, but always asks Redis. */
  read(ref: InstanceRef): Promise<Revised | null> {
    this.forget(ref);
    return this.load(ref);
  }

  /** The row in which an effect with this token is live; null when it is not live in Redis either. */
  async whereLive(ref: InstanceRef, effect: string, token: string): Promise<Row | null> {
    const known = await this.load(ref);
    if (known?.row.live[effect]?.token === token) return known.row;
    const present = await this.read(ref);
    return present?.row.live[effect]?.token === token ? present.row : null;
  }

  isRemembered(ref: InstanceRef): boolean {
    return this.#remembered.has(whereOf(ref));
  }

  /** @param stored `<revision>|<row>` */
  remember(ref: InstanceRef, stored: string): void {
    const where = whereOf(ref);
    this.#remembered.delete(where);
    this.#remembered.set(where, stored);
    if (this.#remembered.size > MOST_REMEMBERED) {
      const oldest = this.#remembered.keys().next();
      if (!oldest.done) this.#remembered.delete(oldest.value);
    }
  }

  forget(ref: InstanceRef): void {
    this.#remembered.delete(whereOf(ref));
  }

  forgetRun(run: RunId): void {
    this.#loads.delete(run);
    for (const where of this.#remembered.keys()) if (where.startsWith(`${run}/`)) this.#remembered.delete(where);
  }

  forgetAll(): void {
    this.#remembered.clear();
  }
}

function whereOf({ run, id }: InstanceRef): string {
  return `${run}/${id}`;
}
