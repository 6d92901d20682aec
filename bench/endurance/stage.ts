import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type ManagedRedis, startManagedRedis } from '../../src/redis/managed-redis.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { readLedger } from '../../src/simulator/world/ledger.ts';
import { Child } from '../child.ts';
import type { FromHosts, ToHosts } from './hosts-job.ts';
import { Load } from './load.ts';
import type { EnduranceOptions } from './options.ts';
import type { RedisState, Sample } from './verdict.ts';
import type { FromWorker, ToWorker } from './worker-job.ts';

/** While a run ends some of its VMs are home and wait: so many more there are. */
const SPARE = 1.7;
/** How long things may take to calm down, milliseconds: BullMQ's last keys of a queue expire after 30 s. */
const CALM_MS = 60_000;

/** A Redis, simulated hosts and one worker process of its own; everything ends with {@link Stage.clear}. */
export class Stage {
  readonly load: Load;
  /** Errors the worker has logged so far. */
  errors = 0;
  readonly #parts: Parts;
  #began = performance.now();

  private constructor(parts: Parts, load: Load) {
    this.#parts = parts;
    this.load = load;
  }

  static async set({ vms, hosts, speed }: EnduranceOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), 'failback-endurance-'));
    const server = await startManagedRedis({ directory });
    const ledgerFile = join(directory, 'ledger.jsonl');
    const hostsChild = new Child<ToHosts, FromHosts>('./endurance/hosts-process.js');
    const serving = await hostsChild.ask({ type: 'serve', hosts, vms: Math.ceil(SPARE * vms), speed, ledgerFile }, 'serving');
    const worker = new Child<ToWorker, FromWorker>('./endurance/worker-process.js', ['--expose-gc']);
    await worker.ask({ type: 'begin', redisUrl: server.url }, 'ready');
    const redis = new Redis(server.url, { maxRetriesPerRequest: null });
    const load = new Load({
      runtime: new Runtime({ redis }),
      hosts: serving.hosts,
      directory,
      sendAway: async (vmIds) => (await hostsChild.ask({ type: 'send-away', vmIds }, 'sent-away')).notHome,
    });
    return new Stage({ directory, server, redis, hosts: hostsChild, worker, ledgerFile }, load);
  }

  /** Samples count from now on. */
  measure(profiled: boolean): void {
    this.#began = performance.now();
    this.#parts.worker.tell({ type: 'measure', profiled });
  }

  async writeProfile(file: string): Promise<void> {
    await this.#parts.worker.ask({ type: 'write-profile', file }, 'profile-written');
  }

  async sample(): Promise<Sample> {
    const { vitals, errors } = await this.#parts.worker.ask({ type: 'vitals' }, 'vitals');
    this.errors = errors;
    return { at: (performance.now() - this.#began) / 1000, inFlight: this.load.inFlight, vitals, redis: await this.#redisState() };
  }

  /** A sample of when nothing is left to be done: queues are closed, leases have expired. */
  async calm(isCalm: (sample: Sample, last: Sample | undefined) => boolean): Promise<Sample> {
    const givenUp = performance.now() + CALM_MS;
    let last: Sample | undefined;
    for (;;) {
      const sample = await this.sample();
      if (isCalm(sample, last) || performance.now() > givenUp) return sample;
      last = sample;
      await sleep(2_000);
    }
  }

  /** Names of the keys in Redis. */
  async keys(): Promise<ReadonlySet<string>> {
    return new Set(await this.#parts.redis.keys('*'));
  }

  /** VMs whose hosts did not hear `InitiateFailback` exactly as often as they were brought home. */
  notOnce(): number {
    const { calls } = readLedger(this.#parts.ledgerFile);
    const heard = new Map<string, number>();
    for (const { method, vm } of calls) if (method === 'InitiateFailback' && vm !== null) heard.set(vm, (heard.get(vm) ?? 0) + 1);
    const all = new Set([...heard.keys(), ...this.load.broughtHome.keys()]);
    return [...all].filter((vmId) => heard.get(vmId) !== this.load.broughtHome.get(vmId)).length;
  }

  async clear(): Promise<void> {
    const { directory, server, redis, hosts, worker } = this.#parts;
    await Promise.all([worker.kill(), hosts.kill()]);
    redis.disconnect();
    await server.kill();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  }

  async #redisState(): Promise<RedisState> {
    const { redis } = this.#parts;
    const [info, keys] = await Promise.all([redis.info(), redis.dbsize()]);
    const number = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    return { memory: number('used_memory'), keys, connections: number('connected_clients') };
  }
}

interface Parts {
  readonly directory: string;
  readonly server: ManagedRedis;
  readonly redis: Redis;
  readonly hosts: Child<ToHosts, FromHosts>;
  readonly worker: Child<ToWorker, FromWorker>;
  readonly ledgerFile: string;
}
