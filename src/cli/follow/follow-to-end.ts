import type { RunId } from '../../runtime/keys.ts';
import type { CliContext } from '../context.ts';
import type { FoundRedis } from '../redis-session.ts';
import { type FollowEnd, followRun } from './follow-run.ts';
import type { LastingSession } from './lasting-session.ts';
import { summaryLine } from './run-summary.ts';

/** Follows a run and says what it came to: the summary, or what to do when its records are gone. */
export async function followToEnd(
  context: CliContext,
  session: LastingSession,
  found: FoundRedis,
  run: RunId,
  from: 'beginning' | 'now',
): Promise<FollowEnd> {
  const { output } = context;
  const end = await followRun(context, session, found, run, from);
  if (end.end === 'vanished') {
    const message = `the records of run ${run} are gone from Redis`;
    const remedy = 'Rebuild the run with "failback adopt PLAN": it finds out from the hosts what is done and what is under way.';
    output.emit({ type: 'error', code: 'run.unknown', message, remedy, exitCode: end.exitCode });
    output.error(message, remedy);
  }
  if (end.end === 'standstill') {
    output.emit(end.summary);
    output.print(`${run}: ${summaryLine(end.summary, output.colors)}`);
    if (end.summary.endedAt === null) output.say(`some VMs wait for a person: failback status ${run}`);
    else if (end.exitCode !== 0) output.say(`see why: failback status ${run}; try again: failback retry ${run}`);
  }
  return end;
}
