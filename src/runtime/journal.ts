import type { RedisConnection } from '../redis/connection.ts';
import type { Decision, RuntimeEvent } from './decide.ts';
import type { InstanceId, Keys, RunId } from './keys.ts';

/** One transition, as it stands in the journal. */
export interface JournalEntry {
  /** Position in the stream. */
  readonly position: string;
  readonly id: InstanceId;
  /** ms since the epoch */
  readonly at: number;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly revision: number;
  /** Raw evidence: return value, job, look at the host, failure. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What of an event and its outcome is worth keeping, as JSON. */
export function evidence(event: RuntimeEvent, { row, after }: Decision): string {
  const { type: _, ...rest } = event;
  const { failure, attempt, jobId } = row.context as { failure?: unknown; attempt?: number; jobId?: string | null };
  return JSON.stringify({
    ...rest,
    ...(after ? { status: after } : {}),
    ...(failure ? { failure } : {}),
    ...(attempt ? { attempt } : {}),
    ...(jobId ? { jobId } : {}),
  });
}

/**
 * Reads a run's journal in order, in pages; ends at its present end.
 * @param after start behind this position; default the beginning
 */
export async function* readJournal(redis: RedisConnection, keys: Keys, run: RunId, after = '-'): AsyncGenerator<JournalEntry> {
  let from = after === '-' ? '-' : `(${after}`;
  for (;;) {
    const page = await redis.xrange(keys.journal(run), from, '+', 'COUNT', 500);
    for (const [position, fields] of page) yield parseEntry(position, fields);
    const last = page.at(-1);
    if (!last) return;
    from = `(${last[0]}`;
  }
}

function parseEntry(position: string, fields: readonly string[]): JournalEntry {
  const of: Record<string, string> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) of[fields[i] as string] = fields[i + 1] as string;
  return {
    position,
    id: of.m ?? '',
    at: Number(of.at),
    event: of.e ?? '',
    from: of.f ?? '',
    to: of.t ?? '',
    revision: Number(of.r),
    data: JSON.parse(of.d ?? '{}') as Record<string, unknown>,
  };
}
