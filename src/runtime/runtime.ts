import { DEFINITIONS } from '../../machines/definitions.ts';
import type { MemberInput } from '../domain/member.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { Batch } from './batch.ts';
import { type Claim, Claims } from './claims.ts';
import { type CommitResult, Committer, needsHandover, outboxEntry, type StatusCounts } from './committer.ts';
import { type Decision, decide, type Reporter, type RuntimeEvent, unchanged } from './decide.ts';
import { Dispatcher, type Handover, nextTimer, TIMER_HORIZON_MS } from './dispatcher.ts';
import { evidence } from './journal.ts';
import { type InstanceRef, Keys, RUN_INSTANCE, type RunId } from './keys.ts';
import { laneName } from './lanes.ts';
import { movesData, type Revised, type Row } from './row.ts';
import { RowStore } from './row-store.ts';
import { RunRecords } from './run-record.ts';
import { changedWatches, type WatchChange, watchesOf } from './watch.ts';

/**
 * What became of an event:
 * `committed` the transition is on record · `ignored` the machine does not take it now · `dropped` the reporter's token is not live
 * · `over-limit` the terms of the admission do not hold · `gone` Redis has no such lifecycle (any more)
 */
export type Outcome = 'committed' | 'ignored' | 'dropped' | 'over-limit' | 'gone';

/** Points in the protocol where a test may stop a process. */
export type Checkpoint = 'committed' | 'handed-over';

export interface RuntimeOptions {
  readonly redis: RedisConnection;
  readonly keys?: Keys;
  readonly now?: () => number;
  /** Hears what each commit of this process has changed about what is watched, so that a poller here need not ask Redis. */
  readonly onWatches?: (change: WatchChange) => void;
  /** Hears the sizes of a run's status sets after each commit of this process. */
  readonly onCounts?: (run: RunId, counts: StatusCounts) => void;
  /** Hears of members that left `working` in this process: their slots are free. */
  readonly onReleased?: (ref: InstanceRef, member: MemberInput) => void;
  /** Hears of members that ask for transfer slots (`moves` null), and of those that move data in bulk or do so no more. */
  readonly onTransfer?: (ref: InstanceRef, member: MemberInput, moves: boolean | null) => void;
  readonly onCheckpoint?: (at: Checkpoint) => void | Promise<void>;
}

/** Terms of an admission, checked in the script that commits it. */
export interface AdmissionTerms {
  /** Most members of the run in status `working` afterwards; 0 = no limit. */
  readonly limit: number;
  /** The run's own lifecycle has not moved since it was asked; null = does not matter. */
  readonly runRevision: number | null;
}

const ANY: AdmissionTerms = { limit: 0, runRevision: null };

/** How long after an effect was handed over the sweep asks what became of it, milliseconds. */
const CALL_CHECK_MS = 10_000;
/** How long after its due time a timer may be late before the sweep fires it itself. */
const TIMER_GRACE_MS = 2_000;

/** The durable host of the machines: decide, remember, hand over. Several processes may run one on the same Redis. */
export class Runtime {
  readonly redis: RedisConnection;
  readonly keys: Keys;
  readonly records: RunRecords;
  readonly dispatcher: Dispatcher;
  readonly now: () => number;
  readonly #options: RuntimeOptions;
  readonly #committers = new Map<RunId, Committer>();
  readonly #rows: RowStore;
  readonly #handovers: Batch<Handover, undefined>;
  readonly #claims: Claims;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.redis = options.redis;
    this.keys = options.keys ?? new Keys();
    this.now = options.now ?? Date.now;
    this.records = new RunRecords(this.redis, this.keys);
    this.#rows = new RowStore(this.redis, this.keys);
    this.#claims = new Claims(this.redis, this.keys, this.now);
    this.dispatcher = new Dispatcher(this.redis, this.keys, this.records);
    this.#handovers = new Batch(async (items) => {
      await this.dispatcher.handOver(items, this.now());
      return items.map(() => undefined);
    }, 256);
  }

  /**
   * Delivers an event to a lifecycle and commits what follows. Lost races are decided again on the newer row.
   * @param reporter the effect that reports, null for commands
   * @param admission what must hold in the commit itself; without it the outcome is `over-limit`
   * @throws FailbackError `snapshot.unsupported`, `run.unknown`; errors of Redis when the connection gives up
   */
  async advance(
    ref: InstanceRef,
    event: RuntimeEvent,
    reporter: Reporter | null = null,
    admission: AdmissionTerms = ANY,
  ): Promise<Outcome> {
    for (;;) {
      const remembered = this.#rows.isRemembered(ref);
      const stored = await this.#rows.load(ref);
      if (!stored) return 'gone';
      const member = await this.member(ref);
      const now = this.now();
      const verdict = decide(stored, member ?? undefined, event, reporter, now);
      if (verdict === 'dropped' || verdict === 'ignored') {
        // No commit proves that the remembered row is the present one: another process may have moved it on.
        if (!remembered) return verdict;
        this.#rows.forget(ref);
        continue;
      }
      const result = await this.#commit(ref, verdict, member, event, reporter, admission);
      if (result === 'committed') return 'committed';
      this.#rows.forget(ref);
      if (result === 'over-limit' || result === 'gone') return result;
      if (await this.#wasOurs(ref, verdict)) return 'committed';
    }
  }

  /** Claims a call for a worker: at most one claim per token is ever answered `yes`. */
  claim(ref: InstanceRef, token: string, worker: string): Promise<Claim> {
    return this.#claims.claim(ref, token, worker);
  }

  /** The stored row, or null when Redis has none. Always asks Redis. */
  read(ref: InstanceRef): Promise<Revised | null> {
    return this.#rows.read(ref);
  }

  /** The row in which an effect with this token is live, from memory where it is there; null when it is not live in Redis either. */
  whereLive(ref: InstanceRef, effect: string, token: string): Promise<Row | null> {
    return this.#rows.whereLive(ref, effect, token);
  }

  /** The fixed input of a member; null for the run's own lifecycle. */
  async member(ref: InstanceRef): Promise<MemberInput | null> {
    if (ref.id === RUN_INSTANCE) return null;
    return (await this.records.inputs(ref.run, [ref.id]))[0] ?? null;
  }

  /** Hands over everything a lifecycle has live, again: for effects that got lost on the way. */
  async handOverAgain(ref: InstanceRef, stored: Revised): Promise<void> {
    const { row } = stored;
    const member = await this.member(ref);
    await this.#handovers.add({ ref, row, started: row.live, ended: {}, again: true });
    if (!member) return;
    await this.#watchAgain(ref, stored, member);
    if (movesData(row)) this.#options.onTransfer?.(ref, member, true);
  }

  committer(run: RunId): Committer {
    let committer = this.#committers.get(run);
    if (!committer) {
      committer = new Committer({
        redis: this.redis,
        keys: this.keys,
        run,
        now: this.now,
        onCounts: (counts) => this.#options.onCounts?.(run, counts),
        onWatches: (change) => this.#options.onWatches?.(change),
      });
      this.#committers.set(run, committer);
    }
    return committer;
  }

  /** Forgets what is kept in memory of a run. */
  forget(run: RunId): void {
    this.records.forget(run);
    this.#committers.delete(run);
    this.#claims.forgetRun(run);
    this.#rows.forgetRun(run);
  }

  /** Forgets remembered rows: Redis was away and may have lost the last of what it had confirmed. */
  forgetRows(): void {
    this.#rows.forgetAll();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#committers.values()].map((committer) => committer.flush()));
    await this.dispatcher.close();
  }

  async #commit(
    ref: InstanceRef,
    decision: Decision,
    member: MemberInput | null,
    event: RuntimeEvent,
    reporter: Reporter | null,
    admission: AdmissionTerms,
  ): Promise<CommitResult> {
    const result = await this.committer(ref.run).commit({
      id: ref.id,
      decision,
      lane: member && laneName(member),
      ...admission,
      calm: member === null ? 0 : member.settings.timeouts.doubt,
      restsOn: firstLook(decision.row, reporter),
      due: dueTime(decision.row, this.now()),
      watches: member === null ? [] : await this.#byHostKey(ref.run, changedWatches(member, decision.started.watch, decision.ended.watch)),
      journal: decision.moved ? { event: event.type, data: evidence(event, decision) } : null,
    });
    if (result === 'committed') await this.#afterCommit(ref, decision, member);
    return result;
  }

  async #afterCommit(ref: InstanceRef, decision: Decision, member: MemberInput | null): Promise<void> {
    await this.#options.onCheckpoint?.('committed');
    this.#rows.remember(ref, storedAs(decision));
    if (member && decision.before === 'working' && decision.after !== 'working') this.#options.onReleased?.(ref, member);
    const timer = nextTimer(decision.row);
    if (needsHandover(decision) || (timer !== null && timer - this.now() <= TIMER_HORIZON_MS)) {
      await this.#handovers.add({ ref, row: decision.row, started: decision.started, ended: decision.ended, again: false });
      await this.#options.onCheckpoint?.('handed-over');
      if (needsHandover(decision)) this.committer(ref.run).handedOver(outboxEntry(ref.id, decision));
    }
    if (member && (decision.moves !== null || decision.started.slot)) this.#options.onTransfer?.(ref, member, decision.moves);
  }

  /** What is watched is part of every commit; only somebody else can have removed it, or a release that kept it elsewhere. */
  async #watchAgain({ run, id }: InstanceRef, { revision, row }: Revised, member: MemberInput): Promise<void> {
    const watches = await this.#byHostKey(run, watchesOf(member, row.live.watch));
    const stored = await Promise.all(watches.map(([hostKey]) => this.redis.hget(this.keys.watches(run, hostKey), id)));
    if (watches.every(([, { token }], n) => stored[n] === token)) return;
    await this.committer(run).commit({
      id,
      decision: unchanged(revision, row),
      lane: null,
      ...ANY,
      calm: 0,
      restsOn: null,
      due: dueTime(row, this.now()),
      watches,
      journal: null,
    });
    this.#rows.forget({ run, id });
  }

  async #byHostKey<W>(run: RunId, watches: ReadonlyMap<string, W>): Promise<readonly (readonly [hostKey: string, watch: W])[]> {
    if (watches.size === 0) return [];
    const hostKeys = await this.records.hostKeys(run);
    return [...watches].map(([host, watch]) => [hostKeys.get(host) ?? '', watch]);
  }

  /** A commit whose answer was lost is sent again by the connection and then loses against itself. */
  async #wasOurs(ref: InstanceRef, decision: Decision): Promise<boolean> {
    const stored = await this.redis.hget(this.keys.rows(ref.run), ref.id);
    if (stored !== storedAs(decision)) return false;
    await this.#afterCommit(ref, decision, await this.member(ref));
    return true;
  }
}

function storedAs({ expected, text }: Decision): string {
  return `${expected + 1}|${text}`;
}

/** When the first of the looks began that a decision rests on, by `performance.now()`. */
function firstLook({ machine, context }: Row, reporter: Reporter | null): number {
  return (reporter?.since ?? performance.now()) - DEFINITIONS[machine].looksApart(context);
}

/** When the sweep should look at a lifecycle if nothing has happened; null when it waits for a person or has ended. */
export function dueTime(row: Row, now: number): number | null {
  const times: number[] = [];
  const timer = nextTimer(row);
  if (timer !== null) times.push(timer - now > TIMER_HORIZON_MS ? timer - TIMER_HORIZON_MS : timer + TIMER_GRACE_MS);
  if (row.live.call || row.live.tell || row.live.slot) times.push(now + CALL_CHECK_MS);
  return times.length === 0 ? null : Math.min(...times);
}
