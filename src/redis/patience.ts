/** How long a person waits for a Redis that is away, milliseconds. */
export const COMMAND_PATIENCE_MS = 3000;

const WORKER_MAX_DELAY_MS = 2000;

/** A worker's wait before its next attempt to connect, milliseconds. Jitter: a fleet of workers must not come back in the same millisecond. */
export function workerDelay(times: number): number {
  return Math.min(WORKER_MAX_DELAY_MS, 50 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2);
}
