import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import { Admission } from '../src/runtime/admission.ts';
import type { StatusCounts } from '../src/runtime/committer.ts';
import { hostKeyOf, Keys, RUN_INSTANCE, type RunId } from '../src/runtime/keys.ts';
import { Presence } from '../src/runtime/presence.ts';
import type { RunHost } from '../src/runtime/run-record.ts';
import { RunViews } from '../src/runtime/run-view.ts';
import { type Checkpoint, Runtime } from '../src/runtime/runtime.ts';
import { isSettled, Sweep, settle } from '../src/runtime/sweep.ts';
import { CallRunner } from './call-runner.ts';
import { startControlWorker } from './control-worker.ts';
import { HostConnections } from './host-connections.ts';
import { HostPoller } from './host-poller.ts';
import { startHostWorker } from './host-worker.ts';
import { SettingsCache } from './settings-cache.ts';

export interface WorkerOptions {
  /** A connection in role `worker`: commands wait while Redis is away. Stays open after `close`. */
  readonly redis: Redis;
  readonly keys?: Keys;
  /** Plan names of the hosts to serve; default all. */
  readonly hosts?: readonly string[] | null;
  /** Calls at a time per host; default 8. */
  readonly concurrency?: number;
  readonly connectHost: (host: RunHost) => Promise<HyperVHost>;
  readonly log: Logger;
  readonly onCheckpoint?: (at: Checkpoint) => void | Promise<void>;
}

export interface WorkerHandle {
  /** Name of this worker, as in leases and claims. */
  readonly worker: string;
  /** Ends after the calls that are being made have reported, at most 15 s later. */
  close(): Promise<void>;
}

const LOOK_FOR_RUNS_MS = 500;
const SWEEP_MS = 2_000;
const SWEEP_LEASE_MS = 6_000;
/** Three beats of a living worker. */
const SAY_ALIVE_MS = 3_000;
const CLOSE_PATIENCE_MS = 15_000;

/** Starts everything a worker process does: calls, polling, timers, admission, sweep, for all active runs. */
export async function startWorker(options: WorkerOptions): Promise<WorkerHandle> {
  const process = new WorkerProcess(options);
  await process.start();
  return { worker: process.worker, close: () => process.close() };
}

class WorkerProcess {
  readonly #options: WorkerOptions;
  readonly #runtime: Runtime;
  readonly #presence: Presence;
  readonly #sweep: Sweep;
  readonly #admission: Admission;
  readonly #connections: HostConnections;
  readonly #runner: CallRunner;
  readonly #pollers = new Map<string, HostPoller>();
  readonly #workers: Worker[] = [];
  readonly #lastSweep = new Map<RunId, number>();
  readonly #counts = new Map<RunId, StatusCounts>();
  /** No sweep before this time. */
  #quietUntil = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#runtime = new Runtime({
      redis: options.redis,
      keys: options.keys ?? new Keys(),
      onWatch: (hostKey) => this.#pollers.get(hostKey)?.poke(),
      onCounts: (run, counts) => this.#counts.set(run, counts),
      onReleased: (ref, host) => void this.#released(ref, host),
      ...(options.onCheckpoint ? { onCheckpoint: options.onCheckpoint } : {}),
    });
    this.#presence = new Presence(options.redis, this.#runtime.keys);
    this.#sweep = new Sweep(this.#runtime, this.#presence);
    this.#admission = new Admission(this.#runtime);
    this.#connections = new HostConnections(this.#runtime.records, options.connectHost);
    this.#runner = new CallRunner({ runtime: this.#runtime, presence: this.#presence, settings: new SettingsCache() });
  }

  get worker(): string {
    return this.#presence.worker;
  }

  async start(): Promise<void> {
    await this.#presence.start(this.#options.hosts ?? null);
    await this.#waitForOthers();
    this.#options.redis.on('ready', this.#onReconnect);
    const views = new RunViews(this.#runtime.redis, this.#runtime.keys, this.#runtime.records);
    this.#adopt(startControlWorker(this.#runtime, views, this.#sweep));
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#options.redis.off('ready', this.#onReconnect);
    this.#wake?.();
    await this.#loop;
    await Promise.all([...this.#pollers.values()].map((poller) => poller.stop()));
    let patience: NodeJS.Timeout | undefined;
    const tooLong = new Promise<'late'>((resolve) => {
      patience = setTimeout(resolve, CLOSE_PATIENCE_MS, 'late');
    });
    const closed = Promise.all(this.#workers.map((worker) => worker.close())).then(() => 'closed' as const);
    if ((await Promise.race([closed, tooLong])) === 'late') await Promise.all(this.#workers.map((worker) => worker.close(true)));
    clearTimeout(patience);
    await this.#presence.stop();
    await this.#runtime.close();
    await this.#connections.close();
  }

  /** While Redis was away nobody could say that they are alive: those who are get the time to do so before they count as dead. */
  readonly #onReconnect = (): void => {
    this.#runtime.forgetRows();
    this.#quietUntil = Date.now() + SAY_ALIVE_MS;
  };

  /** A Redis that has just started knows workers, but not yet which of them are alive. */
  async #waitForOthers(): Promise<void> {
    const known = await this.#options.redis.hkeys(this.#runtime.keys.workers());
    if (!known.some((worker) => worker !== this.worker)) return;
    const info = await this.#options.redis.info('server');
    const uptime = Number(/uptime_in_seconds:(\d+)/.exec(info)?.[1] ?? Number.POSITIVE_INFINITY);
    if (uptime * 1000 < SAY_ALIVE_MS) this.#onReconnect();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (Date.now() < this.#quietUntil) {
          await this.#pause(this.#quietUntil - Date.now());
          continue;
        }
        const runs = await this.#runtime.redis.smembers(this.#runtime.keys.activeRuns());
        for (const run of runs) await this.#serve(run);
        for (const run of this.#lastSweep.keys()) if (!runs.includes(run)) await this.#leave(run);
      } catch (error) {
        this.#options.log.error({ err: error }, 'looking after the runs failed, going on');
      }
      await this.#pause(LOOK_FOR_RUNS_MS);
    }
  }

  async #serve(run: RunId): Promise<void> {
    const last = this.#lastSweep.get(run);
    if (last !== undefined && Date.now() - last < SWEEP_MS) return;
    this.#lastSweep.set(run, Date.now());
    try {
      const { hosts } = await this.#runtime.records.record(run);
      for (const host of hosts) this.#serveHost(host);
      if (!(await this.#presence.hold(this.#runtime.keys.sweeper(run), SWEEP_LEASE_MS))) return;
      await this.#sweep.sweep(run, last === undefined).catch((error: unknown) => {
        this.#options.log.error({ err: error, run }, 'the sweep could not look after everything, going on');
      });
      await this.#admission.repair(run);
      await this.#admission.admit(run);
      await this.#runtime.committer(run).flush();
      if (await isSettled(this.#runtime, run)) await settle(this.#runtime, run);
    } catch (error) {
      this.#options.log.error({ err: error, run }, 'looking after a run failed, going on');
    }
  }

  #serveHost(host: RunHost): void {
    const { hosts, log, concurrency } = this.#options;
    if (hosts && !hosts.includes(host.name)) return;
    const hostKey = hostKeyOf(host.address);
    if (this.#pollers.has(hostKey)) return;
    const connect = (run: string, name: string) => this.#connections.get(run, name);
    const poller = new HostPoller({
      runtime: this.#runtime,
      presence: this.#presence,
      hostKey,
      connect,
      log,
      lookers: () => this.#lookers(),
    });
    this.#pollers.set(hostKey, poller);
    poller.start();
    this.#adopt(startHostWorker(this.#runtime, this.#runner, hostKey, concurrency ?? 8, connect));
  }

  #lookers(): number {
    return [...this.#pollers.values()].filter(({ isLooking }) => isLooking).length;
  }

  #adopt(worker: Worker): void {
    worker.on('error', (error) => this.#options.log.debug({ err: error }, 'queue worker'));
    worker.on('failed', (job, error) => this.#options.log.error({ err: error, job: job?.id }, 'a job failed'));
    this.#workers.push(worker);
  }

  async #released(ref: { run: RunId; id: string }, host: string): Promise<void> {
    if (ref.id === RUN_INSTANCE) return;
    try {
      await this.#admission.release(ref, host);
      const counts = this.#counts.get(ref.run);
      if (counts && counts.pending > 0) await this.#admission.admit(ref.run);
      const open = counts && counts.pending + counts.working + counts.paused + counts.attention;
      if (open === 0 && (await isSettled(this.#runtime, ref.run))) await settle(this.#runtime, ref.run);
    } catch (error) {
      this.#options.log.debug({ err: error, ...ref }, 'giving a slot back is left to the sweep');
    }
  }

  async #leave(run: RunId): Promise<void> {
    await this.#runtime.committer(run).flush();
    this.#lastSweep.delete(run);
    this.#counts.delete(run);
    this.#runtime.forget(run);
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
