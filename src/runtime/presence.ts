import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Failure } from '../domain/failure.ts';
import { onServerChange, primariesOf, type RedisConnection } from '../redis/connection.ts';
import type { Keys, RunId } from './keys.ts';
import { runScript } from './scripts.ts';
import { looksAfter } from './service.ts';

/** How long a worker that says nothing counts as alive, milliseconds. */
const ALIVE_MS = 10_000;
const BEAT_MS = 1_000;

/** What a worker serves. */
export interface Service {
  /** Plan names of the hosts; null = all. */
  readonly hosts: readonly string[] | null;
  /** null = all. */
  readonly runs: readonly RunId[] | null;
}

/** A host of a run that a worker can not log on to because of what its own process lacks. */
export interface LogOnGap {
  readonly run: RunId;
  /** Plan name. */
  readonly host: string;
  readonly failure: Failure;
}

/** What a worker tells about itself. */
export interface WorkerRecord extends Service {
  readonly worker: string;
  readonly startedAt: number;
  readonly gaps: readonly LogOnGap[];
}

/**
 * Who is alive. A worker beats once a second; one that has been silent for ten seconds is dead. A worker of this machine whose
 * process is gone is dead at once, so that a restart after a crash need not wait.
 */
export class Presence {
  readonly worker: string;
  readonly #redis: RedisConnection;
  readonly #keys: Keys;
  readonly #here: string;
  #record: WorkerRecord | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
    this.#here = machineIdentity();
    this.worker = `${this.#here}:${process.pid}:${processStart(process.pid) ?? Date.now()}`;
  }

  async start({ hosts, runs }: Service): Promise<void> {
    this.#record = { worker: this.worker, startedAt: Date.now(), hosts, runs, gaps: [] };
    await this.#beat();
    this.#timer = setInterval(() => void this.#beat().catch(() => undefined), BEAT_MS);
    this.#timer.unref();
  }

  /** Tells from the next beat on what this worker can not log on to. */
  tellGaps(gaps: readonly LogOnGap[]): void {
    if (this.#record) this.#record = { ...this.#record, gaps };
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([this.#redis.del(this.#keys.worker(this.worker)), this.#redis.hdel(this.#keys.workers(), this.worker)]);
  }

  async isAlive(worker: string): Promise<boolean> {
    if (worker === this.worker) return true;
    if (this.#isGoneFromHere(worker)) return false;
    return (await this.#redis.exists(this.#keys.worker(worker))) === 1;
  }

  /** Workers that are alive; forgets the others. */
  async alive(): Promise<readonly WorkerRecord[]> {
    const records = await this.#redis.hgetall(this.#keys.workers());
    const alive: WorkerRecord[] = [];
    for (const [worker, text] of Object.entries(records)) {
      if (await this.isAlive(worker)) alive.push(parseRecord(text));
      else await this.#redis.hdel(this.#keys.workers(), worker);
    }
    return alive;
  }

  /** Workers that are alive and look after a run. */
  async serving(run: RunId): Promise<readonly WorkerRecord[]> {
    return (await this.alive()).filter((worker) => looksAfter(worker, run));
  }

  /**
   * Tells when others may have been kept from saying that they are alive: each time Redis was away or another server took over, and at once
   * when a server was started less than `recentMs` ago, which knows workers but not yet which of them are alive.
   * @returns stops it
   */
  async onOutage(recentMs: number, told: () => void): Promise<() => void> {
    const known = await this.#redis.hkeys(this.#keys.workers());
    if (known.some((worker) => worker !== this.worker)) {
      const infos = await Promise.all((await primariesOf(this.#redis)).map((server) => server.info('server')));
      const uptimes = infos.map((info) => Number(/uptime_in_seconds:(\d+)/.exec(info)?.[1] ?? Number.POSITIVE_INFINITY));
      if (Math.min(...uptimes) * 1000 < recentMs) told();
    }
    return onServerChange(this.#redis, told);
  }

  /** Takes or renews a lease; a dead holder's lease is taken over at once. Returns true when this worker holds it now. */
  async hold(lease: string, durationMs: number): Promise<boolean> {
    let holder = (await runScript(this.#redis, 'hold-lease', [lease], [this.worker, durationMs, ''])) as string;
    if (holder !== this.worker && !(await this.isAlive(holder))) {
      holder = (await runScript(this.#redis, 'hold-lease', [lease], [this.worker, durationMs, holder])) as string;
    }
    return holder === this.worker;
  }

  /** Says everything each time: Redis may have been emptied. */
  #beat(): Promise<unknown> {
    const { workers, worker } = this.#keys;
    const record = JSON.stringify(this.#record);
    return Promise.all([
      this.#redis.set(worker(this.worker), Date.now(), 'PX', ALIVE_MS),
      this.#redis.hset(workers(), this.worker, record),
    ]);
  }

  #isGoneFromHere(worker: string): boolean {
    const [pid = '', start = ''] = worker.slice(this.#here.length + 1).split(':');
    if (!worker.startsWith(`${this.#here}:`)) return false;
    const started = processStart(Number(pid));
    if (started === undefined) return !processExists(Number(pid));
    return started !== start;
  }
}

/** A worker of an earlier release says less: it serves all runs. */
function parseRecord(text: string): WorkerRecord {
  return { runs: null, gaps: [], ...(JSON.parse(text) as Pick<WorkerRecord, 'worker' | 'startedAt' | 'hosts'>) };
}

/** Host name and, on Linux, the namespace in which process numbers mean something. */
function machineIdentity(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    // Not Linux: process numbers are the host's own.
  }
  return `${hostname()}/${namespace}`.replaceAll(/[:|]/g, '-');
}

/** Start time of a process in kernel ticks, so that a reused number is not mistaken; undefined where the system does not tell. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
