import { placeOf, placeWords } from '../report/place.ts';
import { printable } from '../report/printable.ts';
import { stateWords } from '../report/state-words.ts';
import type { InstanceId, RunId } from '../runtime/keys.ts';
import { askYes, canAsk } from './ask.ts';
import { CANCEL_MEANINGS, type CancelMeaning, cancelMeanings, cancelWords, GRAVE_MEANINGS } from './cancel-meaning.ts';
import type { CliContext } from './context.ts';
import type { RedisSession } from './redis-session.ts';
import { usageError } from './usage.ts';

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
  const { sideColors: colors } = output;
  const meanings = await cancelMeanings(session.runtime, run, ids);
  const kinds = new Map<string, { readonly meaning: CancelMeaning; readonly lines: string[] }>();
  for await (const { id, input, state } of session.views.members(run, ids)) {
    const meaning = meanings.get(id) ?? 'nothing';
    const place = placeOf(input);
    const words = cancelWords(meaning, place.strategy);
    const kind = kinds.get(words) ?? { meaning, lines: [] };
    kinds.set(words, kind);
    kind.lines.push(`${printable(input.vm)} ${placeWords(place)} (${stateWords(state, place)})`);
    const { vm, vmId, host, partner } = input;
    output.emit({ type: 'cancel-meaning', run, vm, vmId, host, partner, state, meaning });
  }
  for (const [words, { meaning, lines }] of [...kinds].sort(([, a], [, b]) => rank(a.meaning) - rank(b.meaning))) {
    output.say(
      (GRAVE_MEANINGS.includes(meaning) ? colors.red : colors.bold)(`${lines.length} VM${lines.length === 1 ? '' : 's'}: ${words}`),
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

function rank(meaning: CancelMeaning): number {
  return CANCEL_MEANINGS.indexOf(meaning);
}
