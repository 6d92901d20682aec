import { HostSlots, type Wanting } from './host-slots.ts';
import { type InstanceRef, RUN_INSTANCE, type RunId } from './keys.ts';
import { hostsOn, lanesIn, type Route } from './lanes.ts';
import { Rounds } from './rounds.ts';
import { TABLES } from './row.ts';
import type { RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';

/** Members admitted in one round: those who are would else all be decided about before the first of them is on record. */
const AT_ONCE = 256;

/**
 * Admits pending members in the order of the plan, as far as the limits go: members in flight per host (over all runs, a slot of
 * each host a member has a copy on) and in total (of the run, checked in the commit). Costs as much as it admits, not as much as waits.
 * Within a run nobody is passed over for ever; runs that share hosts take what they find.
 */
export class Admission {
  readonly #runtime: Runtime;
  readonly #slots: HostSlots;
  readonly #rounds = new Rounds((run) => this.#round(run));

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#slots = new HostSlots(runtime, { keyOf: runtime.keys.slots, limitOf: ({ inFlight }) => inFlight });
  }

  /** Admits what may be admitted now. Calls while it works make it look once more. */
  admit(run: RunId): Promise<void> {
    return this.#rounds.go(run);
  }

  /** Gives a member's slots back, on all of its hosts. */
  release(ref: InstanceRef, route: Route): Promise<void> {
    return this.#slots.release(ref, route);
  }

  /** Makes the slots of the run's hosts agree with its members: restores those of members in flight, gives back those of others. */
  async repair(run: RunId): Promise<void> {
    const { redis, keys, records } = this.#runtime;
    const working = await redis.smembers(keys.status(run, 'working'));
    const inputs = await records.inputs(run, working);
    const entitled = working.map((id, n) => ({ id, route: inputs[n] as Route }));
    await this.#slots.repair(run, entitled, async (id) => (await redis.sismember(keys.status(run, 'working'), id)) === 1);
  }

  async #round(run: RunId): Promise<number> {
    const { redis, keys } = this.#runtime;
    const record = await this.#runtime.records.record(run);
    const runRevision = await this.#admittingRevision(run);
    if (runRevision === null) return 0;
    const free = Math.min(AT_ONCE, record.inFlight - (await redis.scard(keys.status(run, 'working'))));
    if (free <= 0) return 0;
    const waiting = await this.#candidates(record, free);
    if (waiting.length === 0) return 0;
    const terms = { limit: record.inFlight, runRevision };
    return this.#slots.grant(
      record,
      waiting,
      free,
      async ({ id }) => (await this.#runtime.advance({ run, id }, { type: 'failback.admit' }, null, terms)) === 'committed',
    );
  }

  /** The first of every lane: as many as could be admitted, and the one that then waits. */
  async #candidates(record: RunRecord, free: number): Promise<readonly Wanting[]> {
    const { redis, keys } = this.#runtime;
    const limits = new Map(record.hosts.map(({ name, inFlight }) => [name, inFlight]));
    const waiting = await Promise.all(
      lanesIn(record).map(async (lane) => {
        const most = Math.min(free, ...hostsOn(lane).map((host) => limits.get(host) ?? 0));
        const [ids, needs] = await Promise.all([
          redis.zrange(keys.ready(record.run, lane.name), 0, String(most)),
          this.#slots.needsOf(record.run, lane),
        ]);
        return ids.map((id) => ({ id, route: lane, needs, order: Number(id.slice(1)) }));
      }),
    );
    return waiting.flat();
  }

  /** Revision of the run's lifecycle while it admits members; null when it does not. A pause that comes in between makes the commit fail. */
  async #admittingRevision(run: RunId): Promise<number | null> {
    const stored = await this.#runtime.read({ run, id: RUN_INSTANCE });
    return stored !== null && TABLES.run.hasTag(stored.row.value, 'admitting') ? stored.revision : null;
  }
}
