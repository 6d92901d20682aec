import { type Job, Worker } from 'bullmq';
import type { EffectOutput } from '../../src/domain/effect.ts';
import { FailbackError, type Failure } from '../../src/domain/failure.ts';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { Admission } from '../../src/runtime/admission.ts';
import type { Keys } from '../../src/runtime/keys.ts';
import { Presence } from '../../src/runtime/presence.ts';
import type { CallJob } from '../../src/runtime/queue-jobs.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { Sweep } from '../../src/runtime/sweep.ts';
import { CallRunner } from '../../workers/call-runner.ts';
import { SettingsCache } from '../../workers/settings-cache.ts';
import { type EventName, eventOf, MEMBER, shortToken } from './lifecycle.ts';

/** Where the product waits until the replay lets it go on. */
type Place = 'reaches the host' | 'calls' | 'committed' | 'handed-over';

interface Stop {
  readonly at: Place;
  /** Of which call. */
  readonly token: string | null;
  go(): void;
}

interface Call {
  readonly done: Promise<void>;
  answer?: (event: EventName) => void;
}

/** As if on another machine: with a name of its own. */
class NamedPresence extends Presence {
  override readonly worker: string;

  constructor(redis: RedisConnection, keys: Keys, name: string) {
    super(redis, keys);
    this.worker = name;
  }
}

/** One life of a worker process: the product's own parts, stopped wherever the model says that something else may come in between. */
export class Incarnation {
  readonly name: string;
  readonly runtime: Runtime;
  readonly sweep: Sweep;
  readonly admission: Admission;
  readonly #runner: CallRunner;
  readonly #jobs: Worker<CallJob>;
  readonly #keys: Keys;
  readonly #stops: Stop[] = [];
  #stopped: (() => void) | undefined;
  /** Sweeps are not stopped. */
  #passes = false;
  /** Calls by token. */
  readonly #calls = new Map<string, Call>();
  /** What is under way beside them, or what a call has become. */
  #work: Promise<unknown> | undefined;

  constructor(redis: RedisConnection, keys: Keys, name: string, queue: string, now: () => number) {
    this.name = name;
    this.#keys = keys;
    const presence = new NamedPresence(redis, keys, name);
    this.runtime = new Runtime({ redis, keys, now, onCheckpoint: (at) => this.#stop(at) });
    this.sweep = new Sweep(this.runtime, presence);
    this.admission = new Admission(this.runtime);
    this.#runner = new CallRunner({ runtime: this.runtime, presence, settings: new SettingsCache() });
    this.#jobs = new Worker<CallJob>('calls', null, { connection: redis, prefix: queue, autorun: false });
    this.#jobs.on('error', () => undefined);
  }

  async lives(): Promise<void> {
    await this.runtime.redis.set(this.#keys.worker(this.name), '1');
  }

  async seemsDead(): Promise<void> {
    await this.runtime.redis.del(this.#keys.worker(this.name));
  }

  async close(): Promise<void> {
    await this.#jobs.close(true);
    await this.runtime.dispatcher.close();
  }

  /** Begins something and goes on to its commit, or to its end where there is nothing to commit. */
  async commit(work: Promise<unknown>): Promise<void> {
    this.#work = work;
    await this.#next(work);
  }

  /** Hands over what was committed. @param dies before the outbox entry is forgotten */
  async handOver(run: string, dies: boolean): Promise<void> {
    this.#letGo('committed');
    await this.#next(this.#work);
    if (dies) return;
    this.#letGo('handed-over');
    await this.#work;
    await this.runtime.committer(run).flush();
  }

  /** Ends what had nothing to hand over. */
  async finish(): Promise<void> {
    this.#passes = true;
    for (const stop of this.#stops.filter(({ at }) => at === 'committed' || at === 'handed-over')) this.#letGo(stop.at);
    await this.#work;
    this.#passes = false;
  }

  async sweepAll(run: string): Promise<void> {
    this.#passes = true;
    await this.sweep.sweep(run, true);
    await this.runtime.committer(run).flush();
    this.#passes = false;
  }

  /** Takes the call that waits, up to where it reaches for the host; those of calls that are over go by. */
  async takeJob(wanted: string): Promise<void> {
    for (;;) {
      const job = await this.#jobs.getNextJob(this.name, { block: false });
      if (!job) throw new Error('there is no job');
      const { run, calls } = job.data;
      const [call] = calls;
      if (!call || calls.length > 1) throw new Error('one member has one call at a time');
      const token = shortToken(call.token);
      const done = this.#runner
        .run(
          run,
          call,
          async () => this.#host(token),
          (work) => work(),
        )
        .then(() => this.#complete(job));
      if (token !== shortToken(wanted)) {
        await done;
        continue;
      }
      const inHand = this.#calls.has(token);
      if (!inHand) this.#calls.set(token, { done: done.finally(() => this.#calls.delete(token)) });
      await this.#next(done);
      return;
    }
  }

  /** Claims: goes on to the call, to the report that nobody knows, or to the end. */
  async claim(token: string): Promise<void> {
    const call = this.#calls.get(token);
    this.#letGo('reaches the host', token);
    this.#work = call?.done;
    await this.#next(call?.done);
  }

  /** The call comes back: goes on to the commit of the report, or to the end. A report in doubt was committed with the claim. */
  async report(token: string, event: EventName): Promise<void> {
    if (event === 'maker-gone') return;
    const call = this.#calls.get(token);
    this.#letGo('calls', token);
    call?.answer?.(event);
    await this.commit(call?.done ?? Promise.resolve());
  }

  async #complete(job: Job): Promise<void> {
    await job.moveToCompleted(undefined, this.name, false).catch(() => undefined);
  }

  #host(token: string): Promise<HyperVHost> {
    const host: Partial<HyperVHost> = {
      replicationSettings: async () => new Map([[MEMBER.vmId, {} as never]]),
      initiateFailback: async () => {
        const answered = new Promise<EffectOutput>((resolve, reject) => {
          const call = this.#calls.get(token);
          if (call) call.answer = (event) => settle(event, resolve, reject);
        });
        await this.#stop('calls', token);
        return answered;
      },
    };
    return this.#stop('reaches the host', token).then(() => host as HyperVHost);
  }

  #stop(at: Place, token: string | null = null): Promise<void> {
    if (this.#passes) return Promise.resolve();
    return new Promise((go) => {
      this.#stops.push({ at, token, go });
      this.#stopped?.();
    });
  }

  #letGo(at: Place, token: string | null = null): void {
    const index = this.#stops.findIndex((stop) => stop.at === at && stop.token === token);
    if (index < 0) throw new Error(`${this.name} does not wait where it ${at}`);
    this.#stops.splice(index, 1)[0]?.go();
  }

  /** The next stop, or the end of the work. */
  async #next(work: Promise<unknown> | undefined): Promise<void> {
    await Promise.race([
      work,
      new Promise<void>((stopped) => {
        this.#stopped = stopped;
      }),
    ]);
  }
}

function settle(event: EventName, resolve: (output: EffectOutput) => void, reject: (error: unknown) => void): void {
  const { output, error } = eventOf(event) as { output?: EffectOutput; error?: Failure };
  if (output) resolve(output);
  else if (error) reject(new FailbackError(error));
}
