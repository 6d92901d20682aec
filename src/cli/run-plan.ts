import { loadPlan } from '../plan/load-plan.ts';
import { printable } from '../report/printable.ts';
import type { RunId } from '../runtime/keys.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { quoteArgument } from './quote-argument.ts';
import { type FoundRedis, findRedis, requireSafeRedis, withRedisAt } from './redis-session.ts';
import { checkRunName } from './run-name.ts';
import type { RunPlanOptions } from './run-options.ts';
import { serveAndFollow } from './serve-and-follow.ts';
import { startRun } from './start-run.ts';
import { findUnfinishedRun } from './unfinished-run.ts';

/** Starts a run of a plan, or goes on with the one that is unfinished, and follows it. */
export async function runPlan(context: CliContext, file: string, options: RunPlanOptions): Promise<number> {
  const { output } = context;
  const name = options.name === undefined ? undefined : checkRunName(options.name);
  const plan = await loadPlan(file);
  const found = await findRedis(context, true);
  const unfinished = await withRedisAt(found, async (session) => {
    await requireSafeRedis(context, session.redis, options.unsafeRedis ?? false);
    return findUnfinishedRun(session, plan.name, name);
  });
  if (unfinished !== null && options.dryRun) {
    output.print(`would go on with run ${unfinished}, which is not finished: failback status ${unfinished}`);
    output.emit({ type: 'run', run: unfinished, plan: plan.name, resumed: true, dryRun: true });
    return ExitCode.Done;
  }
  const run = unfinished ?? (await startRun(context, { file, plan, found, name, options }));
  if (typeof run === 'number') return run;
  output.emit({ type: 'run', run, plan: plan.name, resumed: unfinished !== null, detached: options.detach ?? false });
  if (unfinished !== null) output.say(`run ${run} of this plan is not finished: going on with it`);
  if (options.detach) return sayDetached(context, found, run);
  const resumeWith = options.resumeWith ?? `failback run ${quoteArgument(printable(file))}`;
  return serveAndFollow(context, found, { run, from: unfinished === null ? 'beginning' : 'now', resumeWith });
}

async function sayDetached(context: CliContext, found: FoundRedis, run: RunId): Promise<number> {
  const { output } = context;
  output.print(`${run}: started; follow it: failback watch ${run}`);
  const workers = await withRedisAt(found, ({ presence }) => presence.alive());
  if (workers.length === 0) output.say('nothing moves until a worker runs: failback worker');
  return ExitCode.Done;
}
