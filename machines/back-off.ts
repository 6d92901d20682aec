import type { RetrySettings } from '../src/domain/member.ts';

/**
 * Milliseconds before attempt `attempt` + 1. Jitter comes from the VM's id and the attempt, so that a machine stays a
 * pure function and members that failed together do not come back together.
 * @param attempt calls made so far, from 1
 */
export function backOffDelay(retry: RetrySettings, attempt: number, seed: string): number {
  const factor = retry.backoff === 'exponential' ? 2 ** Math.min(Math.max(attempt, 1) - 1, 30) : 1;
  const delay = Math.min(retry.delay * factor, retry.max);
  const share = 1 + retry.jitter * (2 * fraction(`${seed}/${attempt}`) - 1);
  return Math.round(delay * share);
}

/** FNV-1a, as a number in [0, 1). */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}
