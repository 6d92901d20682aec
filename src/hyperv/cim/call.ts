import type { CallOptions } from '../hyperv-host.ts';

/** Limits of one call, however many requests it takes. */
export interface Call {
  /** `performance.now()` value at which the call is given up. */
  readonly deadline: number;
  readonly signal: AbortSignal | null;
}

/** WinRM's own bound for one request, milliseconds: the default of a call and the most a server is asked to try. */
export const CALL_MS = 60_000;

/** The limits of one call, from now on. */
export function startCall(options: CallOptions = {}): Call {
  return { deadline: performance.now() + (options.timeoutMs ?? CALL_MS), signal: options.signal ?? null };
}
