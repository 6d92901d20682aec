import { Queue } from 'bullmq';
import type { EffectInput } from '../domain/effect.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { hostKeyOf, type InstanceRef, type Keys, type RunId } from './keys.ts';
import { alarmJob, type Call, type CallJob, type ControlJob, callJob, type NewJob, sharedJobs, tellJob } from './queue-jobs.ts';
import type { LiveEffect, Row } from './row.ts';
import type { RunRecords } from './run-record.ts';

/** A lifecycle whose effects are to be handed over. */
export interface Handover {
  readonly ref: InstanceRef;
  readonly row: Row;
  readonly started: Readonly<Record<string, LiveEffect>>;
  readonly ended: Readonly<Record<string, LiveEffect>>;
  /** Handed over before, probably: what is still in its place is left alone. */
  readonly again: boolean;
}

/**
 * A timer further away than this is not queued yet: the sweep queues it when it comes near. Deadlines of hours, which almost never
 * fire, cost nothing this way.
 */
export const TIMER_HORIZON_MS = 60_000;

/** Hands effects over: calls and timers to BullMQ, wishes for a transfer slot to their queue. Doing it twice adds nothing. */
export class Dispatcher {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #records: RunRecords;
  readonly #queues = new Map<string, Queue>();

  constructor(redis: RedisConnection, keys: Keys, records: RunRecords) {
    this.#redis = redis;
    this.#keys = keys;
    this.#records = records;
  }

  async handOver(items: readonly Handover[], now: number): Promise<void> {
    const work: Promise<unknown>[] = [];
    const control = new Map<RunId, NewJob<ControlJob>[]>();
    for (const { ref, row, started, ended, again } of items) {
      const jobs: NewJob<ControlJob>[] = [];
      if (started.slot) work.push(this.#redis.zadd(this.#keys.transferQueue(ref.run), Number(ref.id.slice(1)), ref.id));
      else if (ended.slot) work.push(this.#redis.zrem(this.#keys.transferQueue(ref.run), ref.id));
      if (started.tell) jobs.push(tellJob(ref, started.tell, again ? String(now) : undefined));
      const next = nextTimer(row);
      if (next !== null && next - now <= TIMER_HORIZON_MS) jobs.push(alarmJob(ref, next, now));
      if (jobs.length > 0) control.set(ref.run, [...(control.get(ref.run) ?? []), ...jobs]);
    }
    for (const [prefix, jobs] of await this.#callJobs(items)) work.push(this.#queue(prefix, 'calls').addBulk([...jobs]));
    for (const [run, jobs] of control) work.push(this.#queue(this.#keys.controlQueuePrefix(run), 'control').addBulk(jobs));
    await Promise.all(work);
  }

  /** Calls that begin together share jobs. One that is handed over again has a job of its own, whose name says whether it is there. */
  async #callJobs(items: readonly Handover[]): Promise<ReadonlyMap<string, readonly NewJob<CallJob>[]>> {
    const together = new Map<string, { readonly run: RunId; readonly calls: (Call & { readonly effect: LiveEffect })[] }>();
    const jobs = new Map<string, NewJob<CallJob>[]>();
    for (const { ref, started, again } of items) {
      const effect = started.call;
      if (!effect) continue;
      const { run, id } = ref;
      const prefix = this.#keys.callQueuePrefix(run, await this.#records.hostKey(run, hostOfCall(effect)));
      const call = { id, token: effect.token };
      if (again) {
        jobs.set(prefix, [...(jobs.get(prefix) ?? []), callJob(run, call, effect)]);
        continue;
      }
      const others = together.get(prefix);
      if (others) others.calls.push({ ...call, effect });
      else together.set(prefix, { run, calls: [{ ...call, effect }] });
    }
    for (const [prefix, { run, calls }] of together) jobs.set(prefix, [...(jobs.get(prefix) ?? []), ...sharedJobs(run, calls)]);
    return jobs;
  }

  /** Job ids of a run's queue for one host that some worker has taken and not finished. */
  async activeCalls(run: RunId, hostKey: string): Promise<readonly string[]> {
    return this.#redis.lrange(`${this.#keys.callQueuePrefix(run, hostKey)}:calls:active`, 0, -1);
  }

  /** Queues a call again under a name of its own: its job is stuck with a worker that is gone. */
  async queueAgain({ run, id }: InstanceRef, effect: LiveEffect, mark: string): Promise<void> {
    const hostKey = await this.#records.hostKey(run, hostOfCall(effect));
    const { name, data, opts } = callJob(run, { id, token: effect.token }, effect, mark);
    await this.#queue(this.#keys.callQueuePrefix(run, hostKey), 'calls').add(name, data, opts);
  }

  /** A run is not looked after any more: lets go of its queues, and of what BullMQ recorded in them for listeners that nobody is. */
  async forget(run: RunId): Promise<void> {
    const control = this.#keys.controlQueuePrefix(run);
    const streams = [`${control}:control:events`];
    for (const { address } of (await this.#records.record(run)).hosts)
      streams.push(`${this.#keys.callQueuePrefix(run, hostKeyOf(address))}:calls:events`);
    await this.#redis.unlink(streams);
    for (const [prefix, queue] of this.#queues) {
      if (!prefix.startsWith(control)) continue;
      this.#queues.delete(prefix);
      await queue.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #queue(prefix: string, name: string): Queue {
    let queue = this.#queues.get(prefix);
    if (!queue) {
      queue = new Queue(name, { connection: this.#redis, prefix, skipMetasUpdate: true });
      queue.on('error', () => undefined);
      this.#queues.set(prefix, queue);
    }
    return queue;
  }
}

/** The plan's name of the host a call goes to. */
export function hostOfCall({ input }: LiveEffect): string {
  return (input as EffectInput).host;
}

/** The earliest timer of a lifecycle, ms since the epoch. */
export function nextTimer(row: Row): number | null {
  const times = Object.values(row.timers);
  return times.length === 0 ? null : Math.min(...times);
}
