import { printable } from '../report/printable.ts';
import type { Colors } from './output.ts';

/** One thing a check found out. */
export interface Finding {
  readonly severity: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly remedy?: string;
  /** The one command an administrator would run on the host, in PowerShell as administrator. */
  readonly command?: string;
}

/** A finding in words; its remedy and its command on lines of their own. */
export function findingLines({ severity, message, remedy, command }: Finding, colors: Colors): string[] {
  const paint = { ok: colors.green, warning: colors.yellow, error: colors.red }[severity];
  return [
    `${paint(severity.padEnd(7))} ${printable(message)}`,
    ...(remedy === undefined ? [] : [`        remedy: ${printable(remedy)}`]),
    ...(command === undefined ? [] : [`        on the host: ${printable(command)}`]),
  ];
}
