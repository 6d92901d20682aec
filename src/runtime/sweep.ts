import { isDue } from './decide.ts';
import { hostOfCall } from './dispatcher.ts';
import { type InstanceRef, RUN_INSTANCE, type RunId } from './keys.ts';
import type { Presence } from './presence.ts';
import { callJobId } from './queue-jobs.ts';
import type { LiveEffect, Row } from './row.ts';
import { dueTime, type Runtime } from './runtime.ts';
import { keepHolds, releaseRun } from './vm-holds.ts';

/** The failure with which a call is given up whose maker is gone: nobody knows whether it was made. */
const MAKER_GONE = {
  class: 'reconcile',
  code: 'worker.gone',
  message: 'the worker that was about to make the call is gone',
  remedy: 'Nothing to do: the host is looked at before anything else.',
} as const;

/** Lifecycles looked after at the same time. */
const AT_ONCE = 200;
/** How long a lifecycle that could not be looked after is left alone, milliseconds. */
const NEXT_TRY_MS = 60_000;

/** Looks at all of the items, some at a time, whatever becomes of one of them. */
type Each = <Item>(items: readonly Item[], look: (item: Item) => Promise<void>) => Promise<void>;

/**
 * Finds what got lost: effects between commit and queue, jobs of flushed or stalled queues, calls whose maker died, timers that
 * never rang. Looks only at what is due, so a run in which nothing is wrong costs a few reads.
 */
export class Sweep {
  readonly #runtime: Runtime;
  readonly #presence: Presence;
  /** Outbox entries of the last look: one that is still there has been forgotten by its maker. */
  readonly #seen = new Map<RunId, ReadonlySet<string>>();

  constructor(runtime: Runtime, presence: Presence) {
    this.#runtime = runtime;
    this.#presence = presence;
  }

  /**
   * A lifecycle that can not be looked after (a row of a newer release, say) does not keep it from the others.
   * @param thorough treat everything as due: for the start of a worker, when nobody knows what the last one left behind
   * @returns how many lifecycles needed something
   * @throws AggregateError at the end, with what went wrong
   */
  async sweep(run: RunId, thorough = false): Promise<number> {
    const failures: unknown[] = [];
    const each = async <Item>(items: readonly Item[], look: (item: Item) => Promise<void>): Promise<void> => {
      for (let from = 0; from < items.length; from += AT_ONCE) {
        const results = await Promise.allSettled(items.slice(from, from + AT_ONCE).map(look));
        for (const result of results) if (result.status === 'rejected') failures.push(result.reason);
      }
    };
    await keepHolds(this.#runtime, run);
    const found = (await this.#outbox(run, thorough, each)) + (await this.#claims(run, each)) + (await this.#due(run, thorough, each));
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} lifecycles of run ${run} could not be looked after`);
    return found;
  }

  async #outbox(run: RunId, thorough: boolean, each: Each): Promise<number> {
    const { redis, keys } = this.#runtime;
    const entries = await redis.smembers(keys.outbox(run));
    const before = this.#seen.get(run) ?? new Set<string>();
    this.#seen.set(run, new Set(entries));
    const forgotten = entries.filter((entry) => thorough || before.has(entry));
    await each(forgotten, async (entry) => {
      const id = entry.slice(0, entry.lastIndexOf(':'));
      const stored = await this.#runtime.read({ run, id });
      if (stored) await this.#runtime.handOverAgain({ run, id }, stored);
      await redis.srem(keys.outbox(run), entry);
    });
    return forgotten.length;
  }

  /** Calls that a dead worker claimed. */
  async #claims(run: RunId, each: Each): Promise<number> {
    const calls = await this.#runtime.redis.hgetall(this.#runtime.keys.calls(run));
    const alive = new Map<string, boolean>();
    const forsaken: { readonly id: string; readonly token: string }[] = [];
    for (const [id, value] of Object.entries(calls)) {
      const [token = '', , worker] = value.split('|');
      if (!worker) continue;
      let lives = alive.get(worker);
      if (lives === undefined) {
        lives = await this.#presence.isAlive(worker);
        alive.set(worker, lives);
      }
      if (!lives) forsaken.push({ id, token });
    }
    await each(forsaken, ({ id, token }) => reportInDoubt(this.#runtime, { run, id }, token));
    return forsaken.length;
  }

  async #due(run: RunId, thorough: boolean, each: Each): Promise<number> {
    const { redis, keys, now } = this.#runtime;
    // All of them at once: a look moves its entry within the set, so that pages of it would miss some.
    const ids = await redis.zrangebyscore(keys.due(run), '-inf', thorough ? '+inf' : String(now()));
    await each(ids, async (id) => {
      try {
        await this.#look({ run, id }, thorough);
      } catch (error) {
        await redis.zadd(keys.due(run), now() + NEXT_TRY_MS, id);
        throw error;
      }
    });
    return ids.length;
  }

  async #look(ref: InstanceRef, thorough: boolean): Promise<void> {
    const { redis, keys } = this.#runtime;
    const stored = await this.#runtime.read(ref);
    if (!stored) {
      await redis.zrem(keys.due(ref.run), ref.id);
      return;
    }
    const { row } = stored;
    const due = dueTime(row, this.#runtime.now());
    if (due === null) await redis.zrem(keys.due(ref.run), ref.id);
    else await redis.zadd(keys.due(ref.run), due, ref.id);
    await this.#runtime.handOverAgain(ref, stored);
    if (row.live.call) await this.#unstick(ref, row.live.call, thorough);
    await this.fireTimers(ref, row);
  }

  /** A job that BullMQ counts as active although nobody claimed its call: its worker died, or never got to it. */
  async #unstick(ref: InstanceRef, call: LiveEffect, thorough: boolean): Promise<void> {
    const hostKey = await this.#runtime.records.hostKey(ref.run, hostOfCall(call));
    const active = await this.#runtime.dispatcher.activeCalls(ref.run, hostKey);
    if (!active.includes(callJobId(ref.run, { id: ref.id, token: call.token }))) return;
    await this.#runtime.dispatcher.queueAgain(
      ref,
      call,
      thorough ? this.#presence.worker.replaceAll(/[^\w.-]/g, '-') : String(this.#runtime.now()),
    );
  }

  /** Fires the timers of a lifecycle that are due. */
  async fireTimers(ref: InstanceRef, row: Row): Promise<void> {
    for (const timer of Object.keys(row.timers)) {
      if (isDue(row, timer, this.#runtime.now())) await this.#runtime.advance(ref, { type: timer });
    }
  }
}

/** Reports that nobody knows whether a call was made. */
export async function reportInDoubt(runtime: Runtime, ref: InstanceRef, token: string): Promise<void> {
  await runtime.advance(ref, { type: 'xstate.error.actor.call', error: MAKER_GONE }, { effect: 'call', token, final: true });
}

/** True when every member of a run that Redis knows has ended. */
export async function isSettled({ redis, keys }: Runtime, run: RunId): Promise<boolean> {
  if ((await redis.hexists(keys.rows(run), RUN_INSTANCE)) === 0) return false;
  const open = await Promise.all(['pending', 'working', 'paused', 'attention'].map((status) => redis.scard(keys.status(run, status))));
  return open.every((size) => size === 0);
}

/** Puts on record that every member of a run has ended: nobody looks after it any more until a member is retried. */
export async function settle(runtime: Runtime, run: RunId): Promise<void> {
  const outcome = await runtime.advance({ run, id: RUN_INSTANCE }, { type: 'run.settled' });
  if (outcome !== 'gone') await releaseRun(runtime, run);
  await runtime.redis.srem(runtime.keys.activeRuns(), run);
  if (outcome === 'gone') return;
  // Whoever retried a member meanwhile found a run that had not ended, or was overtaken here.
  if (!(await isSettled(runtime, run))) await reopen(runtime, run);
}

/** A run is looked after again; does nothing to one that is, or that has been archived. To be called when the retried members are on record. */
export async function reopen(runtime: Runtime, run: RunId): Promise<void> {
  await runtime.redis.sadd(runtime.keys.activeRuns(), run);
  const outcome = await runtime.advance({ run, id: RUN_INSTANCE }, { type: 'run.reopen' });
  if (outcome === 'gone') await runtime.redis.srem(runtime.keys.activeRuns(), run);
}
