import { cancelMeanings } from '../cancel-meaning.ts';
import type { CliContext } from '../context.ts';
import { membersIn } from '../members-in.ts';
import { ACTIONABLE, waysOn } from '../ways-on.ts';
import { type FollowEnd, type Following, followRun } from './follow-run.ts';
import { summaryLine } from './run-summary.ts';

/** Follows a run and says what it came to: the summary and who is waited for, or what to do when its records are gone. */
export async function followToEnd(context: CliContext, following: Following): Promise<FollowEnd> {
  const { output, command } = context;
  const { run, session } = following;
  const end = await followRun(context, following);
  if (end.end === 'vanished') {
    const message = `the records of run ${run} are gone from Redis`;
    const remedy = `Rebuild the run with "${command('adopt', 'PLAN')}": it finds out from the hosts what is done and what is under way.`;
    output.emit({ type: 'error', code: 'run.unknown', message, remedy, exitCode: end.exitCode });
    output.error(message, remedy);
  }
  if (end.end === 'standstill') {
    output.emit(end.summary);
    output.print(`${run}: ${summaryLine(end.summary, end.view.counts, output.colors)}`);
    const members = await membersIn(session.views, run, ACTIONABLE);
    const cancels = await cancelMeanings(
      session.runtime,
      run,
      members.map(({ id }) => id),
    );
    for (const line of waysOn(end.view, members, command, output.sideColors, cancels)) output.say(line);
  }
  return end;
}
