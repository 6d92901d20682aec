import { cp } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { unwritable } from '../../domain/failure.ts';
import { loadPlan } from '../../plan/load-plan.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { findingLines } from '../finding.ts';
import { checkHost, type HostCheck } from '../host-check.ts';
import { withHost } from '../look-at-hosts.ts';
import type { Output } from '../output.ts';

const ENDPOINT = fileURLToPath(new URL('../../hyperv/powershell/Failback', import.meta.url));

export function addHosts(program: Command, start: Start): void {
  const hosts = program.command('hosts').description('look at the hosts of a plan');
  hosts
    .command('check')
    .description(
      'how each host is reached and logged on to, what the account may do, what answers, which limits, and how to mend what is wrong (exit 6 when a host can not be used)',
    )
    .argument('<plan>', 'plan file')
    .action((file: string, _options: unknown, command: Command) => start(command, (context) => checkHosts(context, file)));
  hosts
    .command('endpoint')
    .description('write the PowerShell module that makes an endpoint of a host (JEA), by which failback needs no administrator there')
    .argument('<directory>', 'folder to put its folder "Failback" into')
    .action((directory: string, _options: unknown, command: Command) => start(command, (context) => writeEndpoint(context, directory)));
}

async function writeEndpoint({ output }: CliContext, directory: string): Promise<number> {
  const folder = resolve(directory, 'Failback');
  try {
    await cp(ENDPOINT, folder, { recursive: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  output.emit({ type: 'endpoint', folder });
  output.print(`${printable(folder)} is the module for the hosts.`);
  output.print('On each host, as administrator, in Windows PowerShell 5.1, in a copy of this folder:');
  output.print("  .\\Register-FailbackEndpoint.ps1 -Group 'CONTOSO\\DR Operators'");
  output.print('In the plan, for each host: transport: powershell, and powershell: { configurationName: Failback }');
  return ExitCode.Done;
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
