import type { JournalEntry } from '../../src/runtime/journal.ts';
import type { InstanceId } from '../../src/runtime/keys.ts';

const isIntent = (state: string): boolean => state.endsWith(': calling');

/**
 * How often each member meant to make a call: from the journal, and from what was cut off the append-only file, for an attempt that Redis forgot
 * was one all the same.
 */
export async function countIntents(
  journal: AsyncIterable<JournalEntry>,
  cutOff: readonly string[],
): Promise<ReadonlyMap<InstanceId, number>> {
  const seen = new Set<string>();
  const intents = new Map<InstanceId, number>();
  const note = (position: string, id: InstanceId, to: string): void => {
    if (!isIntent(to) || seen.has(`${position} ${id}`)) return;
    seen.add(`${position} ${id}`);
    intents.set(id, (intents.get(id) ?? 0) + 1);
  };
  for await (const { position, id, to } of journal) note(position, id, to);
  for (const tail of cutOff) for (const { position, id, to } of entriesIn(tail)) note(position, id, to);
  return intents;
}

/** Entries of the journal in a piece of an append-only file: arguments of XADD, each behind its length. */
function* entriesIn(tail: string): Generator<{ readonly position: string; readonly id: InstanceId; readonly to: string }> {
  for (const command of tail.split('\r\nXADD\r\n').slice(1)) {
    const [, position = '', ...fields] = command.split('\r\n', 30).filter((_, n) => n % 2 === 1);
    const of = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    yield { position, id: of('m'), to: of('t') };
  }
}
