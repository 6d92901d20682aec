import type { MemberSettings as LifecycleSettings } from '../domain/member.ts';
import type { MemberSettings } from '../plan/plan.ts';
import type { ResolvedMember } from '../plan/resolved-member.ts';
import type { NewMember } from '../runtime/create-run.ts';

/** A selected machine as a member of a run. */
export function newMemberOf({ vm, vmId, host, settings }: ResolvedMember): NewMember {
  return { vm, vmId, host, settings: lifecycleSettings(settings) };
}

function lifecycleSettings({ recoveryPoint, retry, timeouts, after, startStates, start, verify }: MemberSettings): LifecycleSettings {
  const { attempts, backoff, delayMs, maxMs, jitter } = retry;
  const { callMs, jobMs, stepMs, doubtMs, settleMs } = timeouts;
  return {
    // Pre-flight lets nothing else pass.
    strategy: 'provider',
    recoveryPoint,
    retry: { attempts, backoff, delay: delayMs, max: maxMs, jitter },
    timeouts: { call: callMs, job: jobMs, step: stepMs, doubt: doubtMs, settle: settleMs },
    after,
    startStates,
    start,
    stable: verify.stableMs,
  };
}
