import { type Logger, pino } from 'pino';
import { z } from 'zod';
import { FailbackError } from '../domain/failure.ts';
import { printable } from '../report/printable.ts';
import type { Output } from './output.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const LINE = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().optional() });

/** @throws FailbackError `usage.invalid` for a level that does not exist; nothing is the default */
export function checkLogLevel(level: string | undefined): void {
  if (!level || LEVELS.some((known) => known === level)) return;
  throw new FailbackError({
    class: 'permanent',
    code: 'usage.invalid',
    message: `FAILBACK_LOG is ${JSON.stringify(level)}, which is no log level`,
    remedy: `Use one of ${LEVELS.join(', ')}.`,
  });
}

/**
 * A logger on stderr: JSON lines where stderr is no terminal, one readable line each where it is.
 * @param level FAILBACK_LOG, checked
 * @param byDefault level when FAILBACK_LOG says nothing
 */
export function createLog(output: Output, isTerminal: boolean, level: string | undefined, byDefault: 'error' | 'warn' | 'info'): Logger {
  const write = (line: string): void => output.say(isTerminal ? readable(line, output) : line.trimEnd());
  return pino({ level: level || byDefault, base: { pid: process.pid } }, { write });
}

function readable(line: string, output: Output): string {
  const { level, time, msg, pid: _, ...rest } = LINE.parse(JSON.parse(line));
  const { sideColors: colors } = output;
  const name = pino.levels.labels[level] ?? String(level);
  const shown = level >= 50 ? colors.red(name) : level >= 40 ? colors.yellow(name) : name;
  const details = Object.entries(rest).map(([key, value]) => `${key}=${wordsOf(value)}`);
  return `${colors.dim(new Date(time).toISOString().slice(11, 19))} ${shown} ${printable([msg ?? '', ...details].join(' '))}`;
}

/** Failures and errors say more than all their fields do. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === 'string' ? JSON.stringify(message) : JSON.stringify(value);
}
