import { evidenceOf } from '../../report/event-words.ts';
import type { JournalEntry } from '../../runtime/journal.ts';
import { RUN_INSTANCE, type RunId } from '../../runtime/keys.ts';

/** A transition as a JSON line. `vm`, `vmId` and `host` are null for the run's own lifecycle. */
export function transitionObject(
  run: RunId,
  member: { readonly vm: string; readonly vmId: string; readonly host: string } | undefined,
  entry: JournalEntry,
): object {
  const { status, attempt, jobId, failure, output, reason } = evidenceOf(entry);
  return {
    type: 'transition',
    run,
    vm: member?.vm ?? null,
    from: entry.from,
    to: entry.to,
    event: entry.event,
    at: new Date(entry.at).toISOString(),
    id: entry.id === RUN_INSTANCE ? null : entry.id,
    vmId: member?.vmId ?? null,
    host: member?.host ?? null,
    status: status ?? null,
    attempt: attempt ?? null,
    jobId: jobId ?? output?.jobId ?? null,
    returnValue: output?.returnValue ?? null,
    reason: reason ?? null,
    failure: failure ?? null,
  };
}
