/** Control characters (C0, DEL, C1), line separators, and characters that reorder text: all of them can fake what a reader sees. */
const DANGEROUS = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\p{Cs}]/gu;

/**
 * Text from outside (VM names, messages of hosts, plan names) made fit for a terminal or a page: one line, no escape sequences, no
 * reordering. What is taken out stays visible as `\u{1b}`.
 */
export function printable(text: string): string {
  return text.replace(DANGEROUS, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Like {@link printable}, but lines stay lines. */
export function printableLines(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n');
}
