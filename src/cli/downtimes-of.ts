import { ENDED_STATUSES } from '../domain/member.ts';
import { downtimeOf } from '../report/downtime.ts';
import type { Downtime } from '../report/run-report.ts';
import type { RunId } from '../runtime/keys.ts';
import type { RunViews } from '../runtime/run-view.ts';

/** Downtimes as far as the members themselves know them: when a failover was taken back stands in the journal alone. */
export async function downtimesOf(views: RunViews, run: RunId, now: number): Promise<readonly Downtime[]> {
  const found: Downtime[] = [];
  for await (const member of views.members(run)) {
    if (member.status !== 'completed' && ENDED_STATUSES.includes(member.status)) continue;
    const downtime = downtimeOf(member, { startedAt: null, takenBackAt: null }, now);
    if (downtime) found.push(downtime);
  }
  return found;
}
