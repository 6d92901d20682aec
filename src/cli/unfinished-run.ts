import { FailbackError } from '../domain/failure.ts';
import type { RunId } from '../runtime/keys.ts';
import type { CommandHint } from './command-hint.ts';
import { isUnknownRun } from './is-unknown-run.ts';
import type { RedisSession } from './redis-session.ts';

export interface Hints {
  /** The present command with other options. */
  readonly again: CommandHint;
  readonly command: CommandHint;
}

/**
 * The run that "run PLAN" goes on with: the one named, or the only unfinished one of the plan. Null: a new one is wanted.
 * @param name value of `--name`
 * @throws FailbackError `run.active` when the name belongs to a finished run or another plan, or when another run of the plan is
 *   unfinished; `run.ambiguous` when several are
 */
export async function findUnfinishedRun(
  { redis, runtime, views }: RedisSession,
  plan: string,
  name: string | undefined,
  { again, command }: Hints,
): Promise<RunId | null> {
  const stateOf = async (run: RunId) => {
    try {
      const { record, state } = await views.run(run);
      return { run, plan: record.plan, finished: state === 'finished' };
    } catch (error) {
      if (isUnknownRun(error)) return null;
      throw error;
    }
  };
  if (name !== undefined) {
    const named = await stateOf(name);
    if (named && !named.finished && named.plan === plan) return name;
    if (named)
      throw active(
        `there is a ${named.finished ? 'finished ' : ''}run ${name} already, of plan ${JSON.stringify(named.plan)}`,
        'Choose another --name.',
      );
  }
  const candidates = await Promise.all((await redis.smembers(runtime.keys.activeRuns())).map(stateOf));
  const own = candidates.flatMap((run) => (run && run.plan === plan && !run.finished ? [run.run] : [])).sort();
  const [only, another] = own;
  if (only === undefined) return null;
  if (another !== undefined) {
    throw new FailbackError({
      class: 'permanent',
      code: 'run.ambiguous',
      message: `${own.length} unfinished runs of plan ${JSON.stringify(plan)}: ${own.join(', ')}`,
      remedy: `Say which one to go on with: ${own.map((run) => again('--name', run)).join(' or ')}`,
    });
  }
  if (name !== undefined) {
    throw active(
      `run ${only} of plan ${JSON.stringify(plan)} is not finished`,
      `Go on with it: ${again()}, or end it first: ${command('cancel', only)}`,
    );
  }
  return only;
}

function active(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'run.active', message, remedy });
}
