import type { VirtualClock } from '../../../src/simulator/world/clock.ts';

/** A clock that stands still until it is let go: copies that were started stay at work for as long as a test needs. */
export interface HeldClock extends VirtualClock {
  /** @param ms virtual milliseconds */
  advance(ms: number): void;
  /** Runs from now on. */
  letGo(): void;
}

export function heldClock(speed = 600): HeldClock {
  let base = Date.now();
  let since: number | null = null;
  const now = (): number => (since === null ? base : base + (performance.now() - since) * speed);
  return {
    now,
    realDelayUntil: (at) => (since === null ? null : Math.max(0, (at - now()) / speed)),
    advance: (ms) => {
      base += ms;
    },
    letGo: () => {
      since ??= performance.now();
    },
  };
}
