import type { HostObserved } from '../../machines/failback-context.ts';
import type { VmObservation } from '../domain/observation.ts';
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

/** What of an event and its outcome is worth keeping, as JSON. What is not there, and what is known of the member anyway, is left out. */
export function evidence(event: RuntimeEvent, { row, after }: Decision): string {
  const { type, ...rest } = event;
  const { failure, attempt, jobId } = row.context as { failure?: unknown; attempt?: number; jobId?: string | null };
  const kept: Record<string, unknown> = type === 'host.observed' ? lookEvidence(rest as Omit<HostObserved, 'type'>) : rest;
  if (after) kept.status = after;
  if (failure) kept.failure = failure;
  if (attempt) kept.attempt = attempt;
  if (jobId) kept.jobId = jobId;
  return JSON.stringify(kept);
}

/** Which Redis kept the run then matters for the next transition, and to nobody afterwards. */
function lookEvidence({ epoch: _, vm, job, running, statistics, test, ...rest }: Omit<HostObserved, 'type'>): Record<string, unknown> {
  const kept: Record<string, unknown> = { ...rest };
  if (vm) kept.vm = seenVm(vm);
  if (job) kept.job = job;
  if (running.length > 0) kept.running = running;
  if (statistics) kept.statistics = statistics;
  if (test) kept.test = test;
  return kept;
}

/** A VM as a look shows it, without its names. */
export type SeenVm = Pick<VmObservation, 'power' | 'operationalStatus' | 'healthState' | 'mode' | 'replication'> & Partial<VmObservation>;

function seenVm({ vmId: _, name: __, extended, testReplica, ...vm }: VmObservation): SeenVm {
  return { ...vm, ...(extended ? { extended } : {}), ...(testReplica ? { testReplica } : {}) };
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

export function parseEntry(position: string, fields: readonly string[]): JournalEntry {
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
