import type { Command } from 'commander';
import { loadPlan } from '../../plan/load-plan.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { findingLines } from '../finding.ts';
import { checkHost, type HostCheck } from '../host-check.ts';
import { withHost } from '../look-at-hosts.ts';
import type { Output } from '../output.ts';

export function addHosts(program: Command, start: Start): void {
  const hosts = program.command('hosts').description('look at the hosts of a plan');
  hosts
    .command('check')
    .description(
      'how each host is reached and logged on to, what the account may do, what answers, which limits, and how to mend what is wrong (exit 6 when a host can not be used)',
    )
    .argument('<plan>', 'plan file')
    .action((file: string, _options: unknown, command: Command) => start(command, (context) => checkHosts(context, file)));
}

async function checkHosts(context: CliContext, file: string): Promise<number> {
  const { output } = context;
  const plan = await loadPlan(file);
  const timeoutMs = plan.defaults.timeouts.call;
  const now = context.parts.now();
  const checks = await Promise.all(plan.hosts.map((host) => checkHost(host, (work) => withHost(context, host, work), { timeoutMs, now })));
  for (const check of checks) {
    output.emit({ type: 'host', ...check });
    show(output, check);
  }
  return checks.every(({ usable }) => usable) ? ExitCode.Done : ExitCode.Unreachable;
}

function show(output: Output, { host, address, usable, findings }: HostCheck): void {
  const { colors } = output;
  output.print(`${colors.bold(host)}  ${printable(address)}  ${usable ? colors.green('usable') : colors.red('not usable')}`);
  for (const line of findings.flatMap((finding) => findingLines(finding, colors))) output.print(`  ${line}`);
}
