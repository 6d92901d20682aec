import { isDue } from './decide.ts';
import { type InstanceRef, RUN_INSTANCE, type RunId } from './keys.ts';
import type { Presence } from './presence.ts';
import type { LiveEffect, Row } from './row.ts';
import { dueTime, type Runtime } from './runtime.ts';

/** The failure with which a call is given up whose maker is gone: nobody knows whether it was made. */
const MAKER_GONE = {
  class: 'reconcile',
  code: 'host.disconnected',
  message: 'the worker that was about to make the call is gone',
  remedy: 'Nothing to do: the host is looked at before anything else.',
} as const;

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
   * @param thorough treat everything as due: for the start of a worker, when nobody knows what the last one left behind
   * @returns how many lifecycles needed something
   */
  async sweep(run: RunId, thorough = false): Promise<number> {
    return (await this.#outbox(run, thorough)) + (await this.#claims(run)) + (await this.#due(run, thorough));
  }

  async #outbox(run: RunId, thorough: boolean): Promise<number> {
    const { redis, keys } = this.#runtime;
    const entries = await redis.smembers(keys.outbox(run));
    const before = this.#seen.get(run) ?? new Set<string>();
    this.#seen.set(run, new Set(entries));
    const forgotten = entries.filter((entry) => thorough || before.has(entry));
    for (const entry of forgotten) {
      const id = entry.slice(0, entry.lastIndexOf(':'));
      const stored = await this.#runtime.read({ run, id });
      if (stored) await this.#runtime.handOverAgain({ run, id }, stored.row);
      await redis.srem(keys.outbox(run), entry);
    }
    return forgotten.length;
  }

  /** Calls that a dead worker claimed. */
  async #claims(run: RunId): Promise<number> {
    const calls = await this.#runtime.redis.hgetall(this.#runtime.keys.calls(run));
    const alive = new Map<string, boolean>();
    let found = 0;
    for (const [id, value] of Object.entries(calls)) {
      const [token = '', , worker] = value.split('|');
      if (!worker) continue;
      let lives = alive.get(worker);
      if (lives === undefined) {
        lives = await this.#presence.isAlive(worker);
        alive.set(worker, lives);
      }
      if (!lives) {
        await reportInDoubt(this.#runtime, { run, id }, token);
        found++;
      }
    }
    return found;
  }

  async #due(run: RunId, thorough: boolean): Promise<number> {
    const { redis, keys } = this.#runtime;
    let found = 0;
    const until = thorough ? '+inf' : String(this.#runtime.now());
    for (let offset = 0; ; ) {
      const page = await redis.zrangebyscore(keys.due(run), '-inf', until, 'LIMIT', offset, 200);
      await Promise.all(page.map((id) => this.#look({ run, id }, thorough)));
      found += page.length;
      if (page.length < 200) return found;
      // A thorough look leaves entries beyond now in the set, so it pages through; an ordinary one moves what it has seen out of reach.
      if (thorough) offset += 200;
    }
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
    await this.#runtime.handOverAgain(ref, row);
    if (row.live.call) await this.#unstick(ref, row.live.call, thorough);
    await this.fireTimers(ref, row);
  }

  /** A job that BullMQ counts as active although nobody claimed its call: its worker died, or never got to it. */
  async #unstick(ref: InstanceRef, call: LiveEffect, thorough: boolean): Promise<void> {
    const member = await this.#runtime.member(ref);
    if (!member) return;
    const hostKey = await this.#runtime.dispatcher.hostKey(ref.run, member.host);
    const active = await this.#runtime.dispatcher.activeCalls(hostKey);
    if (!active.includes(`${ref.run}.${ref.id}.${call.token}`)) return;
    await this.#runtime.dispatcher.queueAgain(
      ref,
      member,
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

/** True when every member has ended and the run does not say so yet. */
export async function isSettled(runtime: Runtime, run: RunId): Promise<boolean> {
  const { redis, keys } = runtime;
  const open = await Promise.all(['pending', 'working', 'paused', 'attention'].map((status) => redis.scard(keys.status(run, status))));
  if (open.some((size) => size > 0)) return false;
  const stored = await runtime.read({ run, id: RUN_INSTANCE });
  return stored !== null && stored.row.value !== 'finished';
}
