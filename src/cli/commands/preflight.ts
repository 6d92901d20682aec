import type { Command } from 'commander';
import type { Intent } from '../../domain/intent.ts';
import { loadPlan } from '../../plan/load-plan.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { intentOption } from '../intent-option.ts';
import { lookAtHosts, requireAllHosts } from '../look-at-hosts.ts';
import { blockers, preflightPlan } from '../preflight-plan.ts';
import { preflightLines, preflightObjects, problemLines, prospectLines } from '../show-preflight.ts';

export function addPreflight(program: Command, start: Start): void {
  program
    .command('preflight')
    .description('can every VM of a plan start? what would be done, which one not, why, and what to do (exit 5 when some are blocked)')
    .argument('<plan>', 'plan file')
    .addOption(intentOption())
    .action((file: string, { intent }: { readonly intent: Intent }, command: Command) =>
      start(command, (context) => preflight(context, file, intent)),
    );
}

async function preflight(context: CliContext, file: string, intent: Intent): Promise<number> {
  const { output } = context;
  const plan = await loadPlan(file);
  const inventory = await lookAtHosts(context, plan);
  requireAllHosts(inventory);
  const result = await preflightPlan(context, plan, inventory, intent);
  for (const object of preflightObjects(result, file)) output.emit(object);
  for (const line of problemLines(result, file, output.colors)) output.print(line);
  for (const line of preflightLines(result, output.colors)) output.print(line);
  output.print();
  for (const line of prospectLines(result, output.colors)) output.print(line);
  const blocked = blockers(result);
  output.print();
  output.print(
    blocked === 0
      ? output.colors.green('nothing blocks a run')
      : output.colors.red(`${blocked} blocked: a run is refused unless --skip-blocked`),
  );
  return blocked === 0 ? ExitCode.Done : ExitCode.Blocked;
}
