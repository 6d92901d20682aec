/** Longer queries are refused. */
const MAX_LENGTH = 65_536;

export interface Token {
  readonly kind: 'word' | 'number' | 'symbol' | 'string';
  /** Of a string: its value, quotes and escapes undone. */
  readonly text: string;
  /** Index of the first character, blanks before it included. */
  readonly at: number;
}

/** The text is no query; the message says where it went wrong. */
export class WqlError extends Error {
  override readonly name = 'WqlError';
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(<>|<=|>=|!=|[=<>(),*{}.])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))/sy;

/**
 * Splits WQL into words, numbers, symbols and strings. Strings stand in single or double quotes; a backslash escapes a
 * backslash or a quote and means itself before anything else. Throws {@link WqlError}.
 */
export function tokenizeWql(text: string): Token[] {
  if (text.length > MAX_LENGTH) throw new WqlError(`it is longer than ${MAX_LENGTH} characters`);
  const trimmed = text.trimEnd();
  const scanner = new RegExp(TOKEN);
  const tokens: Token[] = [];
  for (let at = 0; at < trimmed.length; at = scanner.lastIndex) {
    const match = scanner.exec(trimmed);
    if (match === null) throw new WqlError(`unexpected character at position ${at + 1}`);
    const [, word, number, symbol, string = ''] = match;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, at });
    else tokens.push({ kind: 'string', text: string.slice(1, -1).replace(/\\([\\'"])/g, '$1'), at });
  }
  return tokens;
}
