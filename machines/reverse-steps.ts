import type { MemberSettings } from '../src/domain/member.ts';
import { DATA_STEPS } from './data-steps.ts';
import { FAILOVER_STEPS, protect } from './failover-steps.ts';
import type { Step } from './step.ts';
import { trial } from './verification-steps.ts';

/** The steps of strategy `reverse` for these settings, in order: the way home between two Hyper-V hosts. */
export function reverseSteps(settings: MemberSettings): readonly Step[] {
  const approved: Step = { ...protect, approval: settings.reverse.commit === 'none' };
  return [...DATA_STEPS, ...FAILOVER_STEPS, ...trial(settings), approved];
}
