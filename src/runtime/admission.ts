import type { InstanceRef, RunId } from './keys.ts';
import { RUN_INSTANCE } from './keys.ts';
import { restore } from './row.ts';
import type { RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';

/** Longest time between taking a slot and the commit it was taken for, milliseconds. */
const ADMISSION_MS = 10_000;

/**
 * Admits pending members in the order of the plan, as far as the limits go: members in flight per host (over all runs, a lease of
 * the host) and in total (of the run, checked in the commit). Costs as much as it admits, not as much as waits.
 */
export class Admission {
  readonly #runtime: Runtime;
  readonly #running = new Map<RunId, Promise<void>>();
  readonly #again = new Set<RunId>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Admits what may be admitted now. Calls while it works make it look once more. */
  admit(run: RunId): Promise<void> {
    const running = this.#running.get(run);
    if (running !== undefined) {
      this.#again.add(run);
      return running;
    }
    const work = this.#rounds(run).finally(() => this.#running.delete(run));
    this.#running.set(run, work);
    return work;
  }

  /** Gives a member's slot back. */
  async release(ref: InstanceRef, host: string): Promise<void> {
    const hostKey = await this.#runtime.dispatcher.hostKey(ref.run, host);
    await this.#runtime.redis.hdel(this.#runtime.keys.slots(hostKey), `${ref.run}/${ref.id}`);
  }

  /**
   * Makes the slots of the run's hosts agree with its members: gives back those of members that are not in flight (a crash between the
   * end of a member and its release leaves one behind), and restores those of members that are.
   */
  async repair(run: RunId): Promise<void> {
    const { redis, keys, records, dispatcher, now } = this.#runtime;
    const record = await records.record(run);
    const working = await redis.smembers(keys.status(run, 'working'));
    const inputs = await records.inputs(run, working);
    for (const host of record.hosts) {
      const slots = keys.slots(await dispatcher.hostKey(run, host.name));
      const held = await redis.hgetall(slots);
      for (const [n, id] of working.entries()) {
        if (inputs[n]?.host !== host.name || `${run}/${id}` in held) continue;
        await redis.hset(slots, `${run}/${id}`, now());
        // It may have ended, and given its slot back, while we were looking.
        if ((await redis.sismember(keys.status(run, 'working'), id)) === 0) await redis.hdel(slots, `${run}/${id}`);
      }
      for (const [holder, since] of Object.entries(held)) {
        const [heldBy = '', id = ''] = holder.split('/');
        // Somebody who has just taken a slot is about to commit the admission it was taken for.
        if (now() - Number(since) < ADMISSION_MS) continue;
        if (heldBy === run && (await redis.sismember(keys.status(run, 'working'), id)) === 0) await redis.hdel(slots, holder);
        if (heldBy !== run && (await redis.exists(keys.rows(heldBy))) === 0) await redis.hdel(slots, holder);
      }
    }
  }

  async #rounds(run: RunId): Promise<void> {
    do {
      this.#again.delete(run);
      while ((await this.#round(run)) > 0);
    } while (this.#again.has(run));
  }

  async #round(run: RunId): Promise<number> {
    const { redis, keys } = this.#runtime;
    const record = await this.#runtime.records.record(run);
    const runRevision = await this.#admittingRevision(run);
    if (runRevision === null) return 0;
    const free = record.inFlight - (await redis.scard(keys.status(run, 'working')));
    if (free <= 0) return 0;
    const chosen = await this.#candidates(record, free);
    const admitted = await Promise.all(
      chosen.map(async ({ id, host }) => {
        const outcome = await this.#runtime.advance({ run, id }, { type: 'failback.admit' }, null, { limit: record.inFlight, runRevision });
        if (outcome === 'committed') return 1;
        await this.release({ run, id }, host);
        return 0;
      }),
    );
    return admitted.reduce<number>((sum, one) => sum + one, 0);
  }

  /** Pending members in plan order that got a slot of their host. */
  async #candidates(record: RunRecord, free: number): Promise<readonly { id: string; host: string }[]> {
    const { redis, keys, dispatcher } = this.#runtime;
    const waiting = await Promise.all(
      record.hosts.map(async (host) => {
        const most = Math.min(free, host.inFlight);
        const flat = await redis.zrange(keys.ready(record.run, host.name), 0, String(most - 1));
        return flat.map((id) => ({ id, host, order: Number(id.slice(1)) }));
      }),
    );
    const ordered = waiting.flat().sort((a, b) => a.order - b.order);
    const granted: { id: string; host: string; order: number }[] = [];
    for (const host of record.hosts) {
      const wanted = ordered.filter((candidate) => candidate.host === host).slice(0, free);
      if (wanted.length === 0) continue;
      const hostKey = await dispatcher.hostKey(record.run, host.name);
      const holders = wanted.map(({ id }) => `${record.run}/${id}`);
      const answers = (await runScript(redis, 'take-slots', [keys.slots(hostKey)], [host.inFlight, this.#runtime.now(), ...holders] as (
        | string
        | number
      )[])) as number[];
      wanted.forEach(({ id, order }, n) => {
        if (answers[n] === 1) granted.push({ id, host: host.name, order });
      });
    }
    granted.sort((a, b) => a.order - b.order);
    for (const { id, host } of granted.slice(free)) await this.release({ run: record.run, id }, host);
    return granted.slice(0, free);
  }

  /** Revision of the run's lifecycle while it admits members; null when it does not. A pause that comes in between makes the commit fail. */
  async #admittingRevision(run: RunId): Promise<number | null> {
    const stored = await this.#runtime.read({ run, id: RUN_INSTANCE });
    return stored !== null && restore(stored.row, undefined, run).hasTag('admitting') ? stored.revision : null;
  }
}
