import type { Command } from 'commander';
import type { Logger } from 'pino';
import { type CommandHint, commandHint } from './command-hint.ts';
import type { Interrupts } from './interrupts.ts';
import type { CliIo } from './io.ts';
import { checkLogLevel, createLog } from './log.ts';
import { Output } from './output.ts';
import type { CliParts } from './parts.ts';

/** Options every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  /** Address of Redis; may hold a password. */
  readonly redis?: string;
  /** False with `--no-color`. */
  readonly color?: boolean;
}

/** What a command works with. */
export interface CliContext {
  readonly io: CliIo;
  readonly parts: CliParts;
  readonly output: Output;
  readonly options: GlobalOptions;
  readonly interrupts: Interrupts;
  /** Commands to be pasted, for this Redis. */
  readonly command: CommandHint;
  /** A logger on stderr; `warn` unless FAILBACK_LOG or `byDefault` says otherwise. */
  log(byDefault?: 'error' | 'warn' | 'info'): Logger;
}

/** What a command does once its arguments are understood: returns the exit code. */
export type Work = (context: CliContext) => Promise<number>;

/** Hands a command's work to whoever runs the program. */
export type Start = (command: Command, work: Work) => Promise<void>;

/** @throws FailbackError `usage.invalid` for a FAILBACK_LOG that is no level */
export function createContext(io: CliIo, parts: CliParts, options: GlobalOptions, interrupts: Interrupts): CliContext {
  checkLogLevel(parts.env.FAILBACK_LOG);
  const output = new Output(io, { json: options.json ?? false, color: options.color ?? true, env: parts.env });
  return {
    io,
    parts,
    output,
    options,
    interrupts,
    command: commandHint(parts.env, options),
    log: (byDefault = 'warn') => createLog(output, io.stderr.isTTY === true, parts.env.FAILBACK_LOG, byDefault),
  };
}
