import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import { toFailure } from '../src/domain/failure.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import { writeHostHealth } from '../src/runtime/host-health.ts';
import type { RunId } from '../src/runtime/keys.ts';
import type { Presence } from '../src/runtime/presence.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { WatchChange } from '../src/runtime/watch.ts';
import { ChangeLogLimits } from './change-log-limits.ts';
import type { HostAccess } from './host-access.ts';
import { CannotLogOn } from './host-connections.ts';
import { epochsOf, LookTeller } from './look-teller.ts';
import { pollInterval } from './poll-interval.ts';
import { ProgressWriter } from './progress-writer.ts';
import { WatchFeed } from './watch-feed.ts';
import { WatchTable } from './watch-table.ts';

export interface HostPollerParts {
  readonly runtime: Runtime;
  readonly presence: Presence;
  readonly hostKey: string;
  readonly access: Pick<HostAccess, 'reach' | 'isOpen'>;
  /** Runs this process serves; null = all. */
  readonly runs: readonly RunId[] | null;
  readonly log: Logger;
  /** How many hosts this process looks at now. */
  readonly lookers: () => number;
}

/** How often a poller asks Redis whether somebody wants something watched, milliseconds. */
const ASK_MS = 500;
/** Looks at a host are at least this far apart, milliseconds: members that start together share one. */
const SPACING_MS = 25;
const LEASE_MS = 5_000;
const LONGEST_RETRY_MS = 10_000;

/**
 * Looks at one host for everybody: one enumeration of its machines, one of its relationships, one of its jobs, whatever the number
 * of members. Only changes become events. Of all workers that can log on one polls a host at a time; the others stand by. One that serves
 * some runs only looks for those, and only while nobody looks for all.
 */
export class HostPoller {
  readonly #parts: HostPollerParts;
  readonly #table = new WatchTable();
  readonly #limits: ChangeLogLimits;
  readonly #progress: ProgressWriter;
  readonly #feed: WatchFeed;
  /** By `performance.now()`, as all waits here: a clock that is set does not change them. */
  #nextLook = 0;
  /** Before this time not even a new watch makes it look again. */
  #soonest = 0;
  #failures = 0;
  /** What was on record about the host before this process began to look may be out of date. */
  #newlyTaken = true;
  #holding = false;
  #wake: (() => void) | undefined;
  /** When Redis was last asked what is watched. */
  #asked = Number.NEGATIVE_INFINITY;
  readonly #abort = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(parts: HostPollerParts) {
    this.#parts = parts;
    this.#limits = new ChangeLogLimits(parts.log);
    this.#progress = new ProgressWriter(parts.runtime);
    this.#feed = new WatchFeed(parts.runtime, parts.hostKey, this.#table);
    // A look makes as many requests at a time as there are VMs whose statistics are due, and all of them listen.
    setMaxListeners(0, this.#abort.signal);
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** There is something to look for, and this process is the one that looks. */
  get isLooking(): boolean {
    return this.#table.size > 0 && this.#holding;
  }

  /** Looks for a run from now on. */
  serve(run: RunId): void {
    if (this.#feed.follow(run)) this.#askSoon();
  }

  leave(run: RunId): void {
    this.#feed.leave(run);
  }

  /** A commit of this process changed what is watched. */
  hear(change: WatchChange): void {
    const heard = this.#feed.hear(change);
    if (heard === 'news') this.#lookSoon();
    // Who does not look yet may from now on.
    if (heard === 'unclear' || (heard === 'news' && !this.#holding)) this.#askSoon();
  }

  /**
   * Redis was away and may have forgotten what it had confirmed: what is watched is read anew, and the next look is told to everybody, also where
   * nothing has changed.
   */
  tellAgain(): void {
    this.#feed.readAgain();
    this.#table.untellAll();
    this.#newlyTaken = true;
    this.#lookSoon();
    this.#askSoon();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake?.();
    await this.#loop;
    await this.#limits.settled();
    await this.#letGo();
  }

  get #stopped(): boolean {
    return this.#abort.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (this.#untilTurn() <= 0) await this.#turn();
      } catch (error) {
        this.#parts.log.error({ err: error, host: this.#parts.hostKey }, 'polling a host failed, going on');
        this.#nextLook = performance.now() + ASK_MS;
      }
      await this.#pause();
    }
  }

  async #turn(): Promise<void> {
    this.#asked = performance.now();
    if (await this.#feed.refresh()) this.#nextLook = Math.min(this.#nextLook, this.#soonest);
    // Renewed at every turn: a lease that ran out between two looks would make all workers take turns looking.
    if (this.#table.size > 0 && (await this.#mayLook()) && performance.now() >= this.#nextLook) await this.#look();
  }

  /** Until Redis is asked again or the next look is due, milliseconds. */
  #untilTurn(): number {
    const ask = this.#asked + ASK_MS;
    return (this.isLooking ? Math.min(ask, this.#nextLook) : ask) - performance.now();
  }

  #askSoon(): void {
    this.#asked = Number.NEGATIVE_INFINITY;
    this.#wake?.();
  }

  #lookSoon(): void {
    this.#nextLook = Math.min(this.#nextLook, this.#soonest);
    this.#wake?.();
  }

  /** Nobody who can not log on keeps others from looking. */
  async #mayLook(): Promise<boolean> {
    const held = this.#holding;
    this.#holding = (await this.#canLogOn()) && (await this.#holdsLease());
    if (held && !this.#holding) await this.#letGo();
    if (!held && this.#holding) this.#newlyTaken = true;
    return this.#holding;
  }

  async #canLogOn(): Promise<boolean> {
    for (const { run, host } of this.#table.owners()) {
      try {
        if (await this.#parts.access.isOpen(run, host)) return true;
      } catch {
        // What is wrong with the run's records is found by the look.
        return true;
      }
    }
    return false;
  }

  async #holdsLease(): Promise<boolean> {
    const { runtime, presence, hostKey, runs } = this.#parts;
    if (runs !== null) {
      const forAll = await runtime.redis.get(runtime.keys.poller(hostKey));
      if (forAll !== null && (await presence.isAlive(forAll))) return false;
    }
    return presence.hold(this.#lease, LEASE_MS);
  }

  get #lease(): string {
    const { runtime, hostKey, runs } = this.#parts;
    return runs === null ? runtime.keys.poller(hostKey) : runtime.keys.pollerOf(hostKey, runs);
  }

  async #letGo(): Promise<void> {
    const { runtime, presence } = this.#parts;
    this.#holding = false;
    if ((await runtime.redis.get(this.#lease)) === presence.worker) await runtime.redis.del(this.#lease);
  }

  async #look(): Promise<void> {
    const { log, hostKey, runtime } = this.#parts;
    const watched = this.#table.watched();
    const [begun, at] = [performance.now(), Date.now()];
    try {
      const host = await this.#connect();
      if (!host) return;
      const runs = this.#table.owners().map(({ run }) => run);
      const epochs = await epochsOf(runtime, runs);
      const seen = await host.observe(
        { jobsOfVm: this.#table.wantsAllJobs(), statistics: this.#table.wantsStatistics(at) },
        { signal: this.#abort.signal },
      );
      const took = performance.now() - begun;
      if (this.#failures > 0) log.info({ host: host.name }, 'host answers again');
      if (this.#failures > 0 || this.#newlyTaken) await writeHostHealth(runtime.redis, runtime.keys, hostKey, null);
      this.#failures = 0;
      this.#newlyTaken = false;
      const epochsNow = await epochsOf(runtime, runs);
      // Who was forgotten while this process looked may have been forgotten since that moment: the next look is for them.
      const known = watched.filter(({ ref: { run } }) => epochs.get(run) === epochsNow.get(run));
      const teller = new LookTeller({ runtime, host, table: this.#table, log });
      await teller.tellAll(this.#table.news(known, seen), (run) => ({ began: begun, seenAt: seen.takenAt, epoch: epochs.get(run) ?? '' }));
      // Somebody else has gone on with a member: what it has watched now is to be read.
      if (teller.wasLate) this.#askSoon();
      this.#limits.want(this.#table.changeLogs(), host, this.#abort.signal);
      await this.#progress.write(this.#table, this.#limits);
      // All hosts this process looks at share its time: half of it is left for everything else. Telling waits for commits, not for this.
      const share = Math.max(4 * took, 2 * took * this.#parts.lookers());
      this.#soonest = performance.now() + Math.max(SPACING_MS, share);
      this.#nextLook = performance.now() + pollInterval(this.#table.paces(performance.now()), share);
    } catch (thrown) {
      if (this.#stopped) return;
      if (thrown instanceof CannotLogOn) return this.#letGo();
      const failure = toFailure(thrown);
      this.#failures++;
      this.#nextLook = performance.now() + Math.min(LONGEST_RETRY_MS, ASK_MS * 2 ** Math.min(this.#failures - 1, 10));
      const host = this.#table.owners()[0]?.host ?? hostKey;
      if (this.#failures === 1) log.warn({ host, failure }, 'host can not be looked at, waiting for it');
      await writeHostHealth(runtime.redis, runtime.keys, hostKey, { host, since: at, failure });
    }
  }

  /** The host, reached the way one of the watching runs knows; null when none of them exists any more. */
  async #connect(): Promise<HyperVHost | null> {
    let failure: unknown = null;
    for (const { run, host } of this.#table.owners()) {
      try {
        if (await this.#parts.access.isOpen(run, host)) return await this.#parts.access.reach(run, host);
      } catch (thrown) {
        // Redis was emptied, and this process has not left the run yet.
        if (toFailure(thrown).code === 'run.unknown') this.#table.removeRun(run);
        else failure = thrown;
      }
    }
    if (failure !== null) throw failure;
    return null;
  }

  async #pause(): Promise<void> {
    const wait = this.#untilTurn();
    if (this.#stopped || wait <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
