import type { Logger } from 'pino';
import type { MemberInput } from '../src/domain/member.ts';
import type { HyperVHost } from '../src/hyperv/hyperv-host.ts';
import { Admission } from '../src/runtime/admission.ts';
import { forgetQueues } from '../src/runtime/archive-run.ts';
import type { StatusCounts } from '../src/runtime/committer.ts';
import { listNewRuns } from '../src/runtime/create-run.ts';
import { hostKeyOf, type InstanceRef, Keys, RUN_INSTANCE, type RunId } from '../src/runtime/keys.ts';
import { Presence } from '../src/runtime/presence.ts';
import type { RunHost } from '../src/runtime/run-record.ts';
import { RunViews } from '../src/runtime/run-view.ts';
import { type Checkpoint, Runtime } from '../src/runtime/runtime.ts';
import { ServerClock } from '../src/runtime/server-clock.ts';
import { TransferSlots } from '../src/runtime/transfer-slots.ts';
import { CallRunner } from './call-runner.ts';
import { startControlWorker } from './control-worker.ts';
import { HostAccess } from './host-access.ts';
import { HostConnections } from './host-connections.ts';
import { HostPoller } from './host-poller.ts';
import { startHostWorker } from './host-worker.ts';
import { RunKeeper } from './run-keeper.ts';
import { ServedQueues } from './served-queues.ts';
import { SettingsCache } from './settings-cache.ts';

export interface WorkerOptions {
  /** A connection in role `worker`: commands wait while Redis is away. Stays open after `close`. */
  readonly redis: Runtime['redis'];
  readonly keys?: Keys;
  /** Plan names of the hosts to serve; default all. */
  readonly hosts?: readonly string[] | null;
  /** Runs to serve; default all. Others are left as they are. */
  readonly runs?: readonly RunId[] | null;
  /** Calls at a time per host; default 8. */
  readonly concurrency?: number;
  /** Opens no connection yet. What it and `HyperVHost.prepare` throw is held to be a gap of this process, and work for the host is left to others. */
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

const LOOK_FOR_RUNS_MS = 100;
const SWEEP_MS = 2_000;
/** Three beats of a living worker. */
const SAY_ALIVE_MS = 3_000;

/** Starts everything a worker process does: calls, polling, timers, admission, sweep, for all active runs or some. */
export async function startWorker(options: WorkerOptions): Promise<WorkerHandle> {
  const process = new WorkerProcess(options);
  await process.start();
  return { worker: process.worker, close: () => process.close() };
}

class WorkerProcess {
  readonly #options: WorkerOptions;
  readonly #clock: ServerClock;
  readonly #runtime: Runtime;
  readonly #presence: Presence;
  readonly #keeper: RunKeeper;
  readonly #admission: Admission;
  readonly #transfers: TransferSlots;
  readonly #connections: HostConnections;
  readonly #access: HostAccess;
  readonly #queues: ServedQueues;
  readonly #pollers = new Map<string, HostPoller>();
  readonly #lastSweep = new Map<RunId, number>();
  readonly #counts = new Map<RunId, StatusCounts>();
  /** No sweep before this time, by `performance.now()` as all waits here: a clock that is set does not change them. */
  #quietUntil = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  #loop: Promise<void> | undefined;
  #stopHearing: () => void = () => undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#clock = new ServerClock(options.redis);
    this.#runtime = new Runtime({
      redis: options.redis,
      now: this.#clock.now,
      keys: options.keys ?? new Keys(),
      onWatches: (change) => this.#pollers.get(change.hostKey)?.hear(change),
      onCounts: (run, counts) => this.#counts.set(run, counts),
      onReleased: (ref, member) => void this.#released(ref, member),
      onTransfer: (ref, member, moves) => void this.#transferred(ref, member, moves),
      ...(options.onCheckpoint ? { onCheckpoint: options.onCheckpoint } : {}),
    });
    this.#presence = new Presence(options.redis, this.#runtime.keys);
    this.#admission = new Admission(this.#runtime);
    this.#transfers = new TransferSlots(this.#runtime);
    this.#keeper = new RunKeeper({
      runtime: this.#runtime,
      presence: this.#presence,
      admission: this.#admission,
      transfers: this.#transfers,
      log: options.log,
    });
    this.#connections = new HostConnections(this.#runtime.records, options.connectHost);
    this.#access = new HostAccess({
      connections: this.#connections,
      onChange: (gaps, run, host, failure) => {
        this.#presence.tellGaps(gaps);
        if (failure) options.log.warn({ run, host, failure }, 'this worker can not log on to a host and leaves its work to others');
        else options.log.info({ run, host }, 'this worker serves a host again');
      },
    });
    this.#queues = this.#makeQueues();
  }

  get worker(): string {
    return this.#presence.worker;
  }

  async start(): Promise<void> {
    await this.#clock.start();
    await this.#presence.start({ hosts: this.#options.hosts ?? null, runs: this.#options.runs ?? null });
    this.#stopHearing = await this.#presence.onOutage(SAY_ALIVE_MS, this.#onOutage);
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.#stopHearing();
    this.#wake?.();
    await this.#loop;
    await Promise.all([...this.#pollers.values()].map((poller) => poller.stop()));
    await this.#queues.close();
    this.#clock.stop();
    await this.#presence.stop();
    await this.#runtime.close();
    await this.#connections.close();
  }

  /** While Redis was away nobody could say that they are alive: those who are get the time to do so before they count as dead. */
  readonly #onOutage = (): void => {
    this.#runtime.forgetRows();
    for (const poller of this.#pollers.values()) poller.tellAgain();
    this.#keeper.lookThroughAgain();
    this.#quietUntil = performance.now() + SAY_ALIVE_MS;
  };

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (performance.now() < this.#quietUntil) {
          await this.#pause(this.#quietUntil - performance.now());
          continue;
        }
        await listNewRuns(this.#runtime);
        const active = await this.#runtime.redis.smembers(this.#runtime.keys.activeRuns());
        const runs = active.filter((run) => this.#options.runs?.includes(run) ?? true);
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
    if (last !== undefined && performance.now() - last < SWEEP_MS) return;
    this.#lastSweep.set(run, performance.now());
    try {
      const { hosts } = await this.#runtime.records.record(run);
      this.#queues.serveRun(run);
      await this.#queues.replaceStuck(run);
      for (const host of hosts) void this.#serveHost(run, host);
      await this.#keeper.keep(run);
    } catch (error) {
      this.#options.log.error({ err: error, run }, 'looking after a run failed, going on');
    }
  }

  /** Does not keep the others waiting for what a host needs from this machine. */
  async #serveHost(run: RunId, host: RunHost): Promise<void> {
    const { hosts, log } = this.#options;
    if (hosts && !hosts.includes(host.name)) return;
    this.#pollerOf(hostKeyOf(host.address)).serve(run);
    try {
      const open = await this.#access.isOpen(run, host.name);
      if (!open) void this.#queues.leaveHost(run, host.name);
      else if (!this.#stopped && this.#lastSweep.has(run)) this.#queues.serveHost(run, host);
    } catch (error) {
      log.error({ err: error, run, host: host.name }, 'looking after a host failed, going on');
    }
  }

  #pollerOf(hostKey: string): HostPoller {
    const known = this.#pollers.get(hostKey);
    if (known) return known;
    const poller = new HostPoller({
      runtime: this.#runtime,
      presence: this.#presence,
      hostKey,
      access: this.#access,
      runs: this.#options.runs ?? null,
      log: this.#options.log,
      lookers: () => this.#lookers(),
    });
    this.#pollers.set(hostKey, poller);
    poller.start();
    return poller;
  }

  #makeQueues(): ServedQueues {
    const runtime = this.#runtime;
    const runner = new CallRunner({ runtime, presence: this.#presence, settings: new SettingsCache() });
    const views = new RunViews(runtime.redis, runtime.keys, runtime.records);
    const connect = (run: RunId, host: string) => this.#access.reach(run, host);
    const queues = new ServedQueues({
      redis: runtime.redis,
      concurrency: this.#options.concurrency ?? 8,
      log: this.#options.log,
      startControl: (run) => startControlWorker(run, runtime, views, this.#keeper.sweep),
      startCalls: (run, { name, address }, limit) =>
        startHostWorker({
          runtime,
          runner,
          run,
          hostKey: hostKeyOf(address),
          connect,
          limit,
          onLeft: () => void queues.leaveHost(run, name),
        }),
    });
    return queues;
  }

  #lookers(): number {
    return [...this.#pollers.values()].filter(({ isLooking }) => isLooking).length;
  }

  async #released(ref: InstanceRef, member: MemberInput): Promise<void> {
    if (ref.id === RUN_INSTANCE) return;
    try {
      await this.#admission.release(ref, member);
      const counts = this.#counts.get(ref.run);
      if (counts && counts.pending > 0) await this.#admission.admit(ref.run);
      const open = counts && counts.pending + counts.working + counts.paused + counts.attention;
      if (open === 0) await this.#keeper.settle(ref.run);
    } catch (error) {
      this.#options.log.debug({ err: error, ...ref }, 'giving a slot back is left to the sweep');
    }
  }

  async #transferred(ref: InstanceRef, member: MemberInput, moves: boolean | null): Promise<void> {
    try {
      if (moves !== null) await this.#transfers.follow(ref, member, moves);
      if (moves !== true) await this.#transfers.grant(ref.run);
    } catch (error) {
      this.#options.log.debug({ err: error, ...ref }, 'transfer slots are left to the sweep');
    }
  }

  async #leave(run: RunId): Promise<void> {
    await this.#runtime.committer(run).flush();
    this.#lastSweep.delete(run);
    this.#counts.delete(run);
    this.#keeper.leave(run);
    for (const poller of this.#pollers.values()) poller.leave(run);
    const left = this.#queues.leaveRun(run);
    this.#access.forget(run);
    const gone = (error: unknown) => this.#options.log.debug({ err: error, run }, 'records of a run are gone');
    const record = await this.#runtime.records.record(run).catch(gone);
    await this.#runtime.dispatcher.forget(run).catch(gone);
    if (record) void left.then(() => forgetQueues(this.#runtime, record)).catch(gone);
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
