import type { RedisConnection } from '../redis/connection.ts';

/** How often the server is asked, milliseconds. In between time is counted by this process's monotonic clock. */
const AGAIN_MS = 5_000;

/**
 * The time as Redis has it, for everything that several processes must agree on (deadlines, waits, who is due): a worker whose own clock is
 * wrong, or is set, counts like the others. Until the first answer it is this machine's time.
 */
export class ServerClock {
  readonly #redis: RedisConnection;
  /** From `performance.now()` to ms since the epoch. */
  #offset = Date.now() - performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  /** ms since the epoch, whole */
  readonly now = (): number => Math.round(performance.now() + this.#offset);

  /** Asks now and from then on; waits while Redis is away. */
  async start(): Promise<void> {
    await this.#ask();
    this.#timer = setInterval(() => void this.#ask().catch(() => undefined), AGAIN_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An answer that took long says little: half of the way there and back is what it may be wrong by. */
  async #ask(): Promise<void> {
    const asked = performance.now();
    const [seconds, microseconds] = await this.#redis.time();
    const answered = performance.now();
    if (answered - asked > AGAIN_MS) return;
    this.#offset = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (asked + answered) / 2;
  }
}
