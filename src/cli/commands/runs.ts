import type { Command } from 'commander';
import { durationWords } from '../../report/duration-words.ts';
import { printable } from '../../report/printable.ts';
import type { RunView } from '../../runtime/run-view.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { isUnknownRun } from '../is-unknown-run.ts';
import { withRedis } from '../redis-session.ts';
import { runStateWords } from '../run-state-words.ts';
import { table } from '../table.ts';
import { wholeNumber } from '../usage.ts';

export function addRuns(program: Command, start: Start): void {
  program
    .command('runs')
    .description('list runs, newest first')
    .option('--limit <n>', 'at most so many', wholeNumber(1, 100_000), 20)
    .action(({ limit }: { limit: number }, command: Command) => start(command, (context) => listRuns(context, limit)));
}

async function listRuns(context: CliContext, limit: number): Promise<number> {
  const { output, parts } = context;
  return withRedis(context, async ({ views }) => {
    const runs = await views.list();
    const rows: string[][] = [];
    for (const run of runs.slice(0, limit)) {
      const view = await views.run(run).catch((error: unknown) => {
        // Redis lost the run's records but not its name.
        if (isUnknownRun(error)) return null;
        throw error;
      });
      output.emit({ type: 'run', ...(view ? runObject(view) : { run, state: 'gone' }) });
      rows.push(view ? rowOf(view, parts.now()) : [run, '', 'records are gone', '', '', '', '']);
    }
    if (runs.length === 0) output.print(`no runs yet; start one with: ${context.command('run', 'PLAN')}`);
    else
      output.print(
        table(['run', 'plan', 'state', 'members', 'done', 'trouble', 'started'], rows, output.colors, ['members', 'done', 'trouble']),
      );
    if (runs.length > limit) output.print(`… and ${runs.length - limit} older ones (--limit)`);
    return ExitCode.Done;
  });
}

function runObject({ record, state, counts, calls }: RunView): object {
  const { run, plan, members, createdAt, adopt } = record;
  return { run, plan, state, members, counts, calls, adopt, startedAt: new Date(createdAt).toISOString() };
}

function rowOf(view: RunView, now: number): string[] {
  const { record, counts } = view;
  return [
    record.run,
    printable(record.plan),
    runStateWords(view),
    String(record.members),
    String(counts.completed),
    String(counts.attention + counts.failed + counts.quarantined),
    `${durationWords(now - record.createdAt)} ago`,
  ];
}
