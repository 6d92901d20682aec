import type { MemberSettings } from '../src/domain/member.ts';
import { DATA_STEPS } from './data-steps.ts';
import { FAILOVER_STEPS, protect } from './failover-steps.ts';
import { blocked, pairOf, type Step } from './step.ts';
import { trial } from './verification-steps.ts';

/** The steps of strategy `reverse` for these settings, in order: the way home between two Hyper-V hosts. */
export function reverseSteps(settings: MemberSettings): readonly Step[] {
  const approved: Step = { ...protect, approval: settings.reverse.commit === 'none' };
  return [...DATA_STEPS, ...FAILOVER_STEPS, ...trial(settings), approved].map(keepingThirdSite);
}

/** A relationship with a third host ends when replication is turned towards home: not without the plan's word, and said before the first call. */
function keepingThirdSite(step: Step): Step {
  if (step.looksAt !== 'both' || step.effect === null || step.name === 'start') return step;
  return {
    ...step,
    readiness(look, settings) {
      const { home, away } = pairOf(look);
      const readiness = step.readiness(look, settings);
      if (readiness.is === 'blocked' || settings.reverse.giveUpExtended || !(home.extended || away.extended)) return readiness;
      return blocked(
        `the copy on ${look.hosts[away.extended ? 'away' : 'home']} replicates to a third host too (extended replication), and a VM has one outgoing relationship: on the way to ${look.hosts.home} that one is given up`,
        'Permit it in the plan (reverse.giveUpExtended: true) and set the third host up again afterwards, or remove the extended relationship by hand (Remove-VMReplication) and retry.',
      );
    },
  };
}
