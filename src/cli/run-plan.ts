import { FailbackError } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import { loadPlan } from '../plan/load-plan.ts';
import { printable } from '../report/printable.ts';
import type { RunId } from '../runtime/keys.ts';
import type { RunRecord } from '../runtime/run-record.ts';
import type { CommandHint } from './command-hint.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { standstillOf } from './follow/standstill.ts';
import { membersIn } from './members-in.ts';
import { type FoundRedis, findRedis, requireSafeRedis, withRedisAt } from './redis-session.ts';
import { checkRunName } from './run-name.ts';
import type { RunPlanOptions } from './run-options.ts';
import { serveAndFollow } from './serve-and-follow.ts';
import { type NewRunRequest, startRun } from './start-run.ts';
import { findUnfinishedRun } from './unfinished-run.ts';
import { ACTIONABLE, waysOn } from './ways-on.ts';

/** Null when somebody else has started a run of the same plan meanwhile. @throws the error when it means anything else */
async function overtakenBy(found: FoundRedis, { plan, name }: NewRunRequest, error: unknown): Promise<null> {
  if (!(error instanceof FailbackError) || error.code !== 'run.active' || name !== undefined) throw error;
  const holder = String(error.details?.run);
  const record = await withRedisAt(found, ({ views }) => views.run(holder)).catch(() => null);
  if (record?.record.plan !== plan.name || record.state === 'finished') throw error;
  return null;
}

/** A run goes on with what it was started for. @throws FailbackError `run.active` when it is for something else */
function requireIntent({ run, intent: begun = 'failback' }: RunRecord, wanted: Intent, command: CommandHint): void {
  if (begun === wanted) return;
  throw new FailbackError({
    class: 'permanent',
    code: 'run.active',
    message: `run ${run} of this plan is not finished, and it is a ${begun}, not a ${wanted}`,
    remedy: `Follow it: ${command('watch', run)}, or end it first: ${command('cancel', run)}`,
    details: { run },
  });
}

/** Starts a run of a plan, or goes on with the one that is unfinished, and follows it. */
export async function runPlan(context: CliContext, file: string, options: RunPlanOptions): Promise<number> {
  const { output } = context;
  const name = options.name === undefined ? undefined : checkRunName(options.name);
  const plan = await loadPlan(file);
  const found = await findRedis(context, true);
  const { intent = 'failback' } = options;
  const purpose = intent === 'failback' ? [] : ['--intent', intent];
  const again = (...words: readonly string[]) => context.command('run', printable(file), ...purpose, ...words);
  const unfinished = await withRedisAt(found, async (session) => {
    await requireSafeRedis(context, session.redis, options.unsafeRedis ?? false);
    const run = await findUnfinishedRun(session, plan.name, name, { again, command: context.command });
    if (run !== null) requireIntent((await session.views.run(run)).record, intent, context.command);
    return run;
  });
  if (unfinished !== null && options.dryRun) {
    output.print(`would go on with run ${unfinished}, which is not finished: ${context.command('status', unfinished)}`);
    output.emit({ type: 'run', run: unfinished, plan: plan.name, resumed: true, dryRun: true });
    return ExitCode.Done;
  }
  const request = { file, plan, found, name, options };
  const run = unfinished ?? (await startRun(context, request).catch((error: unknown) => overtakenBy(found, request, error)));
  if (run === null) return runPlan(context, file, options);
  if (typeof run === 'number') return run;
  output.emit({ type: 'run', run, plan: plan.name, resumed: unfinished !== null, detached: options.detach ?? false });
  if (options.detach) return sayDetached(context, found, run, unfinished === null ? 'started' : 'is running already');
  if (unfinished !== null) output.say(`run ${run} of this plan is not finished: going on with it`);
  return serveAndFollow(context, found, {
    run,
    from: unfinished === null ? 'beginning' : 'now',
    resumeWith: options.resumeWith ?? again(),
  });
}

/** Says how a run that is left to others stands, and what to do next. */
async function sayDetached(context: CliContext, found: FoundRedis, run: RunId, what: string): Promise<number> {
  const { output, command } = context;
  return withRedisAt(found, async ({ views, presence }) => {
    const view = await views.run(run);
    const standstill = standstillOf(view);
    const waits = standstill === 'people' || view.state === 'paused';
    if (waits) output.print(`${run}: is there already and ${view.state === 'paused' ? 'paused' : 'waits for a person'}`);
    else output.print(`${run}: ${what}; follow it: ${command('watch', run)}`);
    for (const line of waysOn(view, await membersIn(views, run, ACTIONABLE), command, output.sideColors)) output.say(line);
    if (standstill === null && (await presence.serving(run)).length === 0)
      output.say(`nothing moves until a worker runs: ${command('worker')}`);
    return ExitCode.Done;
  });
}
