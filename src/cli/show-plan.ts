import { describeReplicationState } from '../domain/replication.ts';
import type { MemberSpec, Plan } from '../plan/plan.ts';
import { durationWords } from '../report/duration-words.ts';
import { printable } from '../report/printable.ts';
import type { Colors } from './output.ts';
import { table } from './table.ts';

/** A plan in words. Holds references to credentials, never credentials. */
export function showPlan(plan: Plan, colors: Colors): readonly string[] {
  const { retry, timeouts, startStates, after, start, stable, strategy, recoveryPoint } = plan.defaults;
  const hosts = plan.hosts.map(({ name, address, credentials, limits, tls, allowUnencrypted }) => [
    name,
    printable(address),
    printable(credentials.username),
    printable(credentials.password),
    allowUnencrypted
      ? colors.yellow('unencrypted allowed')
      : tls.fingerprint
        ? 'pinned certificate'
        : tls.caFile
          ? 'own authorities'
          : 'system authorities',
    String(limits.inFlight),
  ]);
  return [
    `${colors.bold(printable(plan.name))}: at most ${plan.limits.inFlight} VMs in flight`,
    '',
    table(['host', 'address', 'account', 'password', 'trust', 'in flight'], hosts, colors, ['in flight']),
    '',
    colors.bold('members, in this order'),
    ...plan.members.map((member, n) => `  ${n + 1}. ${memberLine(member)}`),
    '',
    colors.bold('settings'),
    `  strategy ${strategy}, recovery point ${recoveryPoint === null ? 'latest' : printable(recoveryPoint)}, starts from state ${startStates.map(describeReplicationState).join(' or ')}`,
    `  up to ${retry.attempts} calls a step, ${retry.backoff} wait from ${durationWords(retry.delay)} to ${durationWords(retry.max)}`,
    `  a call may take ${durationWords(timeouts.call)}, an operation ${durationWords(timeouts.job)}, waiting for the host ${durationWords(timeouts.step)}`,
    start ? `  each VM is started at home and must stay up for ${durationWords(stable)}` : '  VMs are not started',
    `  after state 14: ${after}`,
  ];
}

function memberLine(member: MemberSpec): string {
  const on = member.on === null ? '' : ` on ${member.on}`;
  if (member.kind === 'match') {
    const except = member.except.length === 0 ? '' : ` except ${member.except.map(printable).join(', ')}`;
    return `every VM that matches ${printable(member.match)}${on}${except}`;
  }
  const id = member.id === null ? '' : ` (${member.id})`;
  const own = Object.keys(member.overrides);
  return `${printable(member.vm)}${id}${on}${own.length === 0 ? '' : `, own ${own.join(', ')}`}`;
}
