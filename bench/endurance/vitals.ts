import { readFileSync } from 'node:fs';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { type LoopDelay, LoopDelayMeter } from './loop-delay.ts';

/** How a worker process is. */
export interface Vitals {
  /** Resident memory, bytes. */
  readonly rss: number;
  /** Bytes on the heap that are still needed: after a full collection. */
  readonly heap: number;
  /** What keeps the process alive, by kind: timers, sockets and such. */
  readonly resources: Readonly<Record<string, number>>;
  /** Listeners on its connection to Redis and on the process. */
  readonly listeners: number;
  /** Warnings of Node, e.g. of too many listeners. */
  readonly warnings: readonly string[];
  /** How long its main thread has been ready to work and had no processor, milliseconds. Linux only. */
  readonly waitedMs: number;
  /** Since the last look. */
  readonly delay: LoopDelay;
  /** Since the measurement began. */
  readonly delayOfAll: LoopDelay;
}

/** Measures the process it is in. Needs `--expose-gc`. */
export class VitalSigns {
  readonly #redis: RedisConnection;
  readonly #meter = new LoopDelayMeter();
  readonly #warnings: string[] = [];

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    process.on('warning', ({ name, message }) => this.#warnings.push(`${name}: ${message}`));
  }

  /** The delay of everything before does not count any more. */
  begin(): void {
    this.#meter.begin();
  }

  /** Takes as long as a full collection, which does not count as delay. */
  take(): Vitals {
    const delays = { delay: this.#meter.take(), delayOfAll: this.#meter.all };
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    this.#meter.skip();
    return {
      rss,
      heap: heapUsed,
      resources: countOf(process.getActiveResourcesInfo()),
      listeners: listenersOn(this.#redis) + listenersOn(process),
      warnings: [...this.#warnings],
      waitedMs: Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6,
      ...delays,
    };
  }
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function listenersOn(emitter: { eventNames(): (string | symbol)[]; listenerCount(name: string | symbol): number }): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}
