import { canTurnBack, type FailbackContext, stepOf } from '../../machines/failback-context.ts';
import { decide } from '../runtime/decide.ts';
import type { InstanceId, RunId } from '../runtime/keys.ts';
import type { Runtime } from '../runtime/runtime.ts';

/**
 * What a cancel would do to a member at this moment:
 * - `free`: it is cancelled at once, nothing of it is at work on a host
 * - `finish-then-hold`: the operation that runs on the host ends first, nothing follows it
 * - `revert`: the operation that runs ends first, then everything since the VM was stopped is taken back, and it runs where it ran
 * - `quarantine`: a data copy is interrupted, the disks at home may not be booted
 * - `nothing`: it has ended, or is being cancelled
 */
export type CancelMeaning = 'free' | 'finish-then-hold' | 'revert' | 'quarantine' | 'nothing';

/** Asks the lifecycle itself, without committing anything: what it would decide is what will happen if nothing changes before. */
export async function cancelMeaning(runtime: Runtime, run: RunId, id: InstanceId): Promise<CancelMeaning> {
  const ref = { run, id };
  const stored = await runtime.read(ref);
  const member = await runtime.member(ref);
  if (!stored || !member) return 'nothing';
  const verdict = decide(stored, member, { type: 'failback.cancel' }, null, runtime.now(), `${run}/${id}`);
  if (verdict === 'dropped' || verdict === 'ignored') return 'nothing';
  if (verdict.after === 'cancelled') return 'free';
  const after = { ...verdict.row.context, member } as FailbackContext;
  if (after.course === 'back' || canTurnBack(after)) return 'revert';
  if (typeof verdict.row.value === 'object' && 'cancelling' in verdict.row.value) return 'quarantine';
  const { cancel } = stepOf(after);
  return cancel === 'leave' ? 'free' : cancel;
}
