import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailbackError } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import type { MemberSettings } from '../domain/member.ts';
import { decideInitial } from './decide.ts';
import { memberId, type RunId } from './keys.ts';
import { laneName, lanesOf } from './lanes.ts';
import { encodeInput, type RunHost, type RunRecord } from './run-record.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';
import { isSettled, settle } from './sweep.ts';
import { type Conflict, holdVms, keepHolds, releaseVms } from './vm-holds.ts';

/** A VM to be brought home. */
export interface NewMember {
  readonly vm: string;
  readonly vmId: string;
  /** Plan name of its host at home. */
  readonly host: string;
  /** Plan name of the host of its other copy; null in a strategy that knows only home. */
  readonly partner: string | null;
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
  /** What the run is for; default a failback. */
  readonly intent?: Intent;
}

/** Where a test may stop a process that creates a run. */
export type CreationPoint = 'begun' | 'held' | 'written' | 'published';

/** What a killed creation left behind goes away by itself after this time, milliseconds; every part that is written renews it. */
const CREATION_MS = 30_000;
/** VMs are held for a creation no longer than this, milliseconds. Those of one that was killed are free as soon as its records are gone. */
const HOLD_MS = 600_000;
/** So often somebody else's creation is looked at, milliseconds. */
const LOOK_MS = 100;
const AT_ONCE = 250;

/**
 * Creates a run. It exists, for workers and for everybody else, from one moment on: when everything is written and no other unfinished
 * run holds one of its VMs. Waits for other creations that want the same name or VMs. What a killed creation leaves behind goes away by itself.
 * @param onPoint hears how far it got
 * @throws FailbackError `run.active` when a run of that name exists, or when an unfinished run (`details.run`) holds one of the VMs;
 *   nothing of it is touched
 */
export async function createRun(
  runtime: Runtime,
  plan: NewRun,
  onPoint: (at: CreationPoint) => void | Promise<void> = () => undefined,
): Promise<void> {
  const { redis, keys, now } = runtime;
  const { run, hosts, members } = plan;
  await listNewRuns(runtime);
  const createdAt = now();
  const { record, inputs } = encodeRun(plan, createdAt);
  const creation = randomUUID();
  const shared = [keys.run(run), keys.inputs(run), keys.rows(run), keys.status(run, 'pending')];
  const lanes = lanesOf(members);
  const ready = lanes.map(({ name }) => keys.ready(run, name));
  const write = (args: readonly (string | number)[]) =>
    runScript(redis, 'create-run', [...shared, ...ready], [creation, CREATION_MS, JSON.stringify(record), ...args]);

  await redis.sadd(keys.newRuns(), run);
  for (;;) {
    const written = await write([]);
    if (written === 0) throw nameTaken(run);
    if (written === 1) break;
    await sleep(LOOK_MS);
  }
  await onPoint('begun');
  try {
    for (;;) {
      const conflict = await holdVms(runtime, run, hosts, members, HOLD_MS);
      if (conflict === null) break;
      if (await isOpen(runtime, conflict, hosts)) throw vmTaken(conflict);
      await write([]);
    }
    await onPoint('held');
    // Who a lifecycle is about is not part of its row: with the same settings all begin alike.
    const firstRows = new Map<MemberSettings, string>();
    for (let from = 0; from < members.length; from += AT_ONCE) {
      const part = members.slice(from, from + AT_ONCE).flatMap((member, n) => {
        const row = firstRows.get(member.settings) ?? decideInitial('failback', { ...member, adopt: plan.adopt }, createdAt).text;
        firstRows.set(member.settings, row);
        const at = from + n;
        const lane = laneName(member);
        return [memberId(at), inputs[at] as string, row, lanes.findIndex(({ name }) => name === lane) + 1];
      });
      if ((await write(part)) !== 1) throw expired(run);
    }
    await onPoint('written');
    const { text, to } = decideInitial('run', undefined, createdAt);
    const data = JSON.stringify({ plan: plan.plan, members: members.length, adopt: plan.adopt });
    const published = await runScript(
      redis,
      'publish-run',
      [...shared, keys.journal(run), keys.epoch(run), ...ready],
      [creation, createdAt, members.length, text, to, data],
    );
    if (published !== 1) throw expired(run);
  } catch (error) {
    // A run whose publication was not heard of exists all the same.
    if ((await runScript(redis, 'abandon-run', [...shared, ...ready], [creation])) === 1) {
      await releaseVms(runtime, run, hosts, members);
      await redis.srem(keys.newRuns(), run);
    }
    throw error;
  }
  await onPoint('published');
  await list(runtime, run, createdAt);
  await keepHolds(runtime, run);
}

/** Finishes what killed creations left undone: runs that exist are put on the lists, names of others go. Costs one read when there are none. */
export async function listNewRuns(runtime: Runtime): Promise<void> {
  const { redis, keys } = runtime;
  for (const run of await redis.smembers(keys.newRuns())) {
    const [record, creating] = await redis.hmget(keys.run(run), 'record', 'creating');
    if (creating) continue;
    if (record) await list(runtime, run, (JSON.parse(record) as RunRecord).createdAt);
    else await redis.srem(keys.newRuns(), run);
  }
}

async function list({ redis, keys }: Runtime, run: RunId, createdAt: number): Promise<void> {
  await redis.zadd(keys.runs(), createdAt, run);
  await redis.sadd(keys.activeRuns(), run);
  await redis.srem(keys.newRuns(), run);
}

/** Settings that members share are stored once. */
function encodeRun(plan: NewRun, createdAt: number): { readonly record: RunRecord; readonly inputs: readonly string[] } {
  const settings: MemberSettings[] = [];
  const positions = new Map<MemberSettings | string, number>();
  const positionOf = (one: MemberSettings): number => {
    const known = positions.get(one);
    if (known !== undefined) return known;
    const text = JSON.stringify(one);
    const position = positions.get(text) ?? settings.push(one) - 1;
    positions.set(one, position).set(text, position);
    return position;
  };
  const inputs = plan.members.map((member) => encodeInput(member, positionOf(member.settings)));
  const { run, plan: name, createdBy, inFlight, hosts, adopt, intent = 'failback' } = plan;
  const lanes = lanesOf(plan.members).map(({ host, partner }) => ({ host, partner }));
  return {
    inputs,
    record: { run, plan: name, createdAt, createdBy, members: inputs.length, inFlight, hosts, lanes, adopt, intent, settings },
  };
}

/** False when the VM has been let go of, or is about to be: to be asked for again. */
async function isOpen(runtime: Runtime, { vm, run }: Conflict, hosts: readonly RunHost[]): Promise<boolean> {
  const { redis, keys } = runtime;
  const [record, creating] = await redis.hmget(keys.run(run), 'record', 'creating');
  if (!record) {
    await releaseVms(runtime, run, hosts, [vm]);
    return false;
  }
  if (creating) {
    await sleep(LOOK_MS);
    return false;
  }
  await listNewRuns(runtime);
  // A run that ended whose worker died before it gave its VMs back. One that is not active any more is just being retried.
  if ((await redis.sismember(keys.activeRuns(), run)) === 0 || !(await isSettled(runtime, run))) return true;
  await settle(runtime, run);
  return !(await isSettled(runtime, run));
}

function nameTaken(run: RunId): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'run.active',
    message: `there is a run ${run} already`,
    remedy: 'Give the new run another name, or go on with the one that is there.',
  });
}

export function vmTaken({ vm, run }: Conflict): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'run.active',
    message: `VM ${JSON.stringify(vm.vm)} on ${vm.host} is part of run ${run}, which is not finished`,
    remedy: `Follow that run ("failback watch ${run}"), or end it first ("failback cancel ${run}").`,
    details: { run },
  });
}

function expired(run: RunId): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'redis.unreachable',
    message: `run ${run} was not created: Redis was away, or this process stood still, for too long`,
    remedy: 'Run the same command again. Nothing was started.',
  });
}
