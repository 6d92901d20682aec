import type { Command } from 'commander';
import type { Start } from '../context.ts';
import { intentOption } from '../intent-option.ts';
import type { RunPlanOptions } from '../run-options.ts';
import { runPlan } from '../run-plan.ts';

export function addAdopt(program: Command, start: Start): void {
  program
    .command('adopt')
    .description('rebuild a run from what the hosts say: Redis was lost, or somebody started failbacks by hand')
    .argument('<plan>', 'plan file')
    .addOption(intentOption())
    .option('--detach', 'leave the work to other workers (failback worker) and return at once')
    .option('-y, --yes', 'do not ask')
    .option('--name <name>', 'name of the run (default: plan name and time)')
    .option('--unsafe-redis', 'use a Redis that may forget runs (labs only)')
    .action((file: string, options: Omit<RunPlanOptions, 'adopt'>, command: Command) =>
      start(command, (context) => runPlan(context, file, { ...options, adopt: true })),
    );
}
