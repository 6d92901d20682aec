import { chooseFairly } from './fair-choice.ts';
import { type InstanceRef, RUN_INSTANCE, type RunId } from './keys.ts';
import { hostsOn, lanesIn, type Route } from './lanes.ts';
import { restore } from './row.ts';
import type { RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';

/** Longest time between taking a slot and the commit it was taken for, milliseconds. */
const ADMISSION_MS = 10_000;

/** A pending member, the hosts it needs by key among what it is. */
interface Waiting {
  readonly id: string;
  readonly route: Route;
  readonly needs: readonly string[];
  readonly order: number;
}

/**
 * Admits pending members in the order of the plan, as far as the limits go: members in flight per host (over all runs, a lease of
 * each host a member has a copy on) and in total (of the run, checked in the commit). Costs as much as it admits, not as much as waits.
 * Within a run nobody is passed over for ever; runs that share hosts take what they find.
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

  /** Gives a member's slots back, on all of its hosts. */
  async release(ref: InstanceRef, route: Route): Promise<void> {
    const { redis, keys } = this.#runtime;
    const hostKeys = await this.#hostKeys(ref.run, route);
    await Promise.all(hostKeys.map((hostKey) => redis.hdel(keys.slots(hostKey), holderOf(ref))));
  }

  /**
   * Makes the slots of the run's hosts agree with its members: gives back those of members that are not in flight (a crash between the
   * end of a member and its release leaves one behind), and restores those of members that are.
   */
  async repair(run: RunId): Promise<void> {
    const { redis, keys, records, dispatcher } = this.#runtime;
    const { hosts } = await records.record(run);
    const working = await redis.smembers(keys.status(run, 'working'));
    const inputs = await records.inputs(run, working);
    const inFlight = new Map<string, string[]>();
    for (const [n, id] of working.entries()) {
      for (const hostKey of await this.#hostKeys(run, inputs[n] as Route)) {
        const ids = inFlight.get(hostKey);
        if (ids) ids.push(id);
        else inFlight.set(hostKey, [id]);
      }
    }
    const hostKeys = new Set(await Promise.all(hosts.map(({ name }) => dispatcher.hostKey(run, name))));
    for (const hostKey of hostKeys) await this.#repairHost(run, hostKey, inFlight.get(hostKey) ?? []);
  }

  async #repairHost(run: RunId, hostKey: string, inFlight: readonly string[]): Promise<void> {
    const { redis, keys, now } = this.#runtime;
    const slots = keys.slots(hostKey);
    const held = await redis.hgetall(slots);
    const isWorking = async (id: string): Promise<boolean> => (await redis.sismember(keys.status(run, 'working'), id)) === 1;
    for (const id of inFlight) {
      const holder = holderOf({ run, id });
      if (holder in held) continue;
      await redis.hset(slots, holder, now());
      // It may have ended, and given its slot back, while we were looking.
      if (!(await isWorking(id))) await redis.hdel(slots, holder);
    }
    for (const [holder, since] of Object.entries(held)) {
      const [heldBy = '', id = ''] = holder.split('/');
      // Somebody who has just taken a slot is about to commit the admission it was taken for.
      if (now() - Number(since) < ADMISSION_MS) continue;
      if (heldBy === run && !(await isWorking(id))) await redis.hdel(slots, holder);
      if (heldBy !== run && (await redis.exists(keys.rows(heldBy))) === 0) await redis.hdel(slots, holder);
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
    const waiting = await this.#candidates(record, free);
    if (waiting.length === 0) return 0;
    const room = await this.#room(record);
    const chosen = await this.#take(record, chooseFairly(waiting, room.free, free), room.limits);
    const admitted = await Promise.all(
      chosen.map(async ({ id, route }) => {
        const outcome = await this.#runtime.advance({ run, id }, { type: 'failback.admit' }, null, { limit: record.inFlight, runRevision });
        if (outcome === 'committed') return 1;
        await this.release({ run, id }, route);
        return 0;
      }),
    );
    return admitted.reduce<number>((sum, one) => sum + one, 0);
  }

  /** The first of every lane: as many as could be admitted, and the one that then waits. */
  async #candidates(record: RunRecord, free: number): Promise<readonly Waiting[]> {
    const { redis, keys } = this.#runtime;
    const limits = new Map(record.hosts.map(({ name, inFlight }) => [name, inFlight]));
    const waiting = await Promise.all(
      lanesIn(record).map(async (lane) => {
        const most = Math.min(free, ...hostsOn(lane).map((host) => limits.get(host) ?? 0));
        const [ids, needs] = await Promise.all([
          redis.zrange(keys.ready(record.run, lane.name), 0, String(most)),
          this.#hostKeys(record.run, lane),
        ]);
        return ids.map((id) => ({ id, route: lane, needs, order: Number(id.slice(1)) }));
      }),
    );
    return waiting.flat();
  }

  /**
   * Takes the slots of all chosen members, host by host, hosts always in the same order. Nobody waits for a slot while holding one: who is
   * refused gives back what it has and is a candidate again next time.
   * @returns the members that got all of theirs
   */
  async #take({ run }: RunRecord, chosen: readonly Waiting[], limits: ReadonlyMap<string, number>): Promise<readonly Waiting[]> {
    const { redis, keys, now } = this.#runtime;
    let granted = chosen;
    for (const [hostKey, limit] of [...limits].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const wanted = granted.filter(({ needs }) => needs.includes(hostKey));
      if (wanted.length === 0) continue;
      const holders = wanted.map(({ id }) => holderOf({ run, id }));
      const answers = (await runScript(redis, 'take-slots', [keys.slots(hostKey)], [limit, now(), ...holders])) as number[];
      const refused = wanted.filter((_, n) => answers[n] !== 1);
      granted = granted.filter((one) => !refused.includes(one));
      for (const { id, needs } of refused) {
        const before = needs.filter((need) => need < hostKey);
        await Promise.all(before.map((need) => redis.hdel(keys.slots(need), holderOf({ run, id }))));
      }
    }
    return granted;
  }

  /** The limits of the run's hosts and how many slots each has left, by host key. */
  async #room({ run, hosts }: RunRecord): Promise<{ readonly limits: Map<string, number>; readonly free: Map<string, number> }> {
    const { redis, keys, dispatcher } = this.#runtime;
    const limits = new Map<string, number>();
    const free = new Map<string, number>();
    await Promise.all(
      hosts.map(async ({ name, inFlight }) => {
        const hostKey = await dispatcher.hostKey(run, name);
        const limit = Math.min(inFlight, limits.get(hostKey) ?? inFlight);
        limits.set(hostKey, limit);
        free.set(hostKey, limit - (await redis.hlen(keys.slots(hostKey))));
      }),
    );
    return { limits, free };
  }

  /** The hosts a member takes a slot of, each once. */
  async #hostKeys(run: RunId, route: Route): Promise<readonly string[]> {
    return [...new Set(await Promise.all(hostsOn(route).map((host) => this.#runtime.dispatcher.hostKey(run, host))))];
  }

  /** Revision of the run's lifecycle while it admits members; null when it does not. A pause that comes in between makes the commit fail. */
  async #admittingRevision(run: RunId): Promise<number | null> {
    const stored = await this.#runtime.read({ run, id: RUN_INSTANCE });
    return stored !== null && restore(stored.row, undefined, run).hasTag('admitting') ? stored.revision : null;
  }
}

function holderOf({ run, id }: InstanceRef): string {
  return `${run}/${id}`;
}
