import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { ManagedRedis } from '../src/redis/managed-redis.ts';
import { startManagedRedis } from '../src/redis/managed-redis.ts';
import type { Contender } from './contender.ts';
import type { HostKind } from './host/host-factory.ts';
import { Hosts } from './hosts.ts';
import { WorkerProcess } from './worker-process.ts';

export interface StageOptions {
  readonly kind: HostKind;
  readonly members: number;
  readonly hosts: number;
  readonly jobMs: number;
  readonly pollMs: number;
  readonly concurrency: number | null;
  readonly appendfsync: 'everysec' | 'always';
}

const LOOK_MS = 20;
const PATIENCE_MS = 600_000;

/** A Redis and hosts for one round of one contender; everything ends with {@link Stage.clear}. */
export class Stage {
  readonly redis: Redis;
  readonly server: ManagedRedis;
  readonly hosts: Hosts;
  readonly #contender: Contender;
  readonly #options: StageOptions;
  readonly #directory: string;
  readonly #workers: WorkerProcess[] = [];

  private constructor(contender: Contender, options: StageOptions, parts: { directory: string; server: ManagedRedis; hosts: Hosts }) {
    this.#contender = contender;
    this.#options = options;
    this.#directory = parts.directory;
    this.server = parts.server;
    this.hosts = parts.hosts;
    this.redis = new Redis(parts.server.url, { maxRetriesPerRequest: null });
  }

  static async set(contender: Contender, options: StageOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), 'failback-bench-'));
    const server = await startManagedRedis({ directory, appendfsync: options.appendfsync });
    const hosts = await Hosts.start({ ...options, ledgerFile: join(directory, 'ledger.jsonl') });
    return new Stage(contender, options, { directory, server, hosts });
  }

  /** Resolves when it serves. */
  async startWorker(profile: string | null = null): Promise<WorkerProcess> {
    const { kind, jobMs, pollMs, concurrency } = this.#options;
    const job = { redisUrl: this.server.url, kind, hosts: this.hosts.forWorkers, jobMs, pollMs, concurrency, profile };
    const worker = await WorkerProcess.start({ program: this.#contender.program, job });
    this.#workers.push(worker);
    return worker;
  }

  async create(): Promise<void> {
    await this.#contender.create(this.redis, this.hosts.all);
  }

  /**
   * Resolves when every VM is home and nothing more happens.
   * @param look called about fifty times a second
   * @throws Error after ten minutes
   */
  async untilAllHome(look: () => Promise<void> = async () => undefined): Promise<void> {
    const { members } = this.#options;
    const givenUp = Date.now() + PATIENCE_MS;
    while ((await this.#contender.completed(this.redis)) < members || !(await this.#contender.isSettled(this.redis))) {
      if (Date.now() > givenUp) {
        const home = await this.#contender.completed(this.redis);
        throw new Error(`${this.#contender.name}: only ${home} of ${members} VMs came home within ${PATIENCE_MS / 60_000} minutes`);
      }
      await look();
      await sleep(LOOK_MS);
    }
  }

  async clear(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.hosts.end();
    this.redis.disconnect();
    await this.server.kill();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 });
  }
}
