import type { Contender } from './contender.ts';
import { residentMemory } from './process-usage.ts';
import type { Stage } from './stage.ts';
import type { WorkerProcess } from './worker-process.ts';

interface Sample {
  readonly underWay: number;
  readonly worker: number;
  readonly redis: number;
  readonly journal: number;
}

const SAMPLE_MS = 250;
/** Where fewer are in flight at a time, those that wait or are home would count for them. */
const ENOUGH = 0.9;
/** Shorter jobs end before the collection of garbage has. */
const LONG_JOB_MS = 10_000;

/** Memory while VMs are copied, seen at the moment when most of them are. Only hosts that are counted by themselves can tell how many. */
export class InFlight {
  readonly #stage: Stage;
  readonly #contender: Contender;
  readonly #workers: readonly WorkerProcess[];
  readonly #members: number;
  readonly #jobMs: number;
  readonly #before: Promise<Sample>;
  #most: Sample | null = null;
  /** Bytes a VM that are still needed, when all are under way. */
  #heap: number | null = null;
  #lastAt = 0;

  constructor(stage: Stage, contender: Contender, parts: { workers: readonly WorkerProcess[]; members: number; jobMs: number }) {
    this.#stage = stage;
    this.#contender = contender;
    this.#workers = parts.workers;
    this.#members = parts.members;
    this.#jobMs = parts.jobMs;
    this.#before = this.#sample(0);
  }

  async look(): Promise<void> {
    if (this.#jobMs === 0 || performance.now() - this.#lastAt < SAMPLE_MS) return;
    this.#lastAt = performance.now();
    await this.#before;
    const { underWay } = await this.#stage.hosts.flight();
    if (underWay === 0 || underWay < (this.#most?.underWay ?? 0)) return;
    this.#most = await this.#sample(underWay);
    if (underWay === this.#members && this.#heap === null && this.#jobMs >= LONG_JOB_MS) await this.#readHeap();
  }

  /** Nothing where no VM was seen under way, no memory where some were never under way together with the others. */
  async figures(): Promise<Readonly<Record<string, number>>> {
    const [before, most] = [await this.#before, this.#most];
    if (most === null) return {};
    if (most.underWay < ENOUGH * this.#members) return { inFlight: most.underWay };
    const redis = most.redis - before.redis;
    return {
      inFlight: most.underWay,
      flightWorker: (most.worker - before.worker) / most.underWay,
      ...(this.#heap === null ? {} : { flightHeap: this.#heap }),
      flightRedis: redis / most.underWay,
      flightRedisWithoutJournal: (redis - (most.journal - before.journal)) / most.underWay,
    };
  }

  async #readHeap(): Promise<void> {
    this.#heap = 0;
    for (const worker of this.#workers) this.#heap += ((await worker.heap()) - worker.idleHeap) / this.#members;
  }

  async #sample(underWay: number): Promise<Sample> {
    const { redis } = this.#stage;
    const worker = this.#workers.reduce((sum, { pid }) => sum + residentMemory(pid), 0);
    const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1] ?? 0);
    return { underWay, worker, redis: used, journal: await this.#contender.journalBytes(redis) };
  }
}
