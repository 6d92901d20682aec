import type { Command } from 'commander';
import { toFailure } from '../../domain/failure.ts';
import { loadPlan } from '../../plan/load-plan.ts';
import type { PlanHost } from '../../plan/plan.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { type Finding, findingLines } from '../finding.ts';
import { checkHost, type HostCheck } from '../host-check.ts';
import { withHost } from '../look-at-hosts.ts';
import type { Output } from '../output.ts';

export function addHosts(program: Command, start: Start): void {
  const hosts = program.command('hosts').description('look at the hosts of a plan');
  hosts
    .command('check')
    .description('can we log on, what answers, what may the account see, is replication served (exit 6 when a host can not be used)')
    .argument('<plan>', 'plan file')
    .action((file: string, _options: unknown, command: Command) => start(command, (context) => checkHosts(context, file)));
}

async function checkHosts(context: CliContext, file: string): Promise<number> {
  const { output } = context;
  const plan = await loadPlan(file);
  const checks = await Promise.all(plan.hosts.map((host) => checkOne(context, host, plan.defaults.timeouts.call)));
  for (const check of checks) {
    output.emit({ type: 'host', ...check });
    show(output, check);
  }
  return checks.every(({ usable }) => usable) ? ExitCode.Done : ExitCode.Unreachable;
}

async function checkOne(context: CliContext, host: PlanHost, timeoutMs: number): Promise<HostCheck> {
  try {
    return await withHost(context, host, (connected) => checkHost(host, connected, timeoutMs));
  } catch (error) {
    const { message, remedy } = toFailure(error);
    const finding: Finding = { severity: 'error', message, ...(remedy === undefined ? {} : { remedy }) };
    return { host: host.name, address: host.address, usable: false, identity: null, machines: null, findings: [finding] };
  }
}

function show(output: Output, { host, address, usable, findings }: HostCheck): void {
  const { colors } = output;
  output.print(`${colors.bold(host)}  ${printable(address)}  ${usable ? colors.green('usable') : colors.red('not usable')}`);
  for (const line of findings.flatMap((finding) => findingLines(finding, colors))) output.print(`  ${line}`);
}
