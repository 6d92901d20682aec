import type { Worker } from 'bullmq';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { hostKeyOf, type RunId } from '../src/runtime/keys.ts';
import type { RunHost } from '../src/runtime/run-record.ts';
import type { Runtime } from '../src/runtime/runtime.ts';
import type { Limit } from './call-runner.ts';

export interface ServedQueuesParts {
  readonly redis: Runtime['redis'];
  /** Calls at a time per host, over all runs. */
  readonly concurrency: number;
  readonly startControl: (run: RunId) => Worker;
  readonly startCalls: (run: RunId, host: RunHost, limit: Limit) => Worker;
  readonly log: Logger;
}

interface CallQueue {
  readonly run: RunId;
  readonly hostKey: string;
  readonly served: Served;
}

/** A queue this process takes jobs from. */
interface Served {
  worker: Worker;
  readonly start: () => Worker;
  /** Since when jobs wait and nobody is at work on any, by `performance.now()`; null: that is not so. */
  stuckSince: number | null;
}

const CLOSE_PATIENCE_MS = 15_000;
/** Jobs that wait for so long, with nobody at work on the queue, wait for a worker that has ceased to ask for them, milliseconds. */
const STUCK_MS = 10_000;

/** The queues this process takes jobs from: for each run it serves one for timers, and one for the calls on each host it can log on to. */
export class ServedQueues {
  readonly #parts: ServedQueuesParts;
  readonly #control = new Map<RunId, Served>();
  /** By run and plan name of the host. */
  readonly #calls = new Map<string, CallQueue>();
  /** By host: several runs on one share what it is given. */
  readonly #limits = new Map<string, Limit>();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: ServedQueuesParts) {
    this.#parts = parts;
  }

  serveRun(run: RunId): void {
    if (!this.#control.has(run))
      this.#control.set(
        run,
        this.#serve(() => this.#parts.startControl(run)),
      );
  }

  serveHost(run: RunId, host: RunHost): void {
    const key = `${run}/${host.name}`;
    if (this.#calls.has(key)) return;
    const hostKey = hostKeyOf(host.address);
    const limit = this.#limits.get(hostKey) ?? pLimit(this.#parts.concurrency);
    this.#limits.set(hostKey, limit);
    this.#calls.set(key, { run, hostKey, served: this.#serve(() => this.#parts.startCalls(run, host, limit)) });
    this.#share(hostKey);
  }

  /** Takes no more calls of a run on a host; those it has are finished then. */
  async leaveHost(run: RunId, host: string): Promise<void> {
    const key = `${run}/${host}`;
    const queue = this.#calls.get(key);
    if (!queue) return;
    this.#calls.delete(key);
    const closed = this.#close(queue.served.worker);
    this.#share(queue.hostKey);
    await closed;
  }

  /** Resolves when nothing of the run is served any more. */
  async leaveRun(run: RunId): Promise<void> {
    const control = this.#control.get(run);
    this.#control.delete(run);
    const hosts = [...this.#calls.keys()].filter((key) => key.startsWith(`${run}/`)).map((key) => key.slice(run.length + 1));
    await Promise.all([control && this.#close(control.worker), ...hosts.map((host) => this.leaveHost(run, host))]);
  }

  /**
   * Replaces workers of a run that ask for no more jobs: one whose connection was replaced at the wrong moment may wait for ever for an answer
   * that never comes. To be called from time to time.
   */
  async replaceStuck(run: RunId, now = performance.now()): Promise<void> {
    await Promise.all(this.#servedOf(run).map((served) => this.#replaceStuck(run, served, now)));
  }

  #servedOf(run: RunId): readonly Served[] {
    const control = this.#control.get(run);
    const calls = [...this.#calls.values()].filter((queue) => queue.run === run).map(({ served }) => served);
    return control ? [control, ...calls] : calls;
  }

  async #replaceStuck(run: RunId, served: Served, now: number): Promise<void> {
    const { worker, start } = served;
    const [waiting, active] = await Promise.all(['wait', 'active'].map((state) => this.#parts.redis.llen(worker.toKey(state))));
    if (waiting === 0 || active !== 0) served.stuckSince = null;
    else served.stuckSince ??= now;
    if (served.stuckSince === null || now - served.stuckSince < STUCK_MS) return;
    // Left, or replaced, meanwhile.
    if (served.worker !== worker || !this.#servedOf(run).includes(served)) return;
    this.#parts.log.warn({ queue: worker.qualifiedName, waiting }, 'nobody takes the jobs of a queue: its worker is replaced');
    served.stuckSince = null;
    served.worker = this.#watched(start());
    served.worker.concurrency = worker.concurrency;
    void this.#close(worker, true);
  }

  #serve(start: () => Worker): Served {
    return { worker: this.#watched(start()), start, stuckSince: null };
  }

  /** Ends after the jobs that are being done, at most 15 s later. */
  async close(): Promise<void> {
    for (const run of new Set([...this.#control.keys(), ...[...this.#calls.values()].map((queue) => queue.run)])) void this.leaveRun(run);
    let patience: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, CLOSE_PATIENCE_MS);
    });
    await Promise.race([Promise.all(this.#closing), tooLong]);
    clearTimeout(patience);
  }

  /** @param now does not wait for what it is at work on */
  #close(worker: Worker, now = false): Promise<void> {
    const closed = worker
      .close(now)
      .catch((error: unknown) => this.#parts.log.debug({ err: error }, 'closing a queue worker'))
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
    return closed;
  }

  /** A run takes no more jobs than it could begin with. */
  #share(hostKey: string): void {
    const queues = [...this.#calls.values()].filter((queue) => queue.hostKey === hostKey);
    for (const { served } of queues) served.worker.concurrency = Math.max(1, Math.floor(this.#parts.concurrency / queues.length));
  }

  #watched(worker: Worker): Worker {
    worker.on('error', (error) => this.#parts.log.debug({ err: error }, 'queue worker'));
    worker.on('failed', (job, error) => this.#parts.log.error({ err: error, job: job?.id }, 'a job failed'));
    return worker;
  }
}
