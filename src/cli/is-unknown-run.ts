import { FailbackError } from '../domain/failure.ts';

/** Redis has no records of the run. */
export function isUnknownRun(error: unknown): boolean {
  return error instanceof FailbackError && error.code === 'run.unknown';
}
