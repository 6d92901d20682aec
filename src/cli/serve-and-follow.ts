import type { RunId } from '../runtime/keys.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { followToEnd } from './follow/follow-to-end.ts';
import { LastingSession } from './follow/lasting-session.ts';
import type { WorkerHandle } from './parts.ts';
import type { FoundRedis } from './redis-session.ts';
import { requireLogOn } from './require-log-on.ts';

/** How long a worker may take to end when Redis is away, milliseconds: what it waits for may never come. */
const HURRY_MS = 3000;

export interface Serve {
  readonly run: RunId;
  readonly from: 'beginning' | 'now';
  /** What resumes the run, for the message after an interrupt. */
  readonly resumeWith: string;
}

/**
 * Runs a worker for this one run in this process while it is followed; ends both when nothing moves any more or the person stops.
 * @throws FailbackError when neither this process nor another worker can log on to one of its hosts
 */
export async function serveAndFollow(context: CliContext, found: FoundRedis, { run, from, resumeWith }: Serve): Promise<number> {
  const { output, parts } = context;
  const session = new LastingSession(output, found);
  try {
    await requireLogOn(context, session, run);
  } catch (error) {
    await session.close();
    throw error;
  }
  // A worker that starts waits a few seconds for others to show themselves: the run is followed from the first moment on.
  // What a follower sees is told in sentences; in the log it would be the same thing again, unless somebody asked for it.
  const log = context.log(output.json ? 'warn' : 'error');
  const starting = parts.startWorker({ redis: session.redis, hosts: null, runs: [run], concurrency: undefined, log });
  const following = { session, found, run, from, troublesAreLogged: log.isLevelEnabled('warn') };
  let exitCode: number = ExitCode.Internal;
  let interrupted = false;
  try {
    const end = await Promise.race([followToEnd(context, following), failureOf(starting)]);
    exitCode = end.exitCode;
    interrupted = end.end === 'interrupted';
    if (end.exitCode === ExitCode.WaitsForPerson) output.say(`\nthen go on with: ${resumeWith}`);
    if (interrupted) output.say('stopping: calls that are being made are finished first (press ctrl-C again to stop at once)');
  } finally {
    await closeWorker(starting, session);
  }
  try {
    if (interrupted) await sayHowToGoOn(context, session, run, resumeWith);
  } finally {
    await session.close();
  }
  return exitCode;
}

async function sayHowToGoOn({ output, command }: CliContext, session: LastingSession, run: RunId, resumeWith: string): Promise<void> {
  const others = session.lost ? [] : await session.presence.serving(run);
  output.say(
    others.length > 0
      ? `run ${run} continues on ${others.length} other worker${others.length === 1 ? '' : 's'}: ${command('watch', run)}`
      : `run ${run} is kept and resumes with: ${resumeWith}`,
  );
}

/** Does not wait for a Redis that is away. */
async function closeWorker(starting: Promise<WorkerHandle>, session: LastingSession): Promise<void> {
  const closed = starting.then((worker) => worker.close());
  if (!session.lost) return closed;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, HURRY_MS);
  });
  await Promise.race([closed.catch(() => undefined), tooLong]);
  clearTimeout(timer);
}

/** Settles only when the worker can not start. */
function failureOf(starting: Promise<WorkerHandle>): Promise<never> {
  return new Promise((_, reject) => {
    starting.catch(reject);
  });
}
