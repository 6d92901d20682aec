import { randomUUID } from 'node:crypto';
import { type JobsOptions, Queue } from 'bullmq';
import type { EffectInput, WatchInput } from '../domain/effect.ts';
import type { MemberInput, Side } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { hostKeyOf, type InstanceId, type InstanceRef, type Keys, type RunId } from './keys.ts';
import type { LiveEffect, Row } from './row.ts';
import type { RunRecords } from './run-record.ts';

/** Job of a run's queue for one host: one call. The token says which; everything else is read from the row. */
export interface CallJob {
  readonly run: RunId;
  readonly id: InstanceId;
  readonly token: string;
}

/** Job of a run's control queue: a timer that is due, or a run that tells its members something. */
export type ControlJob =
  | { readonly kind: 'alarm'; readonly run: RunId; readonly id: InstanceId }
  | { readonly kind: 'tell'; readonly run: RunId; readonly token: string };

/** What the poller of a host needs to know about one member. */
export interface Watch extends Omit<WatchInput, 'at'> {
  readonly token: string;
  readonly vmId: string;
  /** Plan name of the host. */
  readonly host: string;
}

/** What one process has changed about the watches of a host. */
export interface WatchChange {
  /** Version of the index before and after: who knows the one needs to read nothing to know the other. */
  readonly from: string | null;
  readonly to: string;
  /** Field and value. */
  readonly set: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/** A lifecycle whose effects are to be handed over. */
export interface Handover {
  readonly ref: InstanceRef;
  readonly row: Row;
  readonly member: MemberInput | null;
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

/** Records go when a job ends: what proves that an effect ran is its token, not its job. */
const JOB_OPTIONS: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/** Hands effects over: calls and timers to BullMQ, watches to the index of their host. Doing it twice adds nothing. */
export class Dispatcher {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #records: RunRecords;
  readonly #queues = new Map<string, Queue>();
  readonly #onWatch: (hostKey: string, change: WatchChange) => void;

  /** @param onWatch hears which host's watches changed, so that a poller in this process need not wait for its next look */
  constructor(
    redis: RedisConnection,
    keys: Keys,
    records: RunRecords,
    onWatch: (hostKey: string, change: WatchChange) => void = () => undefined,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#records = records;
    this.#onWatch = onWatch;
  }

  async handOver(items: readonly Handover[], now: number): Promise<void> {
    const calls = new Map<string, { name: string; data: CallJob; opts: JobsOptions }[]>();
    const control = new Map<RunId, { name: string; data: ControlJob; opts: JobsOptions }[]>();
    const queueControl = (run: RunId, name: ControlJob['kind'], data: ControlJob, opts: JobsOptions): void => {
      const jobs = control.get(run) ?? [];
      jobs.push({ name, data, opts });
      control.set(run, jobs);
    };
    const watches = new Map<string, { set: Map<string, string>; removed: string[] }>();
    const asking: Promise<unknown>[] = [];
    for (const { ref, row, member, started, ended, again } of items) {
      if (member) {
        const { call, watch } = started;
        if (call) {
          const hostKey = await this.hostKey(ref.run, hostOfCall(call));
          const data = { run: ref.run, id: ref.id, token: call.token };
          const queue = this.#keys.callQueuePrefix(ref.run, hostKey);
          const jobs = calls.get(queue) ?? [];
          jobs.push({
            name: (call.input as { effect: string }).effect,
            data,
            opts: { ...JOB_OPTIONS, jobId: `${ref.run}.${ref.id}.${call.token}` },
          });
          calls.set(queue, jobs);
        }
        const queue = this.#keys.transferQueue(ref.run);
        if (started.slot) asking.push(this.#redis.zadd(queue, Number(ref.id.slice(1)), ref.id));
        else if (ended.slot) asking.push(this.#redis.zrem(queue, ref.id));
        const field = `${ref.run}/${ref.id}`;
        for (const [host, entry] of changedWatches(member, watch, ended.watch)) {
          const hostKey = await this.hostKey(ref.run, host);
          const change = watches.get(hostKey) ?? { set: new Map<string, string>(), removed: [] };
          if (entry) {
            const text = JSON.stringify(entry);
            if (!again || (await this.#redis.hget(this.#keys.watches(hostKey), field)) !== text) change.set.set(field, text);
          } else {
            change.removed.push(field);
          }
          watches.set(hostKey, change);
        }
      }
      if (started.tell) {
        const { token } = started.tell;
        // Telling twice changes nothing, and a job of that name may be stuck with a worker that is gone.
        const opts = { ...JOB_OPTIONS, jobId: `${ref.run}.${ref.id}.${token}${again ? `.${now}` : ''}` };
        queueControl(ref.run, 'tell', { kind: 'tell', run: ref.run, token }, opts);
      }
      const next = nextTimer(row);
      if (next !== null && next - now <= TIMER_HORIZON_MS) {
        const opts = { ...JOB_OPTIONS, jobId: `${ref.run}.${ref.id}.t${next}`, delay: Math.max(0, next - now) };
        queueControl(ref.run, 'alarm', { kind: 'alarm', ...ref }, opts);
      }
    }
    const work: Promise<unknown>[] = asking;
    for (const [prefix, jobs] of calls) work.push(this.#queue(prefix, 'calls').addBulk(jobs));
    for (const [run, jobs] of control) work.push(this.#queue(this.#keys.controlQueuePrefix(run), 'control').addBulk(jobs));
    for (const [hostKey, { set, removed }] of watches)
      if (set.size + removed.length > 0) work.push(this.#changeWatches(hostKey, set, removed));
    await Promise.all(work);
  }

  /** Key of the host a plan calls `host`. */
  async hostKey(run: RunId, host: string): Promise<string> {
    const found = (await this.#records.record(run)).hosts.find(({ name }) => name === host);
    if (!found) throw new Error(`run ${run} has no host ${host}`);
    return hostKeyOf(found.address);
  }

  /** Job ids of a run's queue for one host that some worker has taken and not finished. */
  async activeCalls(run: RunId, hostKey: string): Promise<readonly string[]> {
    return this.#redis.lrange(`${this.#keys.callQueuePrefix(run, hostKey)}:calls:active`, 0, -1);
  }

  /** Queues a call again under a name of its own: its job is stuck with a worker that is gone. */
  async queueAgain(ref: InstanceRef, call: LiveEffect, mark: string): Promise<void> {
    const hostKey = await this.hostKey(ref.run, hostOfCall(call));
    const data: CallJob = { run: ref.run, id: ref.id, token: call.token };
    const opts = { ...JOB_OPTIONS, jobId: `${ref.run}.${ref.id}.${call.token}.${mark}` };
    await this.#queue(this.#keys.callQueuePrefix(ref.run, hostKey), 'calls').add((call.input as { effect: string }).effect, data, opts);
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

  async #changeWatches(hostKey: string, set: ReadonlyMap<string, string>, removed: readonly string[]): Promise<void> {
    const index = this.#keys.watches(hostKey);
    const to = randomUUID();
    const pipeline = this.#redis.pipeline();
    if (removed.length > 0) pipeline.hdel(index, ...removed);
    if (set.size > 0) pipeline.hset(index, ...[...set].flat());
    pipeline.set(this.#keys.watchVersion(hostKey), to, 'GET');
    const results = (await pipeline.exec()) ?? [];
    for (const [error] of results) if (error) throw error;
    this.#onWatch(hostKey, { from: results.at(-1)?.[1] as string | null, to, set, removed });
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

/** The hosts whose index of watches has to change, with what their pollers are asked for; null where the VM is not watched any more. */
function changedWatches(
  member: MemberInput,
  watch: LiveEffect | undefined,
  ended: LiveEffect | undefined,
): ReadonlyMap<string, Watch | null> {
  const changed = new Map<string, Watch | null>();
  if (ended) for (const { host } of (ended.input as WatchInput).at) changed.set(host, null);
  if (watch) for (const { side, host } of (watch.input as WatchInput).at) changed.set(host, watchOn(member, watch, side, host));
  return changed;
}

/** The job is on the side that is acted on. */
function watchOn({ vmId }: MemberInput, { token, input }: LiveEffect, side: Side, host: string): Watch {
  const { side: acting, jobId, allJobs, sync, pace } = input as WatchInput;
  const own = acting === side;
  return { side, jobId: own ? jobId : null, allJobs: own && allJobs, sync: own ? sync : null, pace, token, vmId, host };
}

/** The earliest timer of a lifecycle, ms since the epoch. */
export function nextTimer(row: Row): number | null {
  const times = Object.values(row.timers);
  return times.length === 0 ? null : Math.min(...times);
}
