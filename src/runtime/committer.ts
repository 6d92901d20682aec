import { randomUUID } from 'node:crypto';
import { MEMBER_STATUSES, type MemberStatus } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { Batch } from './batch.ts';
import type { Decision } from './decide.ts';
import { type InstanceId, type Keys, RUN_INSTANCE, type RunId } from './keys.ts';
import { runScript } from './scripts.ts';
import type { Watch, WatchChange } from './watch.ts';

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
  /** When the first of the looks began that it rests on, by `performance.now()`; null: it rests on none. `calm` counts from there. */
  readonly restsOn: number | null;
  /** When the sweep should look if nothing has happened; null = never. */
  readonly due: number | null;
  /** What changes about what the member has watched, by key of the host; null: it is not watched there any more. */
  readonly watches: readonly (readonly [hostKey: string, watch: Watch | null])[];
  /** What the journal keeps beside the states; null writes no entry. */
  readonly journal: { readonly event: string; readonly data: string } | null;
}

export type CommitResult = 'committed' | 'conflict' | 'over-limit' | 'gone';

export type StatusCounts = Readonly<Record<MemberStatus, number>>;

const RESULTS: readonly CommitResult[] = ['conflict', 'committed', 'over-limit', 'gone'];

export interface CommitterParts {
  readonly redis: RedisConnection;
  readonly keys: Keys;
  readonly run: RunId;
  readonly now: () => number;
  /** Hears the sizes of the status sets after every commit. */
  readonly onCounts: (counts: StatusCounts) => void;
  /** Hears what every commit has changed about what is watched, in the order of the commits. */
  readonly onWatches: (change: WatchChange) => void;
}

/** Group commit for one run: a transition has happened exactly when `commit.lua` returned 1 for it. */
export class Committer {
  readonly #parts: CommitterParts;
  readonly #batch: Batch<Proposal, CommitResult>;
  #handedOver: string[] = [];

  constructor(parts: CommitterParts) {
    this.#parts = parts;
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
    const { redis, keys, run } = this.#parts;
    const entries = this.#handedOver.splice(0);
    if (entries.length > 0) await redis.srem(keys.outbox(run), ...entries);
  }

  async #send(proposals: readonly Proposal[]): Promise<readonly CommitResult[]> {
    const { redis, keys, run, now, onCounts, onWatches } = this.#parts;
    const lanes = new Numbers();
    const hosts = new Numbers();
    const handed = this.#handedOver.splice(0);
    const version = randomUUID();
    const transitions = proposals.flatMap((proposal) => argumentsOf(proposal, lanes, hosts));
    const result = (await runScript(
      redis,
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
        keys.watchVersions(run),
        ...hosts.names.map((hostKey) => keys.watches(run, hostKey)),
        ...lanes.names.map((lane) => keys.ready(run, lane)),
      ],
      [now(), version, hosts.names.length, ...hosts.names, handed.length, ...handed, ...transitions],
    )) as (number | string)[];
    const results = proposals.map((_, n) => RESULTS[Number(result[n])] ?? 'conflict');
    const sizes = result.slice(proposals.length, proposals.length + MEMBER_STATUSES.length);
    onCounts(Object.fromEntries(MEMBER_STATUSES.map((status, n) => [status, Number(sizes[n])])) as Record<MemberStatus, number>);
    const committed = proposals.filter((_, n) => results[n] === 'committed');
    for (const [n, from] of result.slice(proposals.length + MEMBER_STATUSES.length).entries()) {
      const hostKey = hosts.names[n] as string;
      if (from !== 0) onWatches({ run, hostKey, from: String(from), to: version, watches: watchesOn(hostKey, committed) });
    }
    return results;
  }
}

/** Names as a script gets them: each once, and by its number from then on. */
class Numbers {
  readonly names: string[] = [];

  /** From 1. */
  of(name: string): number {
    const known = this.names.indexOf(name);
    return known < 0 ? this.names.push(name) : known + 1;
  }
}

function argumentsOf(
  { id, decision, lane, limit, runRevision, calm, restsOn, due, watches, journal }: Proposal,
  lanes: Numbers,
  hosts: Numbers,
): readonly (string | number)[] {
  const { expected, text, before, after, from, to, counters } = decision;
  const waits = before === 'pending' || after === 'pending';
  return [
    id,
    expected,
    text,
    due ?? '',
    statusNumber(before),
    statusNumber(after),
    lane !== null && waits ? lanes.of(lane) : 0,
    limit,
    runRevision ?? '',
    id === RUN_INSTANCE ? '' : callToken(decision),
    // Asked when it is sent: it may have waited behind others.
    restsOn === null ? calm : Math.ceil(calm + performance.now() - restsOn),
    needsHandover(decision) ? outboxEntry(id, decision) : '',
    ...(journal ? [journal.event, from, to, journal.data] : ['', '', '', '']),
    counters.length,
    ...counters,
    watches.length,
    ...watches.flatMap(([hostKey, watch]) => [hosts.of(hostKey), watch?.token ?? '']),
  ];
}

/** As `commit.lua` takes it: a call that may be made from now on, `-` when there is none any more, nothing when that has not changed. */
function callToken({ started, ended, usedUp }: Decision): string {
  if (started.call) return started.call.token;
  return ended.call || usedUp === 'call' ? '-' : '';
}

function watchesOn(hostKey: string, committed: readonly Proposal[]): ReadonlyMap<InstanceId, Watch | null> {
  const changed = new Map<InstanceId, Watch | null>();
  for (const { id, watches } of committed) for (const [host, watch] of watches) if (host === hostKey) changed.set(id, watch);
  return changed;
}

/** True when a commit has effects that must reach a queue. What is watched is part of the commit itself. */
export function needsHandover({ started, ended }: Decision): boolean {
  return started.call !== undefined || started.tell !== undefined || started.slot !== undefined || ended.slot !== undefined;
}

export function outboxEntry(id: InstanceId, decision: Decision): string {
  return `${id}:${decision.expected + 1}`;
}

function statusNumber(status: MemberStatus | null): number {
  return status === null ? 0 : MEMBER_STATUSES.indexOf(status) + 1;
}
