import { canTurnBack, type FailbackContext, stepOf } from '../../machines/failback-context.ts';
import type { Strategy } from '../domain/member.ts';
import { decide } from '../runtime/decide.ts';
import type { InstanceId, RunId } from '../runtime/keys.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * What a cancel would do to a member at this moment:
 * - `free`: it is cancelled at once: nothing of it is at work on a host, or what is does no harm
 * - `finish-then-hold`: the operation that runs on the host ends first, nothing follows it
 * - `revert`: the operation that runs ends first, then everything since the VM was stopped is taken back, and it runs where it ran
 * - `leave-halfway`: its way back waits for a person, and would be left where it is: which copy may run is for a person to decide
 * - `quarantine`: a data copy is interrupted, the disks at home may not be booted
 * - `nothing`: it has ended, or is being cancelled
 */
export type CancelMeaning = 'free' | 'finish-then-hold' | 'revert' | 'leave-halfway' | 'quarantine' | 'nothing';

/** What each meaning says to a person; of a drill, whose test VM is all there is to take back, something else. */
const WORDS: Readonly<Record<CancelMeaning, string>> = {
  free: 'cancelled at once: nothing of it has to end on a host',
  'finish-then-hold': 'what runs on the host ends first, then nothing follows',
  revert:
    'what runs on the host ends first, then the failover is taken back: the VM runs where it ran before, what it wrote since its start on the other host is lost',
  'leave-halfway': 'LEFT HALFWAY: the way back is not finished, and nobody goes on with it: a person must say which copy may run',
  quarantine: 'QUARANTINE: a data copy that runs is stopped, the disks at home must not be booted until the failback ran again',
  nothing: 'has ended, is being cancelled or is on its way back: nothing happens',
};
const DRILL_WORDS: Readonly<Partial<Record<CancelMeaning, string>>> = {
  revert: 'what runs on the host ends first, then the test VM is removed',
  'leave-halfway': 'LEFT HALFWAY: the test VM stays on the host until a person removes it (Stop-VMFailover)',
};

/** In the order in which a person should read them. */
export const CANCEL_MEANINGS: readonly CancelMeaning[] = ['quarantine', 'leave-halfway', 'revert', 'finish-then-hold', 'free', 'nothing'];
/** After these, somebody has to do something. */
export const GRAVE_MEANINGS: readonly CancelMeaning[] = ['quarantine', 'leave-halfway'];

export function cancelWords(meaning: CancelMeaning, strategy: Strategy): string {
  return (strategy === 'drill' ? DRILL_WORDS[meaning] : undefined) ?? WORDS[meaning];
}

/** Asks the lifecycle itself, without committing anything: what it would decide is what will happen if nothing changes before. */
async function cancelMeaning(runtime: Runtime, run: RunId, id: InstanceId): Promise<CancelMeaning> {
  const ref = { run, id };
  const stored = await runtime.read(ref);
  const member = await runtime.member(ref);
  if (!stored || !member) return 'nothing';
  const verdict = decide(stored, member, { type: 'failback.cancel' }, null, runtime.now());
  if (verdict === 'dropped' || verdict === 'ignored') return 'nothing';
  if (verdict.after === 'cancelled') return stored.row.context.course === 'back' ? 'leave-halfway' : 'free';
  const after = { ...verdict.row.context, member } as FailbackContext;
  if (after.course === 'back' || canTurnBack(after)) return 'revert';
  if (typeof verdict.row.value === 'object' && 'cancelling' in verdict.row.value) return 'quarantine';
  const { cancel } = stepOf(after);
  return cancel === 'leave' ? 'free' : cancel;
}

/** Lifecycles that are asked at the same time. */
const PAGE = 100;

/** The same of many members. */
export async function cancelMeanings(
  runtime: Runtime,
  run: RunId,
  ids: readonly InstanceId[],
): Promise<ReadonlyMap<InstanceId, CancelMeaning>> {
  const meanings = new Map<InstanceId, CancelMeaning>();
  for (let from = 0; from < ids.length; from += PAGE) {
    const page = ids.slice(from, from + PAGE);
    const found = await Promise.all(page.map((id) => cancelMeaning(runtime, run, id)));
    for (const [n, id] of page.entries()) meanings.set(id, found[n] ?? 'nothing');
  }
  return meanings;
}
