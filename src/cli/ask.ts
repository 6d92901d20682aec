import { createInterface } from 'node:readline/promises';
import type { CliContext } from './context.ts';

/** True where a person can answer: stdin and stderr are terminals. */
export function canAsk({ io }: Pick<CliContext, 'io'>): boolean {
  return io.stdin.isTTY === true && io.stderr.isTTY === true;
}

/** Asks on stderr. Anything but "y" or "yes", the end of input and an interrupt mean no. The question is trusted to be sanitised. */
export async function askYes({ io, interrupts }: Pick<CliContext, 'io' | 'interrupts'>, question: string): Promise<boolean> {
  // Not a "terminal": ctrl-C stays a signal instead of a key.
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: false });
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const stopListening = interrupts.listen(abort);
  lines.once('close', abort);
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: stop.signal });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    stopListening();
    lines.close();
  }
}
