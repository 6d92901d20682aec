import { DEFINITIONS } from '../../machines/definitions.ts';
import type { FailbackContext } from '../../machines/failback-context.ts';
import type { Failure } from '../domain/failure.ts';
import { MEMBER_STATUSES, type MemberInput, type MemberStatus } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { StatusCounts } from './committer.ts';
import { type JournalEntry, readJournal } from './journal.ts';
import { type InstanceId, type Keys, memberId, RUN_INSTANCE, type RunId } from './keys.ts';
import { decodeRow, statusOf } from './row.ts';
import { type RunRecord, RunRecords, unknownRun } from './run-record.ts';

/** `finished`: every member has ended. `waiting`: nothing moves until a person acts. */
export type RunState = 'running' | 'pausing' | 'paused' | 'resuming' | 'cancelling' | 'cancelled' | 'finished';

export interface RunView {
  readonly record: RunRecord;
  readonly state: RunState;
  readonly counts: StatusCounts;
  /** Calls that are known to have reached hosts, by effect. */
  readonly calls: Readonly<Record<string, number>>;
}

/** What was still to be sent of a VM when its host was last asked. */
export interface Backlog {
  readonly pendingBytes: number;
  /** Bytes a second it became less since its watch began; negative when it grew, null before the second count. */
  readonly rate: number | null;
  /**
   * Bytes at which the host gives the change log up, so that the VM must be resynchronised: half of the size of its replicated disks. Null
   * while it is not known, and while a copy is counted, which is no part of the log.
   */
  readonly limitBytes: number | null;
  /** ms since the epoch */
  readonly at: number;
}

export interface MemberView {
  readonly id: InstanceId;
  readonly input: MemberInput;
  readonly status: MemberStatus;
  /** "failback: tracking.going" */
  readonly state: string;
  readonly context: Omit<FailbackContext, 'member'>;
  readonly failure: Failure | null;
  /** Percent of the followed job, as the host last said; display only. */
  readonly percent: number | null;
  /** The last count; it may be about a step that is over. */
  readonly backlog: Backlog | null;
  /** ms since the epoch, next timer */
  readonly nextTimer: number | null;
}

/** Reads runs for people and scripts. Changes nothing. */
export class RunViews {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #records: RunRecords;

  constructor(redis: RedisConnection, keys: Keys, records: RunRecords = new RunRecords(redis, keys)) {
    this.#redis = redis;
    this.#keys = keys;
    this.#records = records;
  }

  /** Names of all runs, newest first. */
  list(): Promise<readonly RunId[]> {
    return this.#redis.zrevrange(this.#keys.runs(), 0, -1);
  }

  /** Costs the same for every size of run. @throws FailbackError `run.unknown` */
  async run(run: RunId): Promise<RunView> {
    const [stored, tally, sizes] = await Promise.all([
      this.#redis.hget(this.#keys.rows(run), RUN_INSTANCE),
      this.#redis.hgetall(this.#keys.tally(run)),
      Promise.all(MEMBER_STATUSES.map((status) => this.#redis.scard(this.#keys.status(run, status)))),
    ]);
    if (!stored) throw unknownRun(run);
    const { row } = decodeRow(stored, run);
    return {
      record: await this.#records.record(run),
      state: row.value as RunState,
      counts: Object.fromEntries(MEMBER_STATUSES.map((status, n) => [status, sizes[n] ?? 0])) as Record<MemberStatus, number>,
      calls: Object.fromEntries(Object.entries(tally).map(([effect, count]) => [effect, Number(count)])),
    };
  }

  /** The run's journal in order, from behind `after` (default: from the beginning) to its present end. */
  journal(run: RunId, after?: string): AsyncGenerator<JournalEntry> {
    return readJournal(this.#redis, this.#keys, run, after);
  }

  /** Ids of the members in one of the statuses, in plan order. */
  async idsIn(run: RunId, statuses: readonly MemberStatus[]): Promise<readonly InstanceId[]> {
    const sets = await Promise.all(statuses.map((status) => this.#redis.smembers(this.#keys.status(run, status))));
    return sets.flat().sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  }

  /** Views of members, in pages of 500; all of the run when no ids are given. */
  async *members(run: RunId, ids?: readonly InstanceId[]): AsyncGenerator<MemberView> {
    const wanted = ids ?? Array.from({ length: (await this.#records.record(run)).members }, (_, n) => memberId(n));
    for (let from = 0; from < wanted.length; from += 500) {
      const page = wanted.slice(from, from + 500);
      const [rows, progress, inputs] = await Promise.all([
        this.#redis.hmget(this.#keys.rows(run), ...page),
        this.#redis.hmget(this.#keys.progress(run), ...page, ...page.map((id) => `${id}.pending`)),
        this.#records.inputs(run, page),
      ]);
      for (const [n, id] of page.entries()) {
        const stored = rows[n];
        const input = inputs[n];
        if (!stored || !input) throw unknownRun(run);
        yield viewOf(id, stored, input, { percent: progress[n] ?? null, pending: progress[page.length + n] ?? null }, run);
      }
    }
  }
}

/** What a worker last said about a member beside its lifecycle, as it is stored. */
export interface StoredProgress {
  readonly percent: string | null;
  readonly pending: string | null;
}

export function viewOf(id: InstanceId, stored: string, input: MemberInput, { percent, pending }: StoredProgress, run: RunId): MemberView {
  const { row } = decodeRow(stored, `${run}/${id}`);
  const context = row.context as unknown as Omit<FailbackContext, 'member'>;
  const times = Object.values(row.timers);
  return {
    id,
    input,
    status: statusOf(row) ?? 'working',
    state: DEFINITIONS.failback.describe(row.value, { ...context, member: input }),
    context,
    failure: context.failure,
    percent: percent === null ? null : Number(percent),
    backlog: pending === null ? null : { limitBytes: null, ...(JSON.parse(pending) as Omit<Backlog, 'limitBytes'>) },
    nextTimer: times.length === 0 ? null : Math.min(...times),
  };
}
