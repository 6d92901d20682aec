import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Crew } from './crew.ts';
import type { DisturbedRedis } from './disturbed-redis.ts';
import type { Gates } from './gates.ts';
import type { HostOrder } from './hosts-process.ts';
import type { LinkOrder } from './network-process.ts';
import { type Disturbance, KILLS, type Kind } from './schedule.ts';
import type { LinkMode } from './tcp-link.ts';

export interface DisturberParts {
  readonly crew: Crew;
  readonly gates: Gates;
  readonly redis: DisturbedRedis;
  readonly network: ChildProcess;
  readonly hosts: ChildProcess;
  /** Host seconds a second. */
  readonly speed: number;
  readonly say: (text: string) => void;
}

/** A host stays down, or out of sight, for so many host seconds at most. */
const LONGEST_DOWN = 1_800;

/** Carries disturbances out, each on a target of its own at a time, and counts those that happened. */
export class Disturber {
  readonly #parts: DisturberParts;
  readonly #happened = new Map<Kind, number>();
  readonly #skipped = new Map<Kind, number>();
  readonly #open = new Set<Promise<void>>();
  /** What happens to Redis happens one after the other: a cluster without most of its primaries is none. */
  #redisTurn: Promise<unknown> = Promise.resolve();

  constructor(parts: DisturberParts) {
    this.#parts = parts;
  }

  get happened(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#happened].sort());
  }

  /** What this machine has no means for, or nothing was there to be disturbed. */
  get skipped(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#skipped].sort());
  }

  get kills(): number {
    return KILLS.reduce((sum, kind) => sum + (this.#happened.get(kind) ?? 0), 0);
  }

  /** Begins a disturbance; it ends by itself. */
  begin(disturbance: Disturbance): void {
    const done = this.#perform(disturbance).finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  /** Everything that was begun is over and mended. @throws what could not be mended */
  async over(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  async #perform(disturbance: Disturbance): Promise<void> {
    const { kind, forMs, jumpMs } = disturbance;
    const { crew, gates, redis, say } = this.#parts;
    const worker = Math.floor(disturbance.worker * crew.size);
    const host = gates.choose(disturbance.host);
    const about = (what: string) => say(`${kind} ${what}`);
    const onHost = async (what: (name: string) => Promise<void>): Promise<void> => {
      if (host === undefined) return this.#count(this.#skipped, kind);
      about(`${host}, ${forMs} ms`);
      await what(host);
      this.#count(this.#happened, kind);
    };
    switch (kind) {
      case 'worker-kill':
        about(String(worker));
        await crew.kill(worker);
        return this.#count(this.#happened, kind);
      case 'worker-stop':
        about(`${worker}, ${forMs} ms`);
        crew.signal(worker, 'SIGSTOP');
        await sleep(forMs);
        crew.signal(worker, 'SIGCONT');
        return this.#count(this.#happened, kind);
      case 'redis-kill':
      case 'redis-tail':
      case 'redis-forget':
      case 'redis-replica-kill':
      case 'redis-stop':
      case 'redis-full':
      case 'redis-failover':
        return this.#onRedis(disturbance);
      case 'host-kill':
        return onHost((name) => gates.kill(name, forMs));
      case 'host-stop':
        return onHost((name) => gates.stop(name, 2 * forMs));
      case 'host-crash':
        return onHost(async (name) => {
          this.#order({ host: name, what: 'crash', forMs: this.#hostMs(forMs) });
          await gates.kill(name, forMs);
        });
      case 'host-unseen':
        return onHost(async (name) => {
          this.#order({ host: name, what: 'disconnect', forMs: this.#hostMs(forMs) });
          await sleep(forMs);
        });
      case 'host-jobs':
        return onHost(async (name) => this.#order({ host: name, what: 'restart', forMs: 0 }));
      case 'clock-one':
      case 'clock-all': {
        const clocks = kind === 'clock-one' ? [worker] : Array.from({ length: crew.size }, (_, n) => n);
        about(`${clocks.join(', ')} by ${jumpMs / 1000} s, ${forMs} ms`);
        for (const clock of clocks) crew.setClock(clock, jumpMs);
        await sleep(forMs);
        for (const clock of clocks) crew.setClock(clock, 0);
        return this.#count(this.#happened, kind);
      }
      default: {
        const [, to, mode] = kind.split('-') as ['cut', 'host' | 'redis', LinkMode];
        if (to === 'host') return onHost((name) => this.#cut(`${worker}>${name}`, mode, forMs));
        const port = await redis.primaryPort(disturbance.host);
        about(`${worker}>${port}, ${forMs} ms`);
        await this.#cut(`${worker}>${port}`, mode, forMs);
        return this.#count(this.#happened, kind);
      }
    }
  }

  async #onRedis({ kind, forMs, host }: Disturbance): Promise<void> {
    const { redis, say } = this.#parts;
    const turn = this.#redisTurn.then(() => {
      say(kind);
      return redis.disturb(kind, forMs, host);
    });
    this.#redisTurn = turn.catch(() => undefined);
    this.#count((await turn) ? this.#happened : this.#skipped, kind);
  }

  async #cut(name: string, mode: LinkMode, forMs: number): Promise<void> {
    const { network } = this.#parts;
    network.send({ name, mode } satisfies LinkOrder);
    await sleep(forMs);
    network.send({ name, mode: 'open' } satisfies LinkOrder);
  }

  #order(order: HostOrder): void {
    this.#parts.hosts.send(order);
  }

  #hostMs(realMs: number): number {
    return Math.min(realMs * this.#parts.speed, LONGEST_DOWN * 1_000);
  }

  #count(counts: Map<Kind, number>, kind: Kind): void {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}
