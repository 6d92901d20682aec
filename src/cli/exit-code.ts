import { FailbackError, type FailureCode } from '../domain/failure.ts';

/** What the process says when it ends; scripts rely on it. */
export const ExitCode = {
  /** Done, and all members of the run completed. */
  Done: 0,
  Internal: 1,
  /** Wrong usage or an invalid plan. */
  Usage: 2,
  /** The run has finished and some members are not home. */
  SomeFailed: 3,
  /** Nothing moves until a person acts. */
  WaitsForPerson: 4,
  /** Pre-flight blocks. */
  Blocked: 5,
  /** Redis or a host cannot be reached or used. */
  Unreachable: 6,
  Interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const USAGE: readonly FailureCode[] = [
  'usage.invalid',
  'plan.invalid',
  'plan.unreadable',
  'secret.missing',
  'run.unknown',
  'run.ambiguous',
  'run.active',
  'member.unknown',
  'command.refused',
  'archive.unreadable',
];

/** The exit code of a command that threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof FailbackError)) return ExitCode.Internal;
  const { code } = error;
  if (USAGE.includes(code)) return ExitCode.Usage;
  if (code === 'preflight.blocked' || code.startsWith('vm.')) return ExitCode.Blocked;
  if (code.startsWith('redis.') || code.startsWith('host.') || code.startsWith('powershell.')) return ExitCode.Unreachable;
  return ExitCode.Internal;
}
