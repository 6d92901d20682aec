import { placeOf } from '../report/place.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import { commandMembers, commandRun, type MemberCommand } from '../runtime/commands.ts';
import type { InstanceId, RunId } from '../runtime/keys.ts';
import type { CliContext } from './context.ts';
import { ExitCode } from './exit-code.ts';
import { standstillOf } from './follow/standstill.ts';
import type { RedisSession } from './redis-session.ts';

/** Members that are told at the same time. */
const PAGE = 200;

/** Tells a whole run. @throws FailbackError `command.refused` */
export async function actOnRun(
  context: CliContext,
  session: RedisSession,
  run: RunId,
  command: 'pause' | 'resume' | 'cancel',
  reason: string | undefined,
): Promise<number> {
  await commandRun(session.runtime, session.views, run, command, signed(context, reason));
  context.output.emit({ type: 'command', run, command, members: 'all' });
  context.output.print(`${run}: ${command} accepted; see ${context.command('status', run)}`);
  await warnWithoutWorker(context, session, run);
  return ExitCode.Done;
}

/** Tells some members, and says which took it. Exit 2 when none did. */
export async function actOnMembers(
  context: CliContext,
  session: RedisSession,
  run: RunId,
  ids: readonly InstanceId[],
  command: MemberCommand,
  reason: string | undefined,
): Promise<number> {
  const { output } = context;
  const accepted: InstanceId[] = [];
  for (let from = 0; from < ids.length; from += PAGE) {
    const result = await commandMembers(session.runtime, run, ids.slice(from, from + PAGE), command, signed(context, reason));
    accepted.push(...result.accepted);
  }
  const names: { readonly accepted: string[]; readonly refused: string[] } = { accepted: [], refused: [] };
  for await (const { id, input, state } of session.views.members(run, ids)) {
    const took = accepted.includes(id);
    (took ? names.accepted : names.refused).push(input.vm);
    output.print(
      `${printable(input.vm)}: ${took ? `${command} accepted` : `${command} means nothing now (${stateWords(state, placeOf(input))})`}`,
    );
  }
  output.emit({ type: 'command', run, command, ...names });
  if (accepted.length > 0) await warnWithoutWorker(context, session, run);
  return accepted.length > 0 ? ExitCode.Done : ExitCode.Usage;
}

/** Who and why, for the journal. */
export function signed({ parts }: CliContext, reason: string | undefined): string {
  return reason === undefined ? `by ${parts.operator}` : `by ${parts.operator}: ${reason}`;
}

/** Where only a person is waited for, a worker is not what is missing. */
export async function warnWithoutWorker({ output, command }: CliContext, { presence, views }: RedisSession, run: RunId): Promise<void> {
  if (standstillOf(await views.run(run)) !== null || (await presence.serving(run)).length > 0) return;
  output.say(`nothing moves until a worker runs: ${command('worker')}`);
}
