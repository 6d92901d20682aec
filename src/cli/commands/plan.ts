import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { renderFinding } from '../../plan/finding.ts';
import { loadPlan, readPlanFile } from '../../plan/load-plan.ts';
import { parsePlan } from '../../plan/parse-plan.ts';
import { writePlanTemplate } from '../../plan/plan-template.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { lookAtHosts } from '../look-at-hosts.ts';
import { showPlan } from '../show-plan.ts';
import { usageError } from '../usage.ts';

interface InitOptions {
  readonly from?: string;
  readonly name?: string;
  readonly out?: string;
  readonly force?: boolean;
}

export function addPlan(program: Command, start: Start): void {
  const plan = program.command('plan').description('write, check and show plan files');
  plan
    .command('lint')
    .description('check a plan file; touches no host (exit 0 usable, 2 not)')
    .argument('<plan>', 'plan file')
    .action((file: string, _options: unknown, command: Command) => start(command, (context) => lint(context, file)));
  plan
    .command('show')
    .description('what a plan means: hosts, order of members, settings after defaults')
    .argument('<plan>', 'plan file')
    .action((file: string, _options: unknown, command: Command) => start(command, (context) => show(context, file)));
  plan
    .command('init')
    .description('write a plan; with --from, of every VM the hosts of another plan could bring home')
    .option('--from <plan>', 'plan whose hosts are looked at; only its hosts matter')
    .option('--name <name>', 'name of the new plan')
    .option('--out <file>', 'write to a file instead of stdout')
    .option('--force', 'replace the file if it exists')
    .action((options: InitOptions, command: Command) => start(command, (context) => init(context, options)));
  plan
    .command('diff', { hidden: true })
    .argument('[plans...]')
    .action((_plans: unknown, _options: unknown, command: Command) =>
      start(command, async () => {
        throw usageError('failback plan diff comes with a later version', 'Compare the outputs of "failback plan show --json".');
      }),
    );
}

async function lint({ output }: CliContext, file: string): Promise<number> {
  const { plan, findings } = parsePlan(await readPlanFile(file), file);
  for (const finding of findings) {
    output.print(printable(renderFinding(finding)));
    output.emit({ type: 'finding', ...finding });
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  output.emit({ type: 'lint', file, errors, warnings });
  if (plan) {
    const hosts = `${plan.hosts.length} host${plan.hosts.length === 1 ? '' : 's'}`;
    const entries = `${plan.members.length} member entr${plan.members.length === 1 ? 'y' : 'ies'}`;
    output.print(
      `${printable(file)}: ${output.colors.green('valid')}, ${hosts}, ${entries}${warnings > 0 ? `, ${warnings} warnings` : ''}`,
    );
    return ExitCode.Done;
  }
  output.print(`${printable(file)}: ${output.colors.red(errors === 1 ? '1 error' : `${errors} errors`)}`);
  return ExitCode.Usage;
}

async function show({ output }: CliContext, file: string): Promise<number> {
  const plan = await loadPlan(file);
  output.emit({ type: 'plan', ...plan });
  for (const line of showPlan(plan, output.colors)) output.print(line);
  return ExitCode.Done;
}

async function init(context: CliContext, { from, name, out, force }: InitOptions): Promise<number> {
  const { output } = context;
  const plan = from === undefined ? null : await loadPlan(from);
  const inventory = plan && (await lookAtHosts(context, plan));
  for (const { failure } of inventory?.failures ?? []) output.error(failure.message, failure.remedy);
  const text = writePlanTemplate(inventory?.machines ?? [], {
    ...(name === undefined ? {} : { name }),
    ...(plan === null ? {} : { hosts: plan.hosts, home: plan.home }),
  });
  if (out === undefined) {
    if (output.json) output.emit({ type: 'plan-template', text });
    else output.write(text);
  } else {
    await save(out, text, force ?? false);
    output.print(`wrote ${printable(out)}; next: failback plan lint ${printable(out)}`);
    output.emit({ type: 'plan-template', file: out });
  }
  return inventory && inventory.failures.length > 0 ? ExitCode.Unreachable : ExitCode.Done;
}

async function save(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const message = exists
      ? `${file} exists already`
      : `${file} can not be written: ${error instanceof Error ? error.message : String(error)}`;
    throw usageError(message, exists ? 'Choose another name, or replace it with --force.' : 'Check the path and its permissions.');
  }
}
