import type { Command } from 'commander';
import type { RunId } from '../../runtime/keys.ts';
import { cancelMeanings } from '../cancel-meaning.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { findRun } from '../find-run.ts';
import { lastTransitionAt } from '../follow/journal-feed.ts';
import { loadModel } from '../follow/load-model.ts';
import { hostTroubles } from '../host-troubles.ts';
import { membersIn } from '../members-in.ts';
import { type RedisSession, withRedis } from '../redis-session.ts';
import { type RunStatus, statusLines, statusObject } from '../status-view.ts';
import { ACTIONABLE } from '../ways-on.ts';

export function addStatus(program: Command, start: Start): void {
  program
    .command('status')
    .description('how a run stands, on one screen: counts, hosts, and who needs you with the commands to press')
    .argument('[run]', 'name of the run, the beginning of it, or "latest"', 'latest')
    .action((run: string, _options: unknown, command: Command) => start(command, (context) => showStatus(context, run)));
}

async function showStatus(context: CliContext, wanted: string): Promise<number> {
  const { output, parts } = context;
  return withRedis(context, async (session) => {
    const status = await readStatus(session, await findRun(session.views, wanted));
    output.emit(statusObject(status));
    for (const line of statusLines(status, parts.now(), context.command, output.colors)) output.print(line);
    return ExitCode.Done;
  });
}

async function readStatus(session: RedisSession, run: RunId): Promise<RunStatus> {
  const { views, presence, redis, runtime } = session;
  const workers = await presence.serving(run);
  const view = await views.run(run);
  const troubled = await membersIn(views, run, ACTIONABLE);
  const working = await membersIn(views, run, ['working']);
  const ids = [...troubled, ...working].map(({ id }) => id);
  return {
    view,
    model: await loadModel(session, run),
    troubled,
    working,
    cancels: await cancelMeanings(runtime, run, ids),
    workers,
    hostTroubles: await hostTroubles(session, view, workers),
    lastAt: await lastTransitionAt(redis, runtime.keys, run),
  };
}
