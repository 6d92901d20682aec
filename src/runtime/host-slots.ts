import { Batch } from './batch.ts';
import { chooseFairly } from './fair-choice.ts';
import { hostKeyOf, type InstanceId, type InstanceRef, type RunId } from './keys.ts';
import { hostsOn, type Route } from './lanes.ts';
import type { RunHost, RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';

/** Longest time between taking a slot and the commit it was taken for, milliseconds. */
const TAKING_MS = 10_000;

/** A member that wants its slots. */
export interface Wanting {
  readonly id: InstanceId;
  readonly route: Route;
  /** The hosts it needs a slot of, by key, each once. */
  readonly needs: readonly string[];
  /** Position in the plan. */
  readonly order: number;
}

/** What a host has a limited number of, over all runs. */
export interface SlotKind {
  readonly keyOf: (hostKey: string) => string;
  readonly limitOf: (host: RunHost) => number;
}

/**
 * Slots of hosts for members, one of each host a member has a copy on: leases over all runs, and only a hint, since the members' own rows
 * say who is entitled to one. What a crash leaves behind is put right from there.
 */
export class HostSlots {
  readonly #runtime: Runtime;
  readonly #kind: SlotKind;
  /** What is given back, by host: the last members of a run come to their end together. */
  readonly #returns = new Map<string, Batch<string, null>>();

  constructor(runtime: Runtime, kind: SlotKind) {
    this.#runtime = runtime;
    this.#kind = kind;
  }

  /** The hosts a member takes a slot of, by key, each once. */
  async needsOf(run: RunId, route: Route): Promise<readonly string[]> {
    const { records } = this.#runtime;
    return [...new Set(await Promise.all(hostsOn(route).map((host) => records.hostKey(run, host))))];
  }

  /**
   * Gives slots to those who want them, in the order of the plan as far as they go, and takes them back from whom they do not serve.
   * @param most no more than so many
   * @param use commits what the slots are for; false: they are not used
   * @returns how many are used
   */
  async grant(record: RunRecord, wanting: readonly Wanting[], most: number, use: (one: Wanting) => Promise<boolean>): Promise<number> {
    const { run } = record;
    const chosen = await this.#take(record, chooseFairly(wanting, await this.#free(record), most));
    const used = await Promise.all(
      chosen.map(async (one) => {
        if (await use(one)) return 1;
        await this.release({ run, id: one.id }, one.route);
        return 0;
      }),
    );
    return used.reduce<number>((sum, one) => sum + one, 0);
  }

  /** How many slots each of the run's hosts has left, by key. */
  async #free(record: RunRecord): Promise<ReadonlyMap<string, number>> {
    const { redis } = this.#runtime;
    const limits = [...this.#limits(record)];
    const taken = await Promise.all(limits.map(([hostKey]) => redis.hlen(this.#kind.keyOf(hostKey))));
    return new Map(limits.map(([hostKey, limit], n) => [hostKey, limit - (taken[n] ?? 0)]));
  }

  /**
   * Takes the slots of all of them, host by host, hosts always in the same order. Nobody waits for a slot while holding one: who is
   * refused gives back what it has.
   * @returns the members that got all of theirs
   */
  async #take(record: RunRecord, wanting: readonly Wanting[]): Promise<readonly Wanting[]> {
    const { redis, now } = this.#runtime;
    const { run } = record;
    let granted = wanting;
    for (const [hostKey, limit] of [...this.#limits(record)].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const asking = granted.filter(({ needs }) => needs.includes(hostKey));
      if (asking.length === 0) continue;
      const holders = asking.map(({ id }) => holderOf({ run, id }));
      const answers = (await runScript(redis, 'take-slots', [this.#kind.keyOf(hostKey)], [limit, now(), ...holders])) as number[];
      const refused = asking.filter((_, n) => answers[n] !== 1);
      granted = granted.filter((one) => !refused.includes(one));
      for (const { id, needs } of refused) {
        const before = needs.filter((need) => need < hostKey);
        await Promise.all(before.map((need) => redis.hdel(this.#kind.keyOf(need), holderOf({ run, id }))));
      }
    }
    return granted;
  }

  /** Gives a member its slots, whatever the limits say: it is at work already. Changes nothing where it has them. */
  async restore(ref: InstanceRef, route: Route): Promise<void> {
    const { redis, now } = this.#runtime;
    const needs = await this.needsOf(ref.run, route);
    await Promise.all(needs.map((hostKey) => redis.hsetnx(this.#kind.keyOf(hostKey), holderOf(ref), now())));
  }

  /** Gives a member's slots back, on all of its hosts. */
  async release(ref: InstanceRef, route: Route): Promise<void> {
    const needs = await this.needsOf(ref.run, route);
    await Promise.all(needs.map((hostKey) => this.#returnsOf(hostKey).add(holderOf(ref))));
  }

  #returnsOf(hostKey: string): Batch<string, null> {
    let returns = this.#returns.get(hostKey);
    if (!returns) {
      returns = new Batch(async (holders) => {
        await this.#runtime.redis.hdel(this.#kind.keyOf(hostKey), ...holders);
        return holders.map(() => null);
      }, 256);
      this.#returns.set(hostKey, returns);
    }
    return returns;
  }

  /**
   * Makes the slots of the run's hosts agree with its members: gives those of `entitled` that lost theirs new ones, and gives back what
   * members of the run, or of runs that are gone, hold without being entitled to it. A crash between the end of what a slot was for and
   * its release leaves one behind.
   */
  async repair(
    run: RunId,
    entitled: readonly { readonly id: InstanceId; readonly route: Route }[],
    isEntitled: (id: InstanceId) => Promise<boolean>,
  ): Promise<void> {
    const { records } = this.#runtime;
    const idsOn = new Map<string, InstanceId[]>();
    for (const { id, route } of entitled) {
      for (const hostKey of await this.needsOf(run, route)) {
        const ids = idsOn.get(hostKey);
        if (ids) ids.push(id);
        else idsOn.set(hostKey, [id]);
      }
    }
    for (const hostKey of this.#limits(await records.record(run)).keys())
      await this.#repairHost(run, hostKey, idsOn.get(hostKey) ?? [], isEntitled);
  }

  async #repairHost(
    run: RunId,
    hostKey: string,
    entitled: readonly InstanceId[],
    isEntitled: (id: InstanceId) => Promise<boolean>,
  ): Promise<void> {
    const { redis, keys, now } = this.#runtime;
    const slots = this.#kind.keyOf(hostKey);
    const held = await redis.hgetall(slots);
    for (const id of entitled) {
      const holder = holderOf({ run, id });
      if (holder in held) continue;
      await redis.hset(slots, holder, now());
      // It may have ended, and given its slot back, while we were looking.
      if (!(await isEntitled(id))) await redis.hdel(slots, holder);
    }
    const there = new Map<RunId, boolean>();
    for (const [holder, since] of Object.entries(held)) {
      const [heldBy = '', id = ''] = holder.split('/');
      // Somebody who has just taken a slot is about to commit what it was taken for.
      if (now() - Number(since) < TAKING_MS) continue;
      if (heldBy === run && !(await isEntitled(id))) await redis.hdel(slots, holder);
      if (heldBy === run) continue;
      // Once for each run, not for each of its members: with many runs on a host every one of them comes by here.
      if (!there.has(heldBy)) there.set(heldBy, (await redis.exists(keys.rows(heldBy))) === 1);
      if (!there.get(heldBy)) await redis.hdel(slots, holder);
    }
  }

  #limits({ hosts }: RunRecord): ReadonlyMap<string, number> {
    const limits = new Map<string, number>();
    for (const host of hosts) {
      const hostKey = hostKeyOf(host.address);
      const limit = this.#kind.limitOf(host);
      limits.set(hostKey, Math.min(limit, limits.get(hostKey) ?? limit));
    }
    return limits;
  }
}

function holderOf({ run, id }: InstanceRef): string {
  return `${run}/${id}`;
}
