import type { MemberStatus } from '../domain/member.ts';
import type { RunId } from '../runtime/keys.ts';
import type { MemberView, RunViews } from '../runtime/run-view.ts';

/** The members in one of the statuses, in plan order. */
export async function membersIn(views: RunViews, run: RunId, statuses: readonly MemberStatus[]): Promise<readonly MemberView[]> {
  const ids = await views.idsIn(run, statuses);
  const members: MemberView[] = [];
  if (ids.length > 0) for await (const member of views.members(run, ids)) members.push(member);
  return members;
}
