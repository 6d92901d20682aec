import type { MemberStatus } from '../domain/member.ts';
import { placeOf, placeWords } from '../report/place.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import { countWords, statusWords } from '../report/status-words.ts';
import type { InstanceId } from '../runtime/keys.ts';
import type { MemberView, RunView } from '../runtime/run-view.ts';
import { type CancelMeaning, cancelWords } from './cancel-meaning.ts';
import type { CommandHint } from './command-hint.ts';
import { questionOf, typedName } from './fencing.ts';
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
 * @param cancels what a cancel would do to them, where that was asked for
 */
export function waysOn(
  { record: { run }, state, counts }: RunView,
  members: readonly MemberView[],
  command: CommandHint,
  colors: Colors,
  cancels: ReadonlyMap<InstanceId, CancelMeaning> = new Map(),
): string[] {
  const held = state === 'paused' || state === 'pausing';
  // Resuming the run resumes them, too.
  const single = members
    .filter(({ status }) => status !== 'paused' || !held)
    .sort((a, b) => ACTIONABLE.indexOf(a.status) - ACTIONABLE.indexOf(b.status));
  const shown = byReason(single, cancels)
    .slice(0, GROUPS)
    .map((group) => group.slice(0, SHOWN));
  const hidden = single.length - shown.flat().length;
  const retried = single.filter((member) => verbsFor(member).includes('retry')).length;
  const approved = single.filter((member) => questionOf(member) === 'approval').length;
  return [
    ...(held
      ? ['', colors.yellow(`the run is ${state}: nothing is started until somebody resumes it`), `  then    ${command('resume', run)}`]
      : []),
    ...(single.length > 0 ? ['', colors.yellow(headingOf(counts, held))] : []),
    ...shown.flatMap((group) => groupLines(run, group, cancels, command, colors)),
    ...(hidden > 0 ? [`  … and ${hidden} more: ${command('status', run, '--json')}`] : []),
    ...(approved > 1 ? [`  all that wait for approval at once: ${command('approve', run)}`] : []),
    ...(retried > 1 ? [`  all that failed or wait for a person at once: ${command('retry', run)}`] : []),
  ];
}

function headingOf(counts: RunView['counts'], held: boolean): string {
  const statuses = held ? ACTIONABLE.filter((status) => status !== 'paused') : ACTIONABLE;
  return countWords(counts, statuses).join(', ');
}

/** Members of one reason are told together: one thing to put right, one command. */
function byReason(members: readonly MemberView[], cancels: ReadonlyMap<InstanceId, CancelMeaning>): readonly (readonly MemberView[])[] {
  const groups = new Map<string, MemberView[]>();
  for (const member of members) {
    const { id, status, state, failure, input } = member;
    // What is asked of a person names the VM and its hosts; the question is the same.
    const question = questionOf(member);
    const why = question === null ? [failure?.message, failure?.remedy] : [question, input.host, input.partner];
    const reason = JSON.stringify([status, state, ...why, cancels.get(id)]);
    const group = groups.get(reason);
    if (group) group.push(member);
    else groups.set(reason, [member]);
  }
  return [...groups.values()];
}

function groupLines(
  run: string,
  members: readonly MemberView[],
  cancels: ReadonlyMap<InstanceId, CancelMeaning>,
  command: CommandHint,
  colors: Colors,
): string[] {
  const [first] = members;
  if (!first) return [];
  const { id, status, state, failure, input } = first;
  const place = placeOf(input);
  const names = members.map(({ input: own }) => `${colors.bold(printable(own.vm))} ${placeWords(placeOf(own))}`);
  const where = stateWords(state, place);
  const cancel = cancels.get(id);
  const alike = members.every((member) => member.failure?.message === failure?.message);
  return [
    `  ${names.join(', ')}: ${where.includes(statusWords(status)) || questionOf(first) !== null ? where : `${statusWords(status)}, ${where}`}`,
    ...(failure ? [`    why     ${printable(failure.message)}${alike ? '' : ' (the others likewise)'}`] : []),
    ...(failure?.remedy ? [`    remedy  ${printable(failure.remedy)}`] : []),
    ...commandsFor(run, members, command).map((line, n) => `    ${n === 0 ? 'then  ' : 'or    '}  ${line}`),
    ...(cancel && verbsFor(first).includes('cancel') ? [`    cancel  ${cancelWords(cancel, place.strategy)}`] : []),
  ];
}

/** Fencing is confirmed for one VM at a time, by its name. */
function commandsFor(run: string, members: readonly MemberView[], command: CommandHint): readonly string[] {
  const [first] = members;
  if (!first) return [];
  const vms = members.flatMap((member) => ['--vm', typedName(member)]);
  return verbsFor(first).flatMap((verb) =>
    verb === 'fence' ? members.map((member) => command('approve', run, '--fenced', typedName(member))) : [command(verb, run, ...vms)],
  );
}

type Verb = 'approve' | 'fence' | 'retry' | 'resume' | 'cancel';

function verbsFor(member: MemberView): readonly Verb[] {
  switch (questionOf(member)) {
    case 'approval':
      return ['approve', 'cancel'];
    case 'fencing':
      return ['fence', 'cancel'];
    case 'sight':
      return ['cancel'];
    case null:
      break;
  }
  const { status } = member;
  if (status === 'attention' || status === 'failed') return ['retry', 'cancel'];
  return status === 'quarantined' ? ['retry'] : ['resume', 'cancel'];
}
