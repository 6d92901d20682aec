import { MEMBER_STATUSES, type MemberStatus } from '../../domain/member.ts';
import { backlogNow } from '../../report/backlog-words.ts';
import { placeOf } from '../../report/place.ts';
import { goalOf } from '../../report/status-words.ts';
import { type InstanceId, memberId, type RunId } from '../../runtime/keys.ts';
import type { RunSource } from '../../runtime/run-archive.ts';
import type { RedisSession } from '../redis-session.ts';
import { RunModel } from './run-model.ts';

const PAGE = 500;

/** The members of a run with their present statuses. Costs one read of names and statuses, whatever happened so far. */
export async function loadModel({ runtime, views }: RedisSession, run: RunId): Promise<RunModel> {
  const statusOf = new Map<InstanceId, MemberStatus>();
  for (const status of MEMBER_STATUSES) for (const id of await views.idsIn(run, [status])) statusOf.set(id, status);
  const record = await runtime.records.record(run);
  const { members } = record;
  const model = new RunModel(goalOf(record));
  for (let from = 0; from < members; from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, members - from) }, (_, n) => memberId(from + n));
    const inputs = await runtime.records.inputs(run, ids);
    for (const [n, id] of ids.entries()) {
      const input = inputs[n];
      if (input) model.add({ id, vm: input.vm, vmId: input.vmId, ...placeOf(input), status: statusOf.get(id) ?? 'pending' });
    }
  }
  return model;
}

/** The members of a run wherever it is kept. Reads everything of every member: for a run whose journal is read as well. */
export async function modelOf(source: RunSource, run: RunId): Promise<RunModel> {
  const model = new RunModel(goalOf((await source.run(run)).record));
  for await (const { id, input, status } of source.members(run))
    model.add({ id, vm: input.vm, vmId: input.vmId, ...placeOf(input), status });
  return model;
}

/** Refreshes what the journal does not tell of some members: state, job percentage, backlog, next timer, trouble. */
export async function refreshMembers({ views }: RedisSession, run: RunId, model: RunModel, ids: readonly InstanceId[]): Promise<void> {
  if (ids.length === 0) return;
  for await (const { id, state, percent, backlog, nextTimer, failure, context } of views.members(run, ids)) {
    const member = model.member(id);
    if (!member) continue;
    member.state = state;
    // What the host said last is about a job that may be over.
    member.percent = context.jobId === null ? null : percent;
    member.backlog = backlogNow(state, backlog);
    member.nextTimer = nextTimer;
    member.trouble = failure && { message: failure.message, remedy: failure.remedy ?? null };
  }
}
