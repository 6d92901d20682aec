import type { ResolvedMember } from '../plan/resolved-member.ts';
import type { NewMember } from '../runtime/create-run.ts';

/** A selected machine as a member of a run. What only the plan needs to know is left out. */
export function newMemberOf({ vm, vmId, host, settings: { critical: _, ...settings } }: ResolvedMember): NewMember {
  // Pre-flight lets no other strategy pass.
  return { vm, vmId, host, partner: null, settings: { ...settings, strategy: 'provider' } };
}
