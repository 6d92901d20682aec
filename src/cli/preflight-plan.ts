import { stepsFor } from '../../machines/strategies.ts';
import type { Intent } from '../domain/intent.ts';
import { EnabledState } from '../domain/power.ts';
import { describeReplicationState, ReplicationMode } from '../domain/replication.ts';
import type { Plan } from '../plan/plan.ts';
import { type PreflightResult, preflightMember } from '../plan/preflight-conditions.ts';
import type { ResolvedMember } from '../plan/resolved-member.ts';
import { type SelectionProblem, selectMembers } from '../plan/select-members.ts';
import type { CliContext } from './context.ts';
import { foresee } from './foresee-steps.ts';
import { type Inventory, sightOf } from './look-at-hosts.ts';
import { type CloserLook, lookCloser } from './look-closer.ts';
import { type Checked, type Prospect, preflightBySteps, settingsOf } from './preflight-pair.ts';

/** What pre-flight found for a whole plan. */
export interface Preflight {
  readonly intent: Intent;
  /** In plan order. */
  readonly members: readonly CheckedMember[];
  /** Entries of the plan that mean no machine, or not exactly one. */
  readonly problems: readonly SelectionProblem[];
  /** What could not be found out, in words; none of it blocks. */
  readonly unknown: readonly string[];
}

export interface CheckedMember {
  readonly member: ResolvedMember;
  readonly result: PreflightResult;
  /** "6 (committed)", of a pair both: "home / away". */
  readonly state: string;
  /** Null when nothing can be foretold: its copies or its strategy are not known. */
  readonly prospect: Prospect | null;
  /** Nothing is left to be done, although pre-flight would not let it start: it is where the plan wants it. */
  readonly home: boolean;
}

/** Selects the plan's members from what the hosts have and checks each. Asks hosts once more about machines that have two of them. */
export async function preflightPlan(
  context: Pick<CliContext, 'parts'>,
  plan: Plan,
  inventory: Inventory,
  intent: Intent = 'failback',
): Promise<Preflight> {
  const { members, problems } = selectMembers(plan, inventory.machines, intent);
  const closer = await lookCloser(context, plan, inventory, members);
  return {
    intent,
    problems,
    members: members.flatMap((member) => check(member, plan, inventory, closer, context.parts.now()) ?? []),
    unknown: closer.unknown,
  };
}

/** Members and entries that keep a run from starting. */
export function blockers({ members, problems }: Pick<Preflight, 'members' | 'problems'>): number {
  return (
    members.filter(({ result }) => result.verdict === 'blocked').length + problems.filter(({ severity }) => severity === 'error').length
  );
}

function check(member: ResolvedMember, plan: Plan, inventory: Inventory, closer: CloserLook, now: number): CheckedMember | null {
  const vm = seenOn(inventory, member.host, member.vmId);
  if (!vm) return null;
  const away = member.partner === null ? null : seenOn(inventory, member.partner, member.vmId);
  const checked = checkOne(member, plan, inventory, closer, now);
  if (!checked) return null;
  const { result, prospect } = checked;
  const reversed = vm.mode === ReplicationMode.Primary && member.strategy === 'provider' && member.settings.after === 'commit+reverse';
  const arrived = member.strategy === 'reverse' && result.verdict === 'already-done' && vm.power === EnabledState.Running;
  return {
    member,
    result,
    prospect,
    state: [vm, away].flatMap((one) => (one ? [stateWords(one)] : [])).join(' / '),
    home: reversed || arrived,
  };
}

function checkOne(member: ResolvedMember, plan: Plan, inventory: Inventory, closer: CloserLook, now: number): Checked | null {
  const { strategy, obstacles, why } = member;
  if (strategy === 'drill' || (strategy === 'reverse' && member.partner !== null))
    return preflightBySteps(member, plan, inventory, closer, now);
  if (strategy === 'reverse') return { result: { verdict: 'blocked', strategy, why, reasons: obstacles }, prospect: null };
  const seen = inventory.hosts.get(member.host);
  const sight = seen && sightOf(seen, member.vmId);
  if (!sight) return null;
  const result = preflightMember(member, sight.vm, sight.jobs);
  if (strategy === null || obstacles.length > 0) return { result, prospect: null };
  const settings = settingsOf(member);
  const hosts = { home: member.host, away: member.host };
  const scene = { home: sight.vm, away: null, hosts, statistics: null, test: null, jobs: { home: sight.jobs, away: [] } };
  const { steps } = foresee(stepsFor(settings, 'forth'), scene, settings);
  const done = result.verdict === 'already-done';
  const toMove = done ? { bytes: 0, words: 'nothing: its data is home' } : { bytes: null, words: 'unknown: its provider does not say' };
  return { result, prospect: { stands: `replication state ${stateWords(sight.vm)}`, steps, toMove } };
}

function seenOn({ hosts }: Inventory, host: string, vmId: string) {
  const seen = hosts.get(host);
  return (seen && sightOf(seen, vmId)?.vm) ?? null;
}

function stateWords({ replication }: { readonly replication: { readonly state: number } | null }): string {
  return replication ? describeReplicationState(replication.state) : 'not replicated';
}
