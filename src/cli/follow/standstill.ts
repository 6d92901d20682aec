import { ENDED_STATUSES } from '../../domain/member.ts';
import type { RunView } from '../../runtime/run-view.ts';

/**
 * Why a follower may stop: `finished` every member has ended and the run says so · `ended` every member has ended, the run has not
 * said so yet · `people` nothing moves until a person acts · null: go on.
 */
export type Standstill = 'finished' | 'ended' | 'people' | null;

export function standstillOf({
  state,
  counts,
  record,
}: Pick<RunView, 'state' | 'counts'> & { readonly record: { readonly members: number } }): Standstill {
  if (state === 'finished') return 'finished';
  const ended = ENDED_STATUSES.reduce((sum, status) => sum + counts[status], 0);
  if (ended === record.members) return 'ended';
  const changing = state === 'pausing' || state === 'resuming' || state === 'cancelling';
  if (changing || counts.working > 0) return null;
  // Pending members start by themselves unless the run is held.
  if (counts.pending > 0 && state !== 'paused') return null;
  return 'people';
}
