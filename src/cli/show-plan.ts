import { describeReplicationState } from '../domain/replication.ts';
import type { MemberSpec, Plan, PlannedSettings } from '../plan/plan.ts';
import { byteWords } from '../report/byte-words.ts';
import { durationWords } from '../report/duration-words.ts';
import { printable } from '../report/printable.ts';
import { accountWords, logOnWords, proofWords, trustWords } from './access-words.ts';
import type { Colors } from './output.ts';
import { table } from './table.ts';

/** A plan in words. Holds references to credentials, never credentials. */
export function showPlan(plan: Plan, colors: Colors): readonly string[] {
  const { retry, timeouts, startStates, after, start, stable, strategy, recoveryPoint } = plan.defaults;
  const hosts = plan.hosts.map(({ name, address, access, limits, site, cluster }) => [
    name,
    printable(`${site ?? '-'}${cluster === null ? '' : ` (cluster ${cluster})`}`),
    printable(address),
    logOnWords(access),
    printable(accountWords(access)),
    printable(proofWords(access)),
    access.auth === 'basic' && access.transport === 'wsman' && access.allowUnencrypted
      ? colors.yellow(trustWords(access))
      : trustWords(access),
    String(limits.inFlight),
  ]);
  return [
    `${colors.bold(printable(plan.name))}: at most ${plan.limits.inFlight} VMs in flight${plan.home === null ? '' : `, home is ${printable(plan.home)}`}`,
    '',
    table(['host', 'site', 'address', 'log-on', 'account', 'proof', 'trust', 'in flight'], hosts, colors, ['in flight']),
    '',
    colors.bold('members, in this order'),
    ...plan.members.map((member, n) => `  ${n + 1}. ${memberLine(member)}`),
    '',
    colors.bold('settings'),
    `  strategy ${strategy}, recovery point ${recoveryPoint === null ? 'latest' : printable(recoveryPoint)}, starts from state ${startStates.map(describeReplicationState).join(' or ')}`,
    `  up to ${retry.attempts} calls a step, ${retry.backoff} wait from ${durationWords(retry.delay)} to ${durationWords(retry.max)}`,
    `  a call may take ${durationWords(timeouts.call)}, an operation ${durationWords(timeouts.job)}, waiting for the host ${durationWords(timeouts.step)}`,
    start ? `  each VM is started where it goes and must stay up for ${durationWords(stable)}` : '  VMs are not started',
    ...probeLines(plan.defaults),
    `  after state 14: ${after}`,
    ...(plan.home === null ? [] : pairLines(plan.defaults)),
  ];
}

function probeLines({ probes, probing: { within, every } }: PlannedSettings): readonly string[] {
  if (probes.length === 0) return [];
  const what = probes.map((probe) => {
    if (probe.kind === 'tcp') return `tcp ${probe.address}`;
    if (probe.kind === 'http') return `http ${probe.url}`;
    return probe.kind === 'script' ? `script ${probe.path}` : 'heartbeat';
  });
  return [`  probed every ${durationWords(every)} for up to ${durationWords(within)}, all in one go: ${printable(what.join(', '))}`];
}

function pairLines({ reverse, rto }: PlannedSettings): readonly string[] {
  const { firstCopy, copyAt, sync, shutdown, commit, hold, unseen, giveUpExtended } = reverse;
  const final = {
    none: 'when a person approves',
    commit: 'once the VM is verified',
    rollback: 'once the VM is verified, and is taken back when it does not verify',
  }[commit];
  return [
    '  between two hosts:',
    `    first copy ${firstCopy}, ${copyAt === null ? 'at once' : `not before ${copyAt}`}`,
    `    shut down when at most ${byteWords(sync.pendingBytes)} are to be sent and a cycle takes at most ${durationWords(sync.latency)}`,
    `    a guest has ${durationWords(shutdown.within)} to shut down, ${shutdown.turnOff ? 'then its power is cut' : 'then a person is asked'}`,
    `    a failover is final ${final}${hold === 0 ? '' : ` and has run for ${durationWords(hold)}`}`,
    `    a host may be out of sight for ${durationWords(unseen)}${giveUpExtended ? '; extended replication may end' : ''}`,
    ...(rto === null ? [] : [`    a VM should not be down for more than ${durationWords(rto)}`]),
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
