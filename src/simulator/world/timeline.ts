import type { VirtualClock } from './clock.ts';

/** Something that happens at a moment of virtual time unless it is called off. */
export interface DueEvent {
  readonly at: number;
  cancel(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
  readonly wake: boolean;
  cancelled: boolean;
}

/**
 * Everything that will happen by itself, in one heap. Nothing runs by a timer of its own: {@link settle} is called before the
 * world is looked at and carries out what has become due, in order of time, then of scheduling.
 */
export class Timeline {
  readonly #clock: VirtualClock;
  readonly #heap: Entry[] = [];
  #order = 0;
  #moment: number | null = null;
  #wake: NodeJS.Timeout | null = null;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Virtual milliseconds since the epoch. Inside an event it is the moment the event was due, not the moment somebody looked. */
  now(): number {
    return this.#moment ?? this.#clock.now();
  }

  /** Events that are still to come, called-off ones included. */
  get pending(): number {
    return this.#heap.length;
  }

  /**
   * @param at virtual time; a moment in the past is due at once (at the next {@link settle})
   * @param options `wake`: carry it out in time even when nobody looks (a real timer; only for events others must notice)
   */
  schedule(at: number, act: () => void, options: { wake?: boolean } = {}): DueEvent {
    const entry: Entry = { at: Math.max(at, this.now()), order: this.#order++, act, wake: options.wake === true, cancelled: false };
    this.#push(entry);
    if (entry.wake) this.#wakeBy(entry.at);
    return {
      at: entry.at,
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  /** Carries out everything due. Does nothing when called from within an event. */
  settle(): void {
    if (this.#moment !== null) return;
    const until = this.#clock.now();
    try {
      for (let first = this.#heap[0]; first && first.at <= until; first = this.#heap[0]) {
        this.#pop();
        if (first.cancelled) continue;
        this.#moment = first.at;
        first.act();
      }
    } finally {
      this.#moment = null;
    }
  }

  /** Drops the timer for waking events. */
  close(): void {
    if (this.#wake) clearTimeout(this.#wake);
    this.#wake = null;
    this.#wakeAt = 0;
  }

  #wakeBy(at: number): void {
    if (at >= this.#wakeAt) return;
    const delay = this.#clock.realDelayUntil(at);
    if (delay === null) return;
    if (this.#wake) clearTimeout(this.#wake);
    this.#wakeAt = at;
    // Timers hold at most 2^31-1 ms; waking early only means looking again.
    this.#wake = setTimeout(
      () => {
        this.#wake = null;
        this.#wakeAt = Number.POSITIVE_INFINITY;
        this.settle();
        for (const entry of this.#heap) if (entry.wake && !entry.cancelled) this.#wakeBy(entry.at);
      },
      Math.min(Math.ceil(delay), 2 ** 31 - 1),
    );
    this.#wake.unref();
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (before(last, heap[child] as Entry)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
