import { describeReplicationState, ReplicationMode } from '../domain/replication.ts';
import type { Plan } from '../plan/plan.ts';
import { type PreflightResult, preflightMember } from '../plan/preflight-conditions.ts';
import type { ResolvedMember } from '../plan/resolved-member.ts';
import { type SelectionProblem, selectMembers } from '../plan/select-members.ts';
import { printable } from '../report/printable.ts';
import { type Inventory, sightOf } from './look-at-hosts.ts';
import type { Colors } from './output.ts';
import { table } from './table.ts';

/** What pre-flight found for a whole plan. */
export interface Preflight {
  /** In plan order. */
  readonly members: readonly CheckedMember[];
  /** Entries of the plan that mean no machine, or not exactly one. */
  readonly problems: readonly SelectionProblem[];
}

export interface CheckedMember {
  readonly member: ResolvedMember;
  readonly result: PreflightResult;
  /** "6 (committed)" */
  readonly state: string;
  /** Nothing is left to be done, although pre-flight would not let it start: it is the primary again, as the plan wants it. */
  readonly home: boolean;
}

/** Selects the plan's members from what the hosts have and checks each. */
export function preflightPlan(plan: Plan, inventory: Inventory): Preflight {
  const { members, problems } = selectMembers(plan, inventory.machines);
  return { problems, members: members.flatMap((member) => check(member, inventory) ?? []) };
}

/** Members and entries that keep a run from starting. */
export function blockers({ members, problems }: Preflight): number {
  return (
    members.filter(({ result }) => result.verdict === 'blocked').length + problems.filter(({ severity }) => severity === 'error').length
  );
}

/** Problems in words, one line each: `plan.yaml:12:5: …`. */
export function problemLines({ problems }: Preflight, file: string, colors: Colors): readonly string[] {
  return problems.flatMap(({ severity, message, remedy, position }) => [
    `${printable(file)}:${position.line}:${position.column}: ${severity === 'error' ? colors.red('error') : colors.yellow('warning')}: ${printable(message)}`,
    `  remedy: ${printable(remedy)}`,
  ]);
}

/** A table of all members and, under it, why some are blocked. */
export function preflightLines({ members }: Preflight, colors: Colors): readonly string[] {
  if (members.length === 0) return ['no members'];
  const rows = members.map(({ member, result, state }) => [
    printable(member.vm),
    member.host,
    state,
    result.strategy ?? '-',
    result.verdict === 'blocked' ? colors.red('blocked') : colors.green(result.verdict.replaceAll('-', ' ')),
  ]);
  const blocked = members.filter(({ result }) => result.verdict === 'blocked');
  return [
    table(['vm', 'host', 'state', 'strategy', 'verdict'], rows, colors),
    ...blocked.flatMap(({ member, result }) => [
      '',
      `${colors.bold(printable(member.vm))} on ${member.host} is ${colors.red('blocked')}`,
      ...result.reasons.flatMap(({ message, remedy }) => [`  - ${printable(message)}`, `    remedy: ${printable(remedy)}`]),
    ]),
  ];
}

/** One JSON object a member and a problem, and a total at the end. */
export function preflightObjects(preflight: Preflight, file: string): readonly object[] {
  const { members, problems } = preflight;
  const count = (verdict: PreflightResult['verdict']) => members.filter(({ result }) => result.verdict === verdict).length;
  return [
    ...problems.map(({ position, ...problem }) => ({ type: 'problem', file, ...position, ...problem })),
    ...members.map(({ member: { vm, vmId, host }, result }) => ({ type: 'preflight', vm, vmId, host, ...result })),
    {
      type: 'preflight-summary',
      members: members.length,
      ready: count('ready'),
      alreadyUnderWay: count('already-under-way'),
      alreadyDone: count('already-done'),
      blocked: count('blocked'),
      problems: problems.filter(({ severity }) => severity === 'error').length,
    },
  ];
}

function check(member: ResolvedMember, { hosts }: Inventory): CheckedMember | null {
  const seen = hosts.get(member.host);
  const sight = seen && sightOf(seen, member.vmId);
  if (!seen || !sight) return null;
  const { replication } = sight.vm;
  return {
    member,
    result: preflightMember(member, sight.vm, { providerId: seen.settings.get(member.vmId)?.providerId ?? null }, sight.jobs),
    state: replication ? describeReplicationState(replication.state) : 'not replicated',
    home: sight.vm.mode === ReplicationMode.Primary && member.settings.after === 'commit+reverse',
  };
}
