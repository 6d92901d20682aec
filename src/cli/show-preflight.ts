import type { PreflightResult } from '../plan/preflight-conditions.ts';
import { printable } from '../report/printable.ts';
import type { ForeseenStep } from './foresee-steps.ts';
import type { Colors } from './output.ts';
import type { CheckedMember, Preflight } from './preflight-plan.ts';
import { table } from './table.ts';

/** Problems in words, one line each: `plan.yaml:12:5: …`; what could not be found out follows. */
export function problemLines({ problems, unknown }: Preflight, file: string, colors: Colors): readonly string[] {
  return [
    ...problems.flatMap(({ severity, message, remedy, position }) => [
      `${printable(file)}:${position.line}:${position.column}: ${severity === 'error' ? colors.red('error') : colors.yellow('warning')}: ${printable(message)}`,
      `  remedy: ${printable(remedy)}`,
    ]),
    ...unknown.map((message) => `${colors.yellow('not known')}: ${printable(message)}`),
  ];
}

/** A table of all members and, under it, why some are blocked. */
export function preflightLines({ members }: Pick<Preflight, 'members'>, colors: Colors): readonly string[] {
  if (members.length === 0) return ['no members'];
  const rows = members.map(({ member, result, state }) => [
    printable(member.vm),
    hostsOf(member),
    state,
    result.strategy ?? '-',
    result.verdict === 'blocked' ? colors.red('blocked') : colors.green(result.verdict.replaceAll('-', ' ')),
  ]);
  const blocked = members.filter(({ result }) => result.verdict === 'blocked');
  return [
    table(['vm', 'host', 'state', 'strategy', 'verdict'], rows, colors),
    ...blocked.flatMap(({ member, result, prospect }) => [
      '',
      `${colors.bold(printable(member.vm))} on ${hostsOf(member)} is ${colors.red('blocked')}`,
      ...(prospect && member.partner !== null ? [`  ${printable(prospect.stands)}`] : []),
      ...result.reasons.flatMap(({ message, remedy }) => [`  - ${printable(message)}`, `    remedy: ${printable(remedy)}`]),
    ]),
  ];
}

/** What a run would do about every member that may start: how it stands, its steps, what is to be sent; then what the steps call. */
export function prospectLines({ members }: Pick<Preflight, 'members'>, colors: Colors): readonly string[] {
  const shown = members.flatMap(({ member, result, prospect }) =>
    result.verdict === 'blocked' || !prospect ? [] : [{ member, result, prospect, isPair: member.partner !== null }],
  );
  const lines = shown.flatMap(({ member, result, prospect: { stands, steps, toMove }, isPair }) => {
    const done = steps.filter(({ does, effect }) => does === 'skip' && effect !== null);
    const todo = todoOf(steps);
    return [
      `${colors.bold(printable(member.vm))}: ${todo.length === 0 ? 'nothing left to do' : todo.join(', ')}`,
      ...(isPair ? [`  stands   ${printable(stands)}`] : []),
      ...(isPair ? result.why : member.why).map((why) => `  why      ${printable(why)}`),
      ...(isPair && done.length > 0 ? [`  skipped  ${done.map(({ name }) => name).join(', ')}`] : []),
      ...(isPair ? [`  to move  ${printable(toMove.words)}`] : []),
    ];
  });
  const calls = new Map(
    shown.flatMap(({ prospect }) => prospect.steps.filter(({ does }) => does === 'do').map((step) => [step.label, step])),
  );
  if (calls.size === 0) return lines;
  const rows = [...calls.values()].map(({ name, label, cmdlet }) => [name, label, cmdlet ?? '-']);
  return [...lines, '', table(['step', 'call', 'by hand'], rows, colors)];
}

/** Names of steps to come, in order; what somebody has started is only watched. */
function todoOf(steps: readonly ForeseenStep[]): readonly string[] {
  const open = steps.filter(({ does, effect }) => does === 'do' || (does === 'watch' && effect !== null));
  if (open.length === 0) return [];
  return steps.flatMap(({ name, does, effect }) =>
    does === 'skip' ? [] : [does === 'watch' && effect !== null ? `${name} (under way)` : name],
  );
}

function hostsOf({ host, partner }: CheckedMember['member']): string {
  return partner === null ? host : `${partner} → ${host}`;
}

/** One JSON object a member and a problem, and a total at the end. */
export function preflightObjects(preflight: Preflight, file: string): readonly object[] {
  const { intent, members, problems, unknown } = preflight;
  const count = (verdict: PreflightResult['verdict']) => members.filter(({ result }) => result.verdict === verdict).length;
  return [
    ...problems.map(({ position, ...problem }) => ({ type: 'problem', file, ...position, ...problem })),
    ...members.map(({ member: { vm, vmId, host, partner }, result, prospect }) => ({
      type: 'preflight',
      vm,
      vmId,
      host,
      partner,
      ...result,
      stands: prospect?.stands ?? null,
      steps: prospect?.steps ?? [],
      pendingBytes: prospect?.toMove.bytes ?? null,
      toMove: prospect?.toMove.words ?? null,
    })),
    {
      type: 'preflight-summary',
      intent,
      members: members.length,
      ready: count('ready'),
      alreadyUnderWay: count('already-under-way'),
      alreadyDone: count('already-done'),
      blocked: count('blocked'),
      problems: problems.filter(({ severity }) => severity === 'error').length,
      unknown,
    },
  ];
}
