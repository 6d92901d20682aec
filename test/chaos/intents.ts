import type { JournalEntry } from '../../src/runtime/journal.ts';
import type { InstanceId } from '../../src/runtime/keys.ts';

const isIntent = (state: string): boolean => state.endsWith(': calling');

export interface Intents {
  /** How often each member meant to make a call. */
  readonly counts: ReadonlyMap<InstanceId, number>;
  /** Transitions that were on record and are not in the journal any more. */
  readonly forgotten: number;
}

/**
 * What members meant to do: from the journal, and from what is left of append-only files, for an attempt that Redis forgot was one all the same.
 * @param key of the journal
 */
export async function countIntents(journal: AsyncIterable<JournalEntry>, key: string, remnants: readonly string[]): Promise<Intents> {
  const seen = new Set<string>();
  const counts = new Map<InstanceId, number>();
  const note = ({ position, id, to }: Entry): void => {
    if (seen.has(`${position} ${id}`)) return;
    seen.add(`${position} ${id}`);
    if (isIntent(to)) counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  for await (const entry of journal) note(entry);
  const remembered = seen.size;
  for (const remnant of remnants) for (const entry of entriesIn(remnant, key)) note(entry);
  return { counts, forgotten: seen.size - remembered };
}

type Entry = Pick<JournalEntry, 'position' | 'id' | 'to'>;

/** Entries of the journal in a piece of an append-only file: arguments of XADD, each behind its length. */
function* entriesIn(remnant: string, key: string): Generator<Entry> {
  for (const command of remnant.split('\r\nXADD\r\n').slice(1)) {
    const [stream, position = '', ...fields] = command.split('\r\n', 30).filter((_, n) => n % 2 === 1);
    const of = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
    if (stream === key) yield { position, id: of('m'), to: of('t') };
  }
}
