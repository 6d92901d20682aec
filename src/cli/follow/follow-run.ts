import { FailbackError } from '../../domain/failure.ts';
import { connectRedis } from '../../redis/connect.ts';
import type { HostTrouble } from '../../runtime/host-health.ts';
import type { RunId } from '../../runtime/keys.ts';
import type { RunView } from '../../runtime/run-view.ts';
import type { CliContext } from '../context.ts';
import { downtimesOf } from '../downtimes-of.ts';
import { ExitCode } from '../exit-code.ts';
import { hostTroubles } from '../host-troubles.ts';
import type { FoundRedis } from '../redis-session.ts';
import { JournalFeed, lastPosition, lastTransitionAt } from './journal-feed.ts';
import { JsonProgress } from './json-progress.ts';
import type { LastingSession } from './lasting-session.ts';
import { LineProgress } from './line-progress.ts';
import { LiveProgress } from './live-progress.ts';
import { loadModel, refreshMembers } from './load-model.ts';
import type { Progress } from './progress.ts';
import type { RunModel } from './run-model.ts';
import { exitCodeOfRun, type RunSummary, summarise } from './run-summary.ts';
import { standstillOf } from './standstill.ts';

/** Where following a run ended. */
export type FollowEnd =
  | { readonly end: 'standstill'; readonly view: RunView; readonly summary: RunSummary; readonly exitCode: ExitCode }
  | { readonly end: 'interrupted'; readonly exitCode: typeof ExitCode.Interrupted }
  /** Redis was emptied. */
  | { readonly end: 'vanished'; readonly exitCode: typeof ExitCode.Unreachable };

/** How often totals, workers and hosts are asked for, milliseconds. */
const LOOK_MS = 1000;
/** Transitions that come faster than this are shown together, milliseconds. */
const PACE_MS = 100;
/** How many members in work get their percentage refreshed. */
const MOST_REFRESHED = 30;

/** What is followed, and how. */
export interface Following {
  readonly session: LastingSession;
  readonly found: FoundRedis;
  readonly run: RunId;
  /** `beginning` tells every transition, `now` only new ones. */
  readonly from: 'beginning' | 'now';
  /** Troubles of hosts stand in this process's log already: lines do not repeat them. */
  readonly troublesAreLogged: boolean;
}

/** Shows a run until nothing moves any more, or the person stops looking. */
export async function followRun(context: CliContext, following: Following): Promise<FollowEnd> {
  const { session, found, run, from } = following;
  const waiting = connectRedis(found.url, 'worker', { name: 'failback' });
  const progress = chooseProgress(context, following);
  const follower = new Follower(context, session, run, progress);
  try {
    const position = from === 'now' ? await lastPosition(session.redis, session.runtime.keys, run) : '-';
    const feed = new JournalFeed(session.redis, waiting, session.runtime.keys, run, position);
    const interrupted = context.interrupts.wait().then(() => null);
    const stood = await Promise.race([interrupted, follower.follow(feed)]);
    if (stood === null) return { end: 'interrupted', exitCode: ExitCode.Interrupted };
    return { end: 'standstill', ...stood, exitCode: exitCodeOfRun(stood.summary) };
  } catch (error) {
    if (!(error instanceof FailbackError) || error.code !== 'run.unknown') throw error;
    return { end: 'vanished', exitCode: ExitCode.Unreachable };
  } finally {
    follower.stop();
    progress.close();
    waiting.disconnect();
  }
}

function chooseProgress({ output, io, parts, command }: CliContext, { run, troublesAreLogged }: Following): Progress {
  if (output.json) return new JsonProgress(output, run);
  return output.live ? new LiveProgress(io.stderr, output, parts.now, command) : new LineProgress(output, command, troublesAreLogged);
}

class Follower {
  readonly #context: CliContext;
  readonly #session: LastingSession;
  readonly #run: RunId;
  readonly #progress: Progress;
  #lookedAt = 0;
  #noWorker = false;
  #troubles: readonly HostTrouble[] = [];
  #stopped = false;

  constructor(context: CliContext, session: LastingSession, run: RunId, progress: Progress) {
    this.#context = context;
    this.#session = session;
    this.#run = run;
    this.#progress = progress;
  }

  /** An interrupt leaves the loop where it is: it ends before it does anything else. */
  stop(): void {
    this.#stopped = true;
  }

  async follow(feed: JournalFeed): Promise<{ readonly view: RunView; readonly summary: RunSummary } | null> {
    const { session, now } = { session: this.#session, now: this.#context.parts.now };
    const model = await loadModel(session, this.#run);
    let view = await session.views.run(this.#run);
    while (!this.#stopped) {
      const news = await this.#tell(feed, model);
      if (news || now() - this.#lookedAt >= LOOK_MS) {
        view = await session.views.run(this.#run);
        await this.#look(view, model);
      }
      if (this.#stopped) return null;
      this.#progress.frame(this.#frame(view, model));
      if (await this.#isOver(view)) {
        await this.#tell(feed, model);
        const lastAt = await lastTransitionAt(session.redis, session.runtime.keys, this.#run);
        const downtimes = model.strategies.has('reverse') ? await downtimesOf(session.views, this.#run, now()) : [];
        return { view, summary: summarise(view, lastAt, now(), downtimes) };
      }
      await Promise.all([feed.wait().catch(() => undefined), pause(PACE_MS)]);
    }
    return null;
  }

  async #tell(feed: JournalFeed, model: RunModel): Promise<boolean> {
    let any = false;
    for await (const entry of feed.drain()) {
      if (this.#stopped) break;
      this.#progress.transition(entry, model.apply(entry));
      any = true;
    }
    return any;
  }

  async #look(view: RunView, model: RunModel): Promise<void> {
    const { session, now } = { session: this.#session, now: this.#context.parts.now };
    if (now() - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now();
    const workers = await session.presence.serving(this.#run);
    // Where only a person is waited for, a worker is not what is missing.
    this.#noWorker = standstillOf(view) === null && workers.length === 0;
    this.#troubles = await hostTroubles(session, view, workers);
    if (!this.#context.output.json) await this.#refresh(model);
  }

  /** What a screen may show of single members, and the journal does not tell. */
  #refresh(model: RunModel): Promise<void> {
    const shown = [...model.in(['working'], MOST_REFRESHED), ...model.in(['attention', 'failed', 'quarantined'], MOST_REFRESHED)];
    return refreshMembers(
      this.#session,
      this.#run,
      model,
      shown.map(({ id }) => id),
    );
  }

  async #isOver(view: RunView): Promise<boolean> {
    const standstill = standstillOf(view);
    // A worker that is alive says in a moment that the run has finished.
    if (standstill === 'ended') return (await this.#session.presence.serving(this.#run)).length === 0;
    return standstill !== null;
  }

  #frame({ record, state, calls }: RunView, model: RunModel) {
    return {
      run: this.#run,
      plan: record.plan,
      state,
      model,
      startedAt: record.createdAt,
      now: this.#context.parts.now(),
      calls,
      noWorker: this.#noWorker,
      troubles: this.#troubles,
      redisLost: this.#session.lost,
    };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
