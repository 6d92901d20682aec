import type { ResolvedMember } from '../plan/resolved-member.ts';
import type { NewMember } from '../runtime/create-run.ts';
import { settingsOf } from './preflight-pair.ts';

/** A selected machine as a member of a run. What only the plan needs to know is left out. */
export function newMemberOf(member: ResolvedMember): NewMember {
  const { vm, vmId, host, partner } = member;
  return { vm, vmId, host, partner, settings: settingsOf(member) };
}
