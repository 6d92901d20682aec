import type { Intent } from '../domain/intent.ts';

/** Options of `run` and `adopt`. */
export interface RunPlanOptions {
  /** Rebuild the run from what the hosts say. */
  readonly adopt: boolean;
  /** Default `failback`. */
  readonly intent?: Intent;
  readonly name?: string;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly skipBlocked?: boolean;
  readonly unsafeRedis?: boolean;
  /** What resumes the run, for the message after an interrupt; default the same command. */
  readonly resumeWith?: string;
}
