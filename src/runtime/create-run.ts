import { FailbackError } from '../domain/failure.ts';
import type { MemberSettings } from '../domain/member.ts';
import { decideInitial } from './decide.ts';
import { memberId, RUN_INSTANCE, type RunId } from './keys.ts';
import { encodeInput, type RunHost, type RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';

/** A VM to be brought home. */
export interface NewMember {
  readonly vm: string;
  readonly vmId: string;
  /** Plan name of its host. */
  readonly host: string;
  readonly settings: MemberSettings;
}

export interface NewRun {
  readonly run: RunId;
  readonly plan: string;
  /** Who creates it, `user@machine`. */
  readonly createdBy: string;
  readonly hosts: readonly RunHost[];
  readonly inFlight: number;
  /** In plan order; at least one. */
  readonly members: readonly NewMember[];
  /** Look and wait before the first call: earlier calls for these VMs may be in flight. */
  readonly adopt: boolean;
}

/** Keys of a run that was never finished being created go away by themselves after this time. */
const CREATION_SECONDS = 3600;

/**
 * Creates a run. It exists for workers only once everything is written: a crash in between leaves records that expire.
 * @throws FailbackError `run.active` when a run of that name exists; nothing of it is touched
 */
export async function createRun(runtime: Runtime, plan: NewRun): Promise<void> {
  const { redis, keys, now } = runtime;
  const { run, members } = plan;
  const table: MemberSettings[] = [];
  const positions = new Map<string, number>();
  const inputs = members.map((member) => {
    const text = JSON.stringify(member.settings);
    let position = positions.get(text);
    if (position === undefined) {
      position = table.push(member.settings) - 1;
      positions.set(text, position);
    }
    return encodeInput(member, position);
  });
  const createdAt = now();
  const record: RunRecord = {
    run,
    plan: plan.plan,
    createdAt,
    createdBy: plan.createdBy,
    members: members.length,
    inFlight: plan.inFlight,
    hosts: plan.hosts,
    adopt: plan.adopt,
    settings: table,
  };
  if ((await redis.hsetnx(keys.run(run), 'record', JSON.stringify(record))) === 0) throw nameTaken(run);
  await redis.expire(keys.run(run), CREATION_SECONDS);
  for (let from = 0; from < members.length; from += 500) {
    const part = inputs.slice(from, from + 500);
    await redis
      .multi()
      .hset(keys.inputs(run), ...part.flatMap((input, n) => [memberId(from + n), input]))
      .expire(keys.inputs(run), CREATION_SECONDS)
      .exec();
  }
  const committer = runtime.committer(run);
  const created = await Promise.all([
    committer.commit({
      id: RUN_INSTANCE,
      decision: decideInitial('run', undefined, createdAt),
      host: null,
      limit: 0,
      runRevision: null,
      due: null,
      journal: { event: 'run.created', data: JSON.stringify({ plan: plan.plan, members: members.length, adopt: plan.adopt }) },
    }),
    ...members.map(({ host, ...member }, n) =>
      committer.commit({
        id: memberId(n),
        decision: decideInitial('failback', { ...member, host, adopt: plan.adopt }, createdAt),
        host,
        limit: 0,
        runRevision: null,
        due: null,
        journal: null,
      }),
    ),
  ]);
  if (created.some((result) => result !== 'committed')) throw nameTaken(run);
  await redis.multi().persist(keys.run(run)).persist(keys.inputs(run)).exec();
  await redis.zadd(keys.runs(), createdAt, run);
  await redis.sadd(keys.activeRuns(), run);
}

function nameTaken(run: RunId): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'run.active',
    message: `there is a run ${run} already`,
    remedy: 'Give the new run another name, or go on with the one that is there.',
  });
}
