import type { MemberStatus } from '../domain/member.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import { countWords, statusWords } from '../report/status-words.ts';
import type { MemberView, RunView } from '../runtime/run-view.ts';
import type { CommandHint } from './command-hint.ts';
import type { Colors } from './output.ts';

/** Statuses of members a person may do something about, the most pressing first. */
export const ACTIONABLE: readonly MemberStatus[] = ['attention', 'quarantined', 'failed', 'paused'];

/** Reasons, and members of one reason, that are shown before the rest is only counted. */
const GROUPS = 10;
const SHOWN = 10;

/**
 * What a person is waited for, or could do: for the run, and for all members of one reason together, why, the remedy, and the commands to be pasted. Nothing when
 * nobody can do anything.
 * @param members those in one of the {@link ACTIONABLE} statuses
 */
export function waysOn(
  { record: { run }, state, counts }: RunView,
  members: readonly MemberView[],
  command: CommandHint,
  colors: Colors,
): string[] {
  const held = state === 'paused' || state === 'pausing';
  // Resuming the run resumes them, too.
  const single = members
    .filter(({ status }) => status !== 'paused' || !held)
    .sort((a, b) => ACTIONABLE.indexOf(a.status) - ACTIONABLE.indexOf(b.status));
  const shown = byReason(single)
    .slice(0, GROUPS)
    .map((group) => group.slice(0, SHOWN));
  const hidden = single.length - shown.flat().length;
  const retried = single.filter(({ status }) => status !== 'paused').length;
  return [
    ...(held
      ? ['', colors.yellow(`the run is ${state}: nothing is started until somebody resumes it`), `  then    ${command('resume', run)}`]
      : []),
    ...(single.length > 0 ? ['', colors.yellow(headingOf(counts, held))] : []),
    ...shown.flatMap((group) => groupLines(run, group, command, colors)),
    ...(hidden > 0 ? [`  … and ${hidden} more: ${command('status', run, '--json')}`] : []),
    ...(retried > 1 ? [`  all that failed or wait for a person at once: ${command('retry', run)}`] : []),
  ];
}

function headingOf(counts: RunView['counts'], held: boolean): string {
  const statuses = held ? ACTIONABLE.filter((status) => status !== 'paused') : ACTIONABLE;
  return countWords(counts, statuses).join(', ');
}

/** Members of one reason are told together: one thing to put right, one command. */
function byReason(members: readonly MemberView[]): readonly (readonly MemberView[])[] {
  const groups = new Map<string, MemberView[]>();
  for (const member of members) {
    const { status, state, failure } = member;
    const reason = JSON.stringify([status, state, failure?.message, failure?.remedy]);
    const group = groups.get(reason);
    if (group) group.push(member);
    else groups.set(reason, [member]);
  }
  return [...groups.values()];
}

function groupLines(run: string, members: readonly MemberView[], command: CommandHint, colors: Colors): string[] {
  const [first] = members;
  if (!first) return [];
  const { status, state, failure } = first;
  const names = members.map(({ input }) => `${colors.bold(printable(input.vm))} on ${input.host}`);
  const where = stateWords(state);
  // A name that a terminal must not see is no name to be pasted.
  const vms = members.flatMap(({ input }) => ['--vm', input.vm === printable(input.vm) ? input.vm : input.vmId]);
  return [
    `  ${names.join(', ')}: ${where.includes(statusWords(status)) ? where : `${statusWords(status)}, ${where}`}`,
    ...(failure ? [`    why     ${printable(failure.message)}`] : []),
    ...(failure?.remedy ? [`    remedy  ${printable(failure.remedy)}`] : []),
    ...verbsFor(status).map((verb, n) => `    ${n === 0 ? 'then  ' : 'or    '}  ${command(verb, run, ...vms)}`),
  ];
}

function verbsFor(status: MemberStatus): readonly string[] {
  if (status === 'attention' || status === 'failed') return ['retry', 'cancel'];
  return status === 'quarantined' ? ['retry'] : ['resume', 'cancel'];
}
