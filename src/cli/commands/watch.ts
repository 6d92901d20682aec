import type { Command } from 'commander';
import type { CliContext, Start } from '../context.ts';
import { findRun } from '../find-run.ts';
import { followToEnd } from '../follow/follow-to-end.ts';
import { LastingSession } from '../follow/lasting-session.ts';
import { findRedis, withRedisAt } from '../redis-session.ts';

export function addWatch(program: Command, start: Start): void {
  program
    .command('watch')
    .description('follow a run until nothing moves any more; stopping it stops nothing else')
    .argument('<run>', 'name of the run, the beginning of it, or "latest"')
    .action((run: string, _options: unknown, command: Command) => start(command, (context) => watch(context, run)));
}

async function watch(context: CliContext, wanted: string): Promise<number> {
  const found = await findRedis(context);
  const run = await withRedisAt(found, ({ views }) => findRun(views, wanted));
  const session = new LastingSession(context.output, found);
  try {
    const end = await followToEnd(context, { session, found, run, from: 'now', troublesAreLogged: false });
    if (end.end === 'interrupted')
      context.output.say(`stopped watching; the run goes on where workers serve it. Look again: ${context.command('watch', run)}`);
    return end.exitCode;
  } finally {
    await session.close();
  }
}
