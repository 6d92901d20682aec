import { FailbackError } from '../domain/failure.ts';
import type { RunId } from '../runtime/keys.ts';
import type { RunViews } from '../runtime/run-view.ts';

/** Most candidates an error names. */
const SHOWN = 5;

/**
 * The run a person means: its name, the beginning of it if only one begins so, or `latest`.
 * @throws FailbackError `run.unknown`, `run.ambiguous`
 */
export async function findRun(views: RunViews, wanted: string): Promise<RunId> {
  const runs = await views.list();
  if (wanted === 'latest') {
    const [latest] = runs;
    if (latest !== undefined) return latest;
    throw unknown('there are no runs in this Redis', 'Start one with "failback run PLAN", or see everything at work with "failback demo".');
  }
  if (runs.includes(wanted)) return wanted;
  const found = runs.filter((run) => run.startsWith(wanted));
  const [only, another] = found;
  if (only === undefined) throw unknown(`there is no run ${JSON.stringify(wanted)}`, 'List the runs with "failback runs".');
  if (another === undefined) return only;
  throw new FailbackError({
    class: 'permanent',
    code: 'run.ambiguous',
    message: `${JSON.stringify(wanted)} is the beginning of ${found.length} runs: ${found.slice(0, SHOWN).join(', ')}${found.length > SHOWN ? ', …' : ''}`,
    remedy: 'Write more of the name, or "latest" for the newest run.',
  });
}

function unknown(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'run.unknown', message, remedy });
}
