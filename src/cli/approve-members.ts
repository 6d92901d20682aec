import { FailbackError } from '../domain/failure.ts';
import { placeOf } from '../report/place.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import { fenceMember, findMembers } from '../runtime/commands.ts';
import type { RunId } from '../runtime/keys.ts';
import type { MemberView } from '../runtime/run-view.ts';
import { actOnMembers, signed, warnWithoutWorker } from './act-on-run.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { questionOf, typedName, unseenHost } from './fencing.ts';
import { membersIn } from './members-in.ts';
import type { RedisSession } from './redis-session.ts';

export interface Approval {
  /** Names or ids; empty: all that wait for it. */
  readonly vms: readonly string[];
  readonly reason: string | undefined;
}

/**
 * Lets members go on that wait for a person's approval.
 * @throws FailbackError `command.refused` where none of them waits for it, with what each of them waits for instead
 */
export async function approveMembers(context: CliContext, session: RedisSession, run: RunId, { vms, reason }: Approval): Promise<number> {
  const named = vms.length === 0 ? null : await findMembers(session.views, run, vms);
  const asking = await membersIn(session.views, run, ['attention']);
  const waiting = asking.filter((member) => questionOf(member) === 'approval' && (named?.includes(member.id) ?? true));
  if (waiting.length > 0) {
    const ids = named ?? waiting.map(({ id }) => id);
    return actOnMembers(context, session, run, ids, 'approve', reason);
  }
  const fenced = asking.find((member) => questionOf(member) === 'fencing' && (named?.includes(member.id) ?? true));
  throw refused(
    named === null ? `no VM of run ${run} waits for approval` : `${await standingOf(session, run, named)}: nothing to approve`,
    fenced
      ? `${printable(fenced.input.vm)} waits because host ${unseenHost(fenced)} is out of sight. If you made sure that it is down for good: ${context.command('approve', run, '--fenced', typedName(fenced))}`
      : `See who waits for what: ${context.command('status', run)}`,
  );
}

/**
 * Tells a member that waits for a host out of sight that the copy there can not run.
 * @param typed the name of the VM, exactly
 * @throws FailbackError `command.refused` with what to do where it does not wait for that, or the name is not exactly its name
 */
export async function confirmFencing(
  context: CliContext,
  session: RedisSession,
  run: RunId,
  typed: string,
  { vms, reason }: Approval,
): Promise<number> {
  const { output, command } = context;
  const member = await fencedMember(context, session, run, typed, vms);
  const { id, input } = member;
  const name = printable(input.vm);
  switch (questionOf(member)) {
    case 'fencing':
      break;
    case 'sight':
      throw refused(
        `${name} is to be started on host ${unseenHost(member)}, which is out of sight itself: fencing the other copy does not help`,
        `Bring ${unseenHost(member)} back into sight: the run goes on by itself.`,
      );
    case 'approval':
      throw refused(
        `${name} waits for approval, no host is out of sight`,
        `Approve it: ${command('approve', run, '--vm', typedName(member))}`,
      );
    case null:
      throw refused(
        `${name} waits for no host that is out of sight (${stateWords(member.state, placeOf(input))})`,
        `See who waits for what: ${command('status', run)}`,
      );
  }
  const host = unseenHost(member);
  const accepted = await fenceMember(session.runtime, run, id, typed === input.vmId ? input.vm : typed, signed(context, reason));
  output.emit({ type: 'command', run, command: 'fence', host, accepted: accepted ? [input.vm] : [], refused: accepted ? [] : [input.vm] });
  output.print(
    accepted
      ? `${name}: goes on as if its copy on host ${host} were off, once a worker has looked; keep that host fenced until ${name} is protected again`
      : `${name}: not accepted: host ${host} has been seen again meanwhile (${command('status', run)})`,
  );
  if (accepted) await warnWithoutWorker(context, session, run);
  return accepted ? ExitCode.Done : ExitCode.Usage;
}

/** The one member a person means who typed its name. */
async function fencedMember(
  { command }: CliContext,
  { views }: RedisSession,
  run: RunId,
  typed: string,
  vms: readonly string[],
): Promise<MemberView> {
  const ids = await findMembers(views, run, vms.length === 0 ? [typed] : vms);
  const found: MemberView[] = [];
  for await (const member of views.members(run, ids)) found.push(member);
  const exact = found.filter((member) => typed === member.input.vm || typed === typedName(member));
  const [only, another] = exact;
  if (only && !another) return only;
  if (another) {
    const choices = exact.map(({ input }) => input.vmId).join(', ');
    throw refused(
      `run ${run} has ${exact.length} VMs with the name ${JSON.stringify(typed)}`,
      `Say which one is meant by its id (${choices}): ${command('approve', run, '--vm', only?.input.vmId ?? '', '--fenced', typed)}`,
    );
  }
  const names = found.map((member) => JSON.stringify(typedName(member))).join(', ');
  throw refused(
    `${JSON.stringify(typed)} is not exactly the name of the VM, which is ${names}: nothing was confirmed`,
    'A start beside a copy that runs loses data: type the name as it is written, to show that this VM is meant.',
  );
}

async function standingOf({ views }: RedisSession, run: RunId, ids: Awaited<ReturnType<typeof findMembers>>): Promise<string> {
  const words: string[] = [];
  for await (const { input, state } of views.members(run, ids)) words.push(`${printable(input.vm)} (${stateWords(state, placeOf(input))})`);
  return words.join(', ');
}

function refused(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'command.refused', message, remedy });
}
