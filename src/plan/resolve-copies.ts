import type { Intent } from '../domain/intent.ts';
import { chooseStrategy } from './choose-strategy.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import { pairCopies, replicaAmong } from './pair-copies.ts';
import type { Plan, PlannedSettings } from './plan.ts';
import type { PreflightReason } from './preflight-conditions.ts';
import type { ResolvedMember } from './resolved-member.ts';

/** What the copies of one machine mean for a run. */
export type Resolution = Pick<ResolvedMember, 'host' | 'partner' | 'strategy' | 'why' | 'obstacles'> & {
  /** Copies of which the plan's entry must say which one it means; empty when there is no doubt. */
  readonly doubtful: readonly InventoryVm[];
};

/**
 * Chooses strategy and hosts of one machine.
 * @param copies all copies on hosts of the plan, whichever its entry means
 * @param meant those its entry means; at least one
 */
export function resolveCopies(
  { copies, meant }: { readonly copies: readonly InventoryVm[]; readonly meant: readonly InventoryVm[] },
  plan: Pick<Plan, 'home' | 'hosts'>,
  settings: Pick<PlannedSettings, 'strategy' | 'reverse' | 'start'>,
  intent: Intent,
): Resolution {
  const somewhere = meant[0]?.host ?? '';
  const one = { partner: null, obstacles: [], doubtful: [] } as const;
  if (intent === 'drill') {
    const replica = replicaAmong(copies);
    const why = ['a drill makes a test replica beside the replica'];
    if ('code' in replica) return { ...one, host: somewhere, strategy: 'drill', why, obstacles: [replica] };
    return { ...one, host: replica.host, strategy: 'drill', why };
  }
  const choice = chooseStrategy(settings.strategy, copies);
  const why = [choice.why];
  if (intent === 'planned-failover' && choice.strategy !== 'reverse')
    return { ...one, host: somewhere, strategy: choice.strategy, why, obstacles: [notBetweenHosts()] };
  if (choice.strategy !== 'reverse') {
    const recovery = meant.filter(isRecoverySide);
    const candidates = recovery.length > 0 ? recovery : meant;
    const obstacles = choice.strategy === null ? [providerUnknown()] : [];
    return {
      ...one,
      host: candidates[0]?.host ?? '',
      strategy: choice.strategy,
      why,
      obstacles,
      doubtful: candidates.length > 1 ? candidates : [],
    };
  }
  if (!settings.start) return { ...one, host: somewhere, strategy: 'reverse', why, obstacles: [notStarted()] };
  const { home, away, obstacles } = pairCopies(copies, plan, settings.reverse.giveUpExtended);
  if (!home) return { ...one, host: somewhere, strategy: 'reverse', why, obstacles };
  const [target, source] = intent === 'failback' ? [home, away] : [away, home];
  return { ...one, host: target.host, partner: source.host, strategy: 'reverse', why };
}

function notBetweenHosts(): PreflightReason {
  return {
    code: 'provider',
    message:
      'a planned failover goes from one Hyper-V host to another, and this machine is not known to be replicated by the in-box provider',
    remedy: 'Take it out of this plan, or write strategy: reverse if the provider could not be read although it is the in-box one.',
  };
}

/** Its failover becomes final by a reversal nothing can take back, and that is not done to a machine nobody has seen working. */
function notStarted(): PreflightReason {
  return {
    code: 'start',
    message:
      'the plan says start: false, but between two Hyper-V hosts a machine is shut down, failed over and started: its failover becomes final only once it was seen running',
    remedy:
      'Write start: true for this machine; with after: { reverse: none } a person approves before its failover becomes final. Or take it out of this plan.',
  };
}

function providerUnknown(): PreflightReason {
  return {
    code: 'provider',
    message: 'the replication provider could not be read, so no strategy can be chosen',
    remedy: 'Check the rights of the account on this host, or write strategy: provider or strategy: reverse into the plan.',
  };
}
