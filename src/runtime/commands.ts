import { FailbackError } from '../domain/failure.ts';
import type { MemberStatus } from '../domain/member.ts';
import { vmTaken } from './create-run.ts';
import { type InstanceId, RUN_INSTANCE, type RunId } from './keys.ts';
import type { RunViews } from './run-view.ts';
import type { Runtime } from './runtime.ts';
import { reopen } from './sweep.ts';
import { holdVms, keepHolds } from './vm-holds.ts';

/** What an operator can tell members. */
export type MemberCommand = 'pause' | 'resume' | 'cancel' | 'retry' | 'approve';

/** How long VMs are held for a retry that does not come to its end, milliseconds. */
const RETRY_MS = 30_000;

/** Members a command was accepted by, and those in whose state it means nothing. */
export interface CommandResult {
  readonly accepted: readonly InstanceId[];
  readonly refused: readonly InstanceId[];
}

/** Statuses a command is meant for when no members are named. `retry` takes failed members only: done work is kept. */
export const RETRIED: readonly MemberStatus[] = ['failed', 'quarantined', 'attention'];

/**
 * Tells members. A retry reopens a finished run afterwards: whoever ends a run at the same moment looks at its members last.
 * @param reason who and why, for the journal
 * @throws FailbackError `run.active` when a VM to be retried is part of another unfinished run; nothing is told then
 */
export async function commandMembers(
  runtime: Runtime,
  run: RunId,
  ids: readonly InstanceId[],
  command: MemberCommand,
  reason: string | null,
): Promise<CommandResult> {
  const event = { type: `failback.${command}`, ...(reason === null ? {} : { reason }) };
  const retry = command === 'retry' && ids.length > 0;
  if (retry) await holdAgain(runtime, run, ids);
  const outcomes = await Promise.all(ids.map((id) => runtime.advance({ run, id }, event)));
  if (retry) {
    await reopen(runtime, run);
    await keepHolds(runtime, run);
  }
  return {
    accepted: ids.filter((_, n) => outcomes[n] === 'committed'),
    refused: ids.filter((_, n) => outcomes[n] !== 'committed'),
  };
}

/**
 * A person vouches that the copy of a VM on a host out of sight can not run.
 * @param typed the VM's name as the person typed it; the lifecycle compares it
 * @returns false where the lifecycle does not wait for that, or the name is another one
 */
export async function fenceMember(runtime: Runtime, run: RunId, id: InstanceId, typed: string, reason: string | null): Promise<boolean> {
  const event = { type: 'failback.fence', vm: typed, ...(reason === null ? {} : { reason }) };
  return (await runtime.advance({ run, id }, event)) === 'committed';
}

/** For the time of the retry: the run is open afterwards, and keeps what it holds. */
async function holdAgain(runtime: Runtime, run: RunId, ids: readonly InstanceId[]): Promise<void> {
  const { hosts } = await runtime.records.record(run);
  const conflict = await holdVms(runtime, run, hosts, await runtime.records.inputs(run, ids), RETRY_MS);
  if (conflict !== null) throw vmTaken(conflict);
}

/** Tells the whole run. @throws FailbackError `command.refused` when the run is not in a state for it */
export async function commandRun(
  runtime: Runtime,
  views: RunViews,
  run: RunId,
  command: 'pause' | 'resume' | 'cancel',
  reason: string | null,
): Promise<void> {
  const outcome = await runtime.advance({ run, id: RUN_INSTANCE }, { type: `run.${command}`, ...(reason === null ? {} : { reason }) });
  if (outcome === 'committed') return;
  const { state } = await views.run(run);
  throw new FailbackError({
    class: 'permanent',
    code: 'command.refused',
    message: `run ${run} is ${state}: ${command} means nothing now`,
    remedy: `See "failback status ${run}".`,
  });
}

/** Ids of members by VM name (without regard to case) or id. @throws FailbackError `member.unknown` naming those that are not there */
export async function findMembers(views: Pick<RunViews, 'members'>, run: RunId, names: readonly string[]): Promise<readonly InstanceId[]> {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const found = new Set<string>();
  const ids: InstanceId[] = [];
  for await (const { id, input } of views.members(run)) {
    for (const key of [input.vm.toLowerCase(), input.vmId.toLowerCase(), id]) {
      if (!wanted.has(key)) continue;
      found.add(key);
      if (!ids.includes(id)) ids.push(id);
    }
  }
  const missing = names.filter((name) => !found.has(name.toLowerCase()));
  if (missing.length > 0) {
    throw new FailbackError({
      class: 'permanent',
      code: 'member.unknown',
      message: `run ${run} has no VM ${missing.map((name) => JSON.stringify(name)).join(', ')}`,
      remedy: `See the names with "failback status ${run}".`,
    });
  }
  return ids;
}
