import { type FailbackContext, hostOf, stepOf } from '../../machines/failback-context.ts';
import type { Side } from '../domain/member.ts';
import { printable } from '../report/printable.ts';
import { splitState } from '../report/state-words.ts';
import type { MemberView } from '../runtime/run-view.ts';

/** What a member waits for that only a person can say; null when it waits for nothing of the kind. */
export type Question = 'approval' | 'fencing' | 'sight';

/**
 * - `approval`: whether its failover may become final
 * - `fencing`: whether the copy on a host out of sight can not run
 * - `sight`: the host it is to be started on is out of sight, and nobody's word helps
 */
export function questionOf(member: MemberView): Question | null {
  if (member.status !== 'attention') return null;
  const { phase } = splitState(member.state);
  if (phase === 'approval') return 'approval';
  if (phase !== 'unseen') return null;
  return unseenSideOf(member) === stepOf(contextOf(member)).side ? 'sight' : 'fencing';
}

/** The plan's name of the host that is out of sight. */
export function unseenHost(member: MemberView): string {
  return hostOf(contextOf(member), unseenSideOf(member));
}

/** Before either host was seen again, the one it waited for is the other one: that is what brought it there. */
function unseenSideOf(member: MemberView): Side {
  const { side } = stepOf(contextOf(member));
  const other = side === 'home' ? 'away' : 'home';
  return member.context.sights.fresh.includes(other) ? side : other;
}

/** What a person types to say which VM is meant: its name, or its id where a terminal must not see the name. */
export function typedName({ input }: MemberView): string {
  return input.vm === printable(input.vm) ? input.vm : input.vmId;
}

function contextOf({ context, input }: MemberView): FailbackContext {
  return { ...context, member: input };
}
