/** The time inside the simulated world: milliseconds since the epoch, never going back. */
export interface VirtualClock {
  now(): number;
  /** Real milliseconds until virtual time `at` is reached, 0 when it has passed; null when only a hand moves this clock. */
  realDelayUntil(at: number): number | null;
}

/**
 * A clock that runs `speed` times as fast as real time and starts at the real time of the call.
 * @param speed virtual seconds a real second; default 1
 */
export function runningClock(speed = 1): VirtualClock {
  if (!(speed > 0)) throw new RangeError(`speed must be positive, not ${speed}`);
  const origin = Date.now();
  const started = performance.now();
  const now = (): number => origin + (performance.now() - started) * speed;
  return { now, realDelayUntil: (at) => Math.max(0, (at - now()) / speed) };
}

/** A clock for tests: it stands still until it is advanced. */
export interface ManualClock extends VirtualClock {
  /** @param ms virtual milliseconds, not negative */
  advance(ms: number): void;
}

/** @param start first reading; default 2026-03-02 08:00 UTC */
export function manualClock(start = Date.UTC(2026, 2, 2, 8)): ManualClock {
  let now = start;
  return {
    now: () => now,
    realDelayUntil: () => null,
    advance: (ms) => {
      if (!(ms >= 0)) throw new RangeError(`a clock cannot be advanced by ${ms} ms`);
      now += ms;
    },
  };
}
