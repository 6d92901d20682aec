import { createHistogram } from 'node:perf_hooks';

/** How late the event loop was, milliseconds: between two ticks of a timer of 10 ms, those included. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** p99 of the processor time the process itself used between two ticks: what of the delay other processes on the machine are not the reason for. */
  readonly ownP99: number;
}

const RESOLUTION_MS = 10;

/**
 * Measures how late the event loop is, since the last reading and since the beginning. As `monitorEventLoopDelay` of Node does, which can not leave
 * out what the measuring process itself is the reason for.
 */
export class LoopDelayMeter {
  readonly #timer: NodeJS.Timeout;
  #last = now();
  #recent = new Delays();
  #all = new Delays();

  constructor() {
    this.#timer = setInterval(() => {
      const { wall, own } = now();
      const [delay, used] = [wall - this.#last.wall, own - this.#last.own];
      this.#last = { wall, own };
      for (const delays of [this.#recent, this.#all]) delays.add(delay, Math.min(used, delay));
    }, RESOLUTION_MS);
    this.#timer.unref();
  }

  /** Everything before does not count any more. */
  begin(): void {
    this.#recent = new Delays();
    this.#all = new Delays();
    this.skip();
  }

  /** Since the last call. */
  take(): LoopDelay {
    const recent = this.#recent;
    this.#recent = new Delays();
    return recent.figures();
  }

  get all(): LoopDelay {
    return this.#all.figures();
  }

  /** What has just been done is not counted. */
  skip(): void {
    this.#last = now();
  }
}

class Delays {
  readonly #wall = createHistogram();
  readonly #own = createHistogram();

  /** Milliseconds. */
  add(wall: number, own: number): void {
    this.#wall.record(Math.max(1, Math.round(wall * 1000)));
    this.#own.record(Math.max(1, Math.round(own * 1000)));
  }

  figures(): LoopDelay {
    if (this.#wall.count === 0) return { p50: 0, p99: 0, max: 0, ownP99: 0 };
    const ms = (microseconds: number) => microseconds / 1000;
    const wall = this.#wall;
    return { p50: ms(wall.percentile(50)), p99: ms(wall.percentile(99)), max: ms(wall.max), ownP99: ms(this.#own.percentile(99)) };
  }
}

/** Milliseconds: monotonic, and processor time of this process. */
function now(): { readonly wall: number; readonly own: number } {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), own: (user + system) / 1000 };
}
