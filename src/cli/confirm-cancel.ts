import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import type { InstanceId, RunId } from '../runtime/keys.ts';
import { askYes, canAsk } from './ask.ts';
import { type CancelMeaning, cancelMeaning } from './cancel-meaning.ts';
import type { CliContext } from './context.ts';
import type { RedisSession } from './redis-session.ts';
import { usageError } from './usage.ts';

const MEANING: Readonly<Record<CancelMeaning, string>> = {
  free: 'nothing is at work on the host: cancelled at once',
  'finish-then-hold': 'what runs on the host ends first, then nothing follows',
  revert: 'what runs on the host ends first, then the failover home is taken back and the VM runs where it ran before',
  quarantine: 'QUARANTINE: a data copy that runs is stopped, the disks at home must not be booted until the failback ran again',
  nothing: 'has ended or is being cancelled: nothing happens',
};

/** Members shown one by one of each kind. */
const SHOWN = 10;

/**
 * Shows what a cancel means now and asks.
 * @throws FailbackError `usage.invalid` where nobody can answer and `--yes` was not given
 */
export async function confirmCancel(
  context: CliContext,
  session: RedisSession,
  run: RunId,
  ids: readonly InstanceId[],
  yes: boolean,
): Promise<boolean> {
  const { output } = context;
  const kinds = new Map<CancelMeaning, string[]>();
  for await (const { id, input, state } of session.views.members(run, ids)) {
    const meaning = await cancelMeaning(session.runtime, run, id);
    const lines = kinds.get(meaning) ?? [];
    kinds.set(meaning, lines);
    lines.push(`${printable(input.vm)} on ${input.host} (${stateWords(state)})`);
    output.emit({ type: 'cancel-meaning', run, vm: input.vm, vmId: input.vmId, host: input.host, state, meaning });
  }
  for (const meaning of ['quarantine', 'finish-then-hold', 'free', 'nothing'] as const) {
    const lines = kinds.get(meaning) ?? [];
    if (lines.length === 0) continue;
    const { sideColors: colors } = output;
    output.say(
      (meaning === 'quarantine' ? colors.red : colors.bold)(`${lines.length} VM${lines.length === 1 ? '' : 's'}: ${MEANING[meaning]}`),
    );
    for (const line of lines.slice(0, SHOWN)) output.say(`  ${line}`);
    if (lines.length > SHOWN) output.say(`  … and ${lines.length - SHOWN} more`);
  }
  if (yes) return true;
  if (!canAsk(context)) throw usageError('a cancel must be confirmed', 'Read what it means above, then add --yes.');
  const sure = await askYes(context, `Cancel ${ids.length} VM${ids.length === 1 ? '' : 's'} of run ${run}?`);
  if (!sure) output.say('nothing was cancelled');
  return sure;
}
