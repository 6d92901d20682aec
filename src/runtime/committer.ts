import { MEMBER_STATUSES, type MemberStatus } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { Batch } from './batch.ts';
import type { Decision } from './decide.ts';
import { type InstanceId, type Keys, RUN_INSTANCE, type RunId } from './keys.ts';
import { encodeRow } from './row.ts';
import { runScript } from './scripts.ts';

/** One transition on its way to Redis. */
export interface Proposal {
  readonly id: InstanceId;
  readonly decision: Decision;
  /** Name of the member's lane; null for the run's own lifecycle. */
  readonly lane: string | null;
  /** Most members in status `working`, checked in the same script; 0 = no limit. */
  readonly limit: number;
  /** Revision the run's own lifecycle must still have, checked in the same script; null = any. */
  readonly runRevision: number | null;
  /** For how long after Redis was restarted or failed over a call it intends is in doubt, milliseconds. */
  readonly calm: number;
  /** When the sweep should look if nothing has happened; null = never. */
  readonly due: number | null;
  /** What the journal keeps beside the states; null writes no entry. */
  readonly journal: { readonly event: string; readonly data: string } | null;
}

export type CommitResult = 'committed' | 'conflict' | 'over-limit' | 'gone';

export type StatusCounts = Readonly<Record<MemberStatus, number>>;

const RESULTS: readonly CommitResult[] = ['conflict', 'committed', 'over-limit', 'gone'];

/** Group commit for one run: a transition has happened exactly when `commit.lua` returned 1 for it. */
export class Committer {
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #run: RunId;
  readonly #now: () => number;
  readonly #onCounts: (counts: StatusCounts) => void;
  readonly #batch: Batch<Proposal, CommitResult>;
  #handedOver: string[] = [];

  /** @param onCounts hears the sizes of the status sets after every commit */
  constructor(redis: RedisConnection, keys: Keys, run: RunId, now: () => number, onCounts: (counts: StatusCounts) => void) {
    this.#redis = redis;
    this.#keys = keys;
    this.#run = run;
    this.#now = now;
    this.#onCounts = onCounts;
    this.#batch = new Batch((proposals) => this.#send(proposals));
  }

  commit(proposal: Proposal): Promise<CommitResult> {
    return this.#batch.add(proposal);
  }

  /** The effects of a commit are in the queue: its outbox entry goes with the next commit. */
  handedOver(entry: string): void {
    this.#handedOver.push(entry);
  }

  /** Removes outbox entries that no later commit took along. */
  async flush(): Promise<void> {
    const entries = this.#handedOver.splice(0);
    if (entries.length > 0) await this.#redis.srem(this.#keys.outbox(this.#run), ...entries);
  }

  async #send(proposals: readonly Proposal[]): Promise<readonly CommitResult[]> {
    const keys = this.#keys;
    const run = this.#run;
    const lanes: string[] = [];
    const handed = this.#handedOver.splice(0);
    const args: (string | number)[] = [this.#now(), handed.length, ...handed];
    for (const { id, decision, lane, limit, runRevision, calm, due, journal } of proposals) {
      let ready = 0;
      if (lane !== null && (decision.before === 'pending' || decision.after === 'pending')) {
        if (!lanes.includes(lane)) lanes.push(lane);
        ready = lanes.indexOf(lane) + 1;
      }
      const { call } = decision.started;
      const token = call ? call.token : decision.ended.call || (decision.row.live.call === undefined && decision.expected > 0) ? '-' : '';
      const fields = journal
        ? ['e', journal.event, 'f', decision.from, 't', decision.to, 'r', decision.expected + 1, 'd', journal.data]
        : [];
      args.push(
        id,
        decision.expected,
        encodeRow(decision.row),
        due ?? '',
        statusNumber(decision.before),
        statusNumber(decision.after),
        ready,
        limit,
        runRevision ?? '',
        id === RUN_INSTANCE ? '' : token,
        calm,
        needsHandover(decision) ? outboxEntry(id, decision) : '',
        decision.counters.length,
        ...decision.counters.flatMap((counter) => [counter, 1]),
        fields.length / 2,
        ...fields,
      );
    }
    const result = (await runScript(
      this.#redis,
      'commit',
      [
        keys.rows(run),
        keys.journal(run),
        keys.outbox(run),
        keys.calls(run),
        keys.due(run),
        keys.tally(run),
        ...MEMBER_STATUSES.map((status) => keys.status(run, status)),
        keys.epoch(run),
        ...lanes.map((one) => keys.ready(run, one)),
      ],
      args,
    )) as number[];
    this.#onCounts(countsOf(result.slice(proposals.length)));
    return proposals.map((_, n) => RESULTS[result[n] ?? 0] ?? 'conflict');
  }
}

/** True when a commit has effects that must reach a queue or an index. */
export function needsHandover(decision: Decision): boolean {
  return Object.keys(decision.started).length > 0 || Object.keys(decision.ended).length > 0;
}

export function outboxEntry(id: InstanceId, decision: Decision): string {
  return `${id}:${decision.expected + 1}`;
}

function countsOf(sizes: readonly number[]): StatusCounts {
  return Object.fromEntries(MEMBER_STATUSES.map((status, n) => [status, sizes[n] ?? 0])) as Record<MemberStatus, number>;
}

function statusNumber(status: MemberStatus | null): number {
  return status === null ? 0 : MEMBER_STATUSES.indexOf(status) + 1;
}
