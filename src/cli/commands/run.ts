import type { Command } from 'commander';
import type { Start } from '../context.ts';
import { intentOption } from '../intent-option.ts';
import type { RunPlanOptions } from '../run-options.ts';
import { runPlan } from '../run-plan.ts';

export function addRun(program: Command, start: Start): void {
  program
    .command('run')
    .description('bring the VMs of a plan home; the same command again resumes the run')
    .argument('<plan>', 'plan file')
    .addOption(intentOption())
    .option('--dry-run', 'say what would be done, step by step; starts nothing')
    .option('--detach', 'leave the work to other workers (failback worker) and return at once')
    .option('-y, --yes', 'do not ask')
    .option('--name <name>', 'name of the run (default: plan name and time)')
    .option('--skip-blocked', 'start the others when pre-flight blocks some')
    .option('--unsafe-redis', 'use a Redis that may forget runs (labs only)')
    .action((file: string, options: Omit<RunPlanOptions, 'adopt'>, command: Command) =>
      start(command, (context) => runPlan(context, file, { ...options, adopt: false })),
    );
}
