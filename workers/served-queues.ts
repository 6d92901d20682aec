import type { Worker } from 'bullmq';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import { hostKeyOf, type RunId } from '../src/runtime/keys.ts';
import type { RunHost } from '../src/runtime/run-record.ts';
import type { Limit } from './call-runner.ts';

export interface ServedQueuesParts {
  /** Calls at a time per host, over all runs. */
  readonly concurrency: number;
  readonly startControl: (run: RunId) => Worker;
  readonly startCalls: (run: RunId, host: RunHost, limit: Limit) => Worker;
  readonly log: Logger;
}

interface CallQueue {
  readonly run: RunId;
  readonly hostKey: string;
  readonly worker: Worker;
}

const CLOSE_PATIENCE_MS = 15_000;

/** The queues this process takes jobs from: for each run it serves one for timers, and one for the calls on each host it can log on to. */
export class ServedQueues {
  readonly #parts: ServedQueuesParts;
  readonly #control = new Map<RunId, Worker>();
  /** By run and plan name of the host. */
  readonly #calls = new Map<string, CallQueue>();
  /** By host: several runs on one share what it is given. */
  readonly #limits = new Map<string, Limit>();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: ServedQueuesParts) {
    this.#parts = parts;
  }

  serveRun(run: RunId): void {
    if (!this.#control.has(run)) this.#control.set(run, this.#watched(this.#parts.startControl(run)));
  }

  serveHost(run: RunId, host: RunHost): void {
    const key = `${run}/${host.name}`;
    if (this.#calls.has(key)) return;
    const hostKey = hostKeyOf(host.address);
    const limit = this.#limits.get(hostKey) ?? pLimit(this.#parts.concurrency);
    this.#limits.set(hostKey, limit);
    this.#calls.set(key, { run, hostKey, worker: this.#watched(this.#parts.startCalls(run, host, limit)) });
    this.#share(hostKey);
  }

  /** Takes no more calls of a run on a host; those it has are finished. */
  leaveHost(run: RunId, host: string): void {
    const key = `${run}/${host}`;
    const queue = this.#calls.get(key);
    if (!queue) return;
    this.#calls.delete(key);
    this.#close(queue.worker);
    this.#share(queue.hostKey);
  }

  leaveRun(run: RunId): void {
    const control = this.#control.get(run);
    this.#control.delete(run);
    if (control) this.#close(control);
    for (const key of this.#calls.keys()) if (key.startsWith(`${run}/`)) this.leaveHost(run, key.slice(run.length + 1));
  }

  /** Ends after the jobs that are being done, at most 15 s later. */
  async close(): Promise<void> {
    for (const run of new Set([...this.#control.keys(), ...[...this.#calls.values()].map((queue) => queue.run)])) this.leaveRun(run);
    let patience: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      patience = setTimeout(resolve, CLOSE_PATIENCE_MS);
    });
    await Promise.race([Promise.all(this.#closing), tooLong]);
    clearTimeout(patience);
  }

  #close(worker: Worker): void {
    const closed = worker
      .close()
      .catch((error: unknown) => this.#parts.log.debug({ err: error }, 'closing a queue worker'))
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** A run takes no more jobs than it could begin with. */
  #share(hostKey: string): void {
    const queues = [...this.#calls.values()].filter((queue) => queue.hostKey === hostKey);
    for (const { worker } of queues) worker.concurrency = Math.max(1, Math.floor(this.#parts.concurrency / queues.length));
  }

  #watched(worker: Worker): Worker {
    worker.on('error', (error) => this.#parts.log.debug({ err: error }, 'queue worker'));
    worker.on('failed', (job, error) => this.#parts.log.error({ err: error, job: job?.id }, 'a job failed'));
    return worker;
  }
}
