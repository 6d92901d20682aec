import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { QueueKeys } from 'bullmq';
import { FailbackError } from '../domain/failure.ts';
import { MEMBER_STATUSES, type MemberStatus } from '../domain/member.ts';
import { writeLines } from './archive-file.ts';
import { hostKeyOf, memberId, RUN_INSTANCE, type RunId } from './keys.ts';
import { lanesIn } from './lanes.ts';
import { type ArchivedEntry, type ArchivedMember, type ArchiveEnd, type ArchiveHead, RunArchive } from './run-archive.ts';
import { type RunRecord, unknownRun } from './run-record.ts';
import { RunViews } from './run-view.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';
import { isSettled, settle } from './sweep.ts';

export interface Archived {
  readonly members: number;
  readonly entries: number;
}

/** Where a test may stop a process that archives a run. */
export type ArchivePoint = 'begun' | 'written' | 'kept' | 'removed';

const OPEN: readonly MemberStatus[] = ['pending', 'working', 'paused', 'attention'];
const PAGE = 500;

/** What was read of a run, as far as it must still be so when the run is removed. */
interface Reading {
  readonly record: RunRecord;
  readonly creation: string;
  revision: string;
  entries: number;
  lastEntry: string;
}

/**
 * Takes a run that has ended out of Redis: everything that is known of it is written to a file, read back, and then removed from Redis. Whoever
 * is killed meanwhile leaves the whole run there, or something that the same call finishes. Needs the same memory for every size of run.
 * @param file replaced when it holds an earlier attempt at the same run
 * @param onPoint hears how far it got
 * @throws FailbackError `run.unknown`; `command.refused` when the run has not ended, is being retried, or has changed meanwhile: nothing of it
 *   is removed; `usage.invalid` when the file can not be written or holds another run; `archive.unreadable` when it can not be read back
 */
export async function archiveRun(
  runtime: Runtime,
  run: RunId,
  file: string,
  onPoint: (at: ArchivePoint) => void | Promise<void> = () => undefined,
): Promise<Archived> {
  const { redis, keys } = runtime;
  const [text, creation] = await redis.hmget(keys.run(run), 'record', 'creation');
  if (!text) return await finish(runtime, run, file);
  const reading = { record: JSON.parse(text) as RunRecord, creation: creation ?? '', revision: '', entries: 0, lastEntry: '' };
  await requireEnded(runtime, reading.record);
  await requireOwnFile(file, reading);
  await onPoint('begun');
  await writeLines(file, linesOf(runtime, reading), async (draft) => {
    await new RunArchive(draft).check();
    await onPoint('written');
  });
  await onPoint('kept');
  if ((await remove(runtime, reading)) === 0) {
    await rm(file);
    throw refused(run, 'it has changed while it was archived', `Somebody retries it: see "failback status ${run}".`);
  }
  await onPoint('removed');
  return await finish(runtime, run, file);
}

/** When a run that has ended did so, ms since the epoch; null for one that has not, or is not there. */
export async function endOf({ redis, keys }: Runtime, run: RunId): Promise<number | null> {
  if ((await redis.sismember(keys.activeRuns(), run)) === 1) return null;
  const [last] = await redis.xrevrange(keys.journal(run), '+', '-', 'COUNT', 1);
  const at = last?.[1].indexOf('at') ?? -1;
  return at < 0 ? null : Number(last?.[1][at + 1]);
}

/**
 * A worker serves the queues of a run no more. BullMQ writes the settings of a queue anew whenever it looks for stalled jobs, and events: of a run
 * that was archived before all workers had left it, that would stay for ever.
 */
export async function forgetQueues({ redis, keys }: Runtime, { run, hosts }: RunRecord): Promise<void> {
  if ((await redis.exists(keys.run(run))) === 1) return;
  const control = new QueueKeys(keys.controlQueuePrefix(run)).getKeys('control');
  const calls = hosts.map(({ address }) => new QueueKeys(keys.callQueuePrefix(run, hostKeyOf(address))).getKeys('calls'));
  await redis.unlink([control, ...calls].flatMap((queue) => [queue.meta as string, queue.events as string]));
}

/** Takes the name of a run that was removed off the list. The archive proves that it was not lost. */
async function finish(runtime: Runtime, run: RunId, file: string): Promise<Archived> {
  if (!existsSync(file)) throw unknownRun(run);
  const archive = new RunArchive(file);
  const { record } = await archive.head();
  const { members, entries } = await archive.check();
  const unlisted = record.run === run && (await runScript(runtime.redis, 'unlist-run', [runtime.keys.runs()], [run, record.createdAt]));
  if (unlisted !== 1) throw unknownRun(run);
  runtime.forget(run);
  return { members, entries };
}

async function requireEnded(runtime: Runtime, { run, hosts }: RunRecord): Promise<void> {
  const { redis, keys } = runtime;
  const sizes = await Promise.all(OPEN.map((status) => redis.scard(keys.status(run, status))));
  const open = OPEN.flatMap((status, n) => (sizes[n] ? [`${sizes[n]} ${status}`] : []));
  if (open.length > 0) throw refused(run, `it has not ended (${open.join(', ')})`, `Follow it ("failback watch ${run}"), or end it first.`);
  // All members have ended; the worker that would have put that on record has died, or is about to do it.
  if ((await redis.sismember(keys.activeRuns(), run)) === 1 && (await isSettled(runtime, run))) await settle(runtime, run);
  const marks = hosts.map(({ address }) => keys.holder(hostKeyOf(address), run));
  const lifetimes = await Promise.all(marks.map((mark) => redis.pttl(mark)));
  if (lifetimes.some((ms) => ms > 0) || (await redis.sismember(keys.activeRuns(), run)) === 1) {
    throw refused(run, 'it holds VMs: somebody retries it, or its end is just being put on record', 'Try again in half a minute.');
  }
  // A mark without an end, of a run nobody looks after, was left behind by a sweep of an earlier release.
  await Promise.all(marks.filter((_, n) => lifetimes[n] === -1).map((mark) => redis.unlink(mark)));
}

async function requireOwnFile(file: string, { record: { run }, creation }: Reading): Promise<void> {
  if (!existsSync(file)) return;
  const head = await new RunArchive(file).head();
  if (head.run === run && head.creation === creation) return;
  const message = `${file} is the archive of another run that was called ${head.run}`;
  throw new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy: 'Name another folder with --out.' });
}

async function* linesOf(runtime: Runtime, reading: Reading): AsyncGenerator<ArchiveHead | ArchivedMember | ArchivedEntry | ArchiveEnd> {
  const { redis, keys, now } = runtime;
  const { record, creation } = reading;
  const { run, members } = record;
  const [row, { counts, calls }] = await Promise.all([
    redis.hget(keys.rows(run), RUN_INSTANCE),
    new RunViews(redis, keys, runtime.records).run(run),
  ]);
  if (row === null) throw unknownRun(run);
  reading.revision = row.slice(0, row.indexOf('|'));
  yield { type: 'archive', version: 1, run, creation, archivedAt: now(), record, row, counts, calls };
  for (let from = 0; from < members; from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, members - from) }, (_, n) => memberId(from + n));
    const [rows, inputs, progress] = await Promise.all([
      redis.hmget(keys.rows(run), ...ids),
      redis.hmget(keys.inputs(run), ...ids),
      redis.hmget(keys.progress(run), ...ids, ...ids.map((id) => `${id}.pending`)),
    ]);
    for (const [n, id] of ids.entries()) {
      const [stored, input] = [rows[n], inputs[n]];
      if (!stored || !input) throw unknownRun(run);
      yield { type: 'member', id, input, row: stored, percent: progress[n] ?? null, pending: progress[ids.length + n] ?? null };
    }
  }
  for (let page: [string, string[]][] | null = null; page === null || page.length > 0; ) {
    page = await redis.xrange(keys.journal(run), reading.lastEntry === '' ? '-' : `(${reading.lastEntry}`, '+', 'COUNT', PAGE);
    for (const [position, fields] of page) {
      reading.entries += 1;
      reading.lastEntry = position;
      yield { type: 'entry', position, fields };
    }
  }
  yield { type: 'end', members, entries: reading.entries };
}

/** @returns 0 when something has happened to the run since it was read */
async function remove({ redis, keys }: Runtime, { record, creation, revision, entries, lastEntry }: Reading): Promise<number> {
  const { run, hosts, members } = record;
  const control = new QueueKeys(keys.controlQueuePrefix(run));
  const hostKeys = hosts.map(({ address }) => hostKeyOf(address));
  const queues = hostKeys.map((hostKey) => new QueueKeys(keys.callQueuePrefix(run, hostKey)));
  const status = (name: MemberStatus) => keys.status(run, name);
  const ofRun = [
    keys.inputs,
    keys.outbox,
    keys.calls,
    keys.epoch,
    keys.due,
    keys.tally,
    keys.transferQueue,
    keys.watchVersions,
    keys.progress,
    keys.sweeper,
  ];
  const names = [
    ...[keys.run(run), keys.rows(run), keys.journal(run), ...OPEN.map(status)],
    ...MEMBER_STATUSES.filter((name) => !OPEN.includes(name)).map(status),
    ...lanesIn(record).map(({ name }) => keys.ready(run, name)),
    ...ofRun.map((key) => key(run)),
    ...hostKeys.map((hostKey) => keys.watches(run, hostKey)),
    ...Object.values(control.getKeys('control')),
    ...queues.flatMap((queue) => Object.values(queue.getKeys('calls'))),
  ];
  const beginnings = [control.toKey('control', ''), ...queues.map((queue) => queue.toKey('calls', ''))];
  return Number(await runScript(redis, 'remove-run', names, [creation, revision, members + 1, entries, lastEntry, ...beginnings]));
}

function refused(run: RunId, reason: string, remedy: string): FailbackError {
  return new FailbackError({
    class: 'permanent',
    code: 'command.refused',
    message: `run ${run} can not be archived: ${reason}`,
    remedy,
  });
}
