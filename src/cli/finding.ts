import { printable } from '../report/printable.ts';
import type { Colors } from './output.ts';

/** One thing a check found out. */
export interface Finding {
  readonly severity: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly remedy?: string;
}

/** A finding in words, and its remedy on a line of its own. */
export function findingLines({ severity, message, remedy }: Finding, colors: Colors): string[] {
  const paint = { ok: colors.green, warning: colors.yellow, error: colors.red }[severity];
  return [`${paint(severity.padEnd(7))} ${printable(message)}`, ...(remedy === undefined ? [] : [`        remedy: ${printable(remedy)}`])];
}
