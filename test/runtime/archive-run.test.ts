import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ArchivePoint, archiveRun, endOf, forgetQueues } from '../../src/runtime/archive-run.ts';
import { commandMembers } from '../../src/runtime/commands.ts';
import { hostKeyOf, memberId } from '../../src/runtime/keys.ts';
import { RunArchive } from '../../src/runtime/run-archive.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { settle } from '../../src/runtime/sweep.ts';
import { holdVms } from '../../src/runtime/vm-holds.ts';
import { temporaryDirectory } from '../support/own-redis.ts';
import { keysIn, useRedis } from '../support/redis.ts';
import { keys, runOf } from './support.ts';

const { redis, url } = useRedis();
const PROGRAM = fileURLToPath(new URL('./archive-run-process.mjs', import.meta.url));
let runtime: Runtime;
let views: RunViews;
beforeEach(() => {
  runtime = new Runtime({ redis });
  views = new RunViews(redis, keys);
});

const refused = { code: 'command.refused' };

/** Of a VM on its host before a failback. */
const READY = {
  name: 'vm-1',
  power: 3,
  operationalStatus: [2],
  healthState: 5,
  mode: 2,
  replication: { state: 6, health: 1, failedOverType: 0, lastReplicationTime: null },
  testReplica: null,
};

/** A run that has ended: `m1` failed, the others were cancelled. */
async function endedRun(run: string, members = 3): Promise<void> {
  await runOf(runtime, run, members, { hosts: ['hv-a', 'hv-b'], partners: ['hv-c', null] });
  const ref = { run, id: 'm1' };
  const reporter = async (effect: string) => ({
    effect,
    token: (await runtime.read(ref))?.row.live[effect]?.token ?? '',
    final: effect === 'call',
  });
  await runtime.advance(ref, { type: 'failback.admit' });
  const seen = { side: 'home', host: 'hv-b', vm: READY, job: null, running: [], statistics: null, test: null };
  await runtime.advance(ref, { type: 'host.observed', ...seen }, await reporter('watch'));
  const error = { class: 'permanent', code: 'wmi.not-supported', message: 'not supported' };
  await runtime.advance(ref, { type: 'xstate.error.actor.call', error }, await reporter('call'));
  const others = Array.from({ length: members }, (_, n) => memberId(n)).filter((id) => id !== ref.id);
  await commandMembers(runtime, run, others, 'cancel', 'test');
  await settle(runtime, run);
  expect((await views.run(run)).counts).toMatchObject({ failed: 1, cancelled: members - 1 });
}

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function archivePath(): string {
  return join(temporaryDirectory(), 'archive', 'old.failback-archive.jsonl.gz');
}

/** Everything Redis has of a run. */
async function leftOf(run: string): Promise<readonly string[]> {
  return [
    ...(await keysIn(redis, `*{${run}}*`)),
    ...(await keysIn(redis, `*holder:${run}`)),
    ...(await redis.zrange(keys.runs(), '0', '-1')),
  ].sort();
}

async function killedAt(at: ArchivePoint, run: string, file: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, JOB: JSON.stringify({ url, run, file, at }) },
    stdio: 'inherit',
  });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

test('nothing of an archived run is left in Redis, not in its queues either; the archive has all of it', async () => {
  await endedRun('old', 1_201);
  await redis.hset(keys.progress('old'), 'm1', '40');
  for (const [prefix, name] of [
    [keys.controlQueuePrefix('old'), 'control'],
    [keys.callQueuePrefix('old', hostKeyOf('http://hv-b:1/wsman')), 'calls'],
  ] as const) {
    const queue = new Queue(name, { connection: redis, prefix });
    await queue.addBulk([
      { name: 'alarm', data: {}, opts: { jobId: 'late', delay: 60_000 } },
      { name: 'call', data: {}, opts: { jobId: 'stuck' } },
    ]);
    await queue.close();
  }
  const file = archivePath();
  const [before, members, journal] = [await views.run('old'), await allOf(views.members('old')), await allOf(views.journal('old'))];
  expect(await endOf(runtime, 'old')).toBe(journal.at(-1)?.at);
  expect(await archiveRun(runtime, 'old', file)).toEqual({ members: 1_201, entries: journal.length });
  expect(await leftOf('old')).toEqual([]);
  const archive = new RunArchive(file);
  expect(await archive.run()).toEqual(before);
  expect(await allOf(archive.members())).toEqual(members);
  expect(await allOf(archive.journal())).toEqual(journal);
  await expect(archiveRun(runtime, 'old', file)).resolves.toEqual({ members: 1_201, entries: journal.length });
  await expect(archiveRun(runtime, 'old', archivePath())).rejects.toMatchObject({ code: 'run.unknown' });
});

describe('killed in the middle', () => {
  test.each(['begun', 'written', 'kept'] as const)('%s: the run is there as it was, and the same call archives it', async (at) => {
    await endedRun('old');
    const [file, before] = [archivePath(), await leftOf('old')];
    await killedAt(at, 'old', file);
    expect(await leftOf('old')).toEqual(before);
    expect((await views.run('old')).state).toBe('finished');
    await archiveRun(runtime, 'old', file);
    expect(await leftOf('old')).toEqual([]);
    expect(readdirSync(dirname(file))).toEqual(['old.failback-archive.jsonl.gz']);
  });

  test('removed: the archive is whole, only the name is left, and the same call takes it off the list', async () => {
    await endedRun('old');
    const file = archivePath();
    await killedAt('removed', 'old', file);
    expect(await leftOf('old')).toEqual(['old']);
    expect((await new RunArchive(file).check()).members).toBe(3);
    await archiveRun(runtime, 'old', file);
    expect(await leftOf('old')).toEqual([]);
  });

  test('removed: a new run that has come to the name is left alone, and the archive with it', async () => {
    await endedRun('old');
    const file = archivePath();
    await killedAt('removed', 'old', file);
    await endedRun('old');
    const before = await leftOf('old');
    await expect(archiveRun(runtime, 'old', file)).rejects.toMatchObject({
      code: 'usage.invalid',
      message: expect.stringContaining('another run'),
    });
    expect(await leftOf('old')).toEqual(before);
  });
});

describe('refused, with nothing touched', () => {
  test('a run that has not ended', async () => {
    await runOf(runtime, 'old', 2);
    await commandMembers(runtime, 'old', ['m0'], 'cancel', null);
    const before = await leftOf('old');
    await expect(archiveRun(runtime, 'old', archivePath())).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('1 pending'),
    });
    expect(await leftOf('old')).toEqual(before);
  });

  test('a run that holds VMs: somebody is about to retry it', async () => {
    await endedRun('old');
    const { hosts } = await runtime.records.record('old');
    await holdVms(runtime, 'old', hosts, await runtime.records.inputs('old', ['m0']), 30_000);
    await expect(archiveRun(runtime, 'old', archivePath())).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('holds VMs'),
    });
    expect((await views.run('old')).state).toBe('finished');
  });

  test('a run that was retried while it was archived: it is open, and there is no archive', async () => {
    await endedRun('old');
    const file = archivePath();
    const retry = (at: ArchivePoint) => (at === 'kept' ? retryIn(new Runtime({ redis }), 'old') : undefined);
    await expect(archiveRun(runtime, 'old', file, retry)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('changed'),
    });
    expect(readdirSync(dirname(file))).toEqual([]);
    expect(await views.run('old')).toMatchObject({ state: 'running', counts: { pending: 1, failed: 0 } });
    expect(await redis.smembers(keys.activeRuns())).toEqual(['old']);
  });
});

async function retryIn(other: Runtime, run: string): Promise<void> {
  await commandMembers(other, run, ['m1'], 'retry', null);
}

test('an end that a worker died before it put it on record is put on record first', async () => {
  await runOf(runtime, 'old', 1);
  await commandMembers(runtime, 'old', ['m0'], 'cancel', null);
  await archiveRun(runtime, 'old', archivePath());
  expect(await leftOf('old')).toEqual([]);
  expect(await redis.smembers(keys.activeRuns())).toEqual([]);
});

test('a mark that a sweep of an earlier release left of a run without holds goes with it', async () => {
  await endedRun('old');
  await redis.set(keys.holder(hostKeyOf('http://hv-a:1/wsman'), 'old'), 'old');
  await archiveRun(runtime, 'old', archivePath());
  expect(await leftOf('old')).toEqual([]);
});

test('of a retry and an archiving at the same moment one wins: the run is there and open, or gone', async () => {
  for (let n = 0; n < 40; n++) {
    const run = `old-${n}`;
    await endedRun(run);
    const archiving = archiveRun(runtime, run, join(temporaryDirectory(), `${run}.gz`));
    const other = new Runtime({ redis });
    await other.records.inputs(run, ['m1']);
    const [archived] = await Promise.allSettled([archiving, retryAfter(other, run, n)]);
    const gone = (await redis.exists(keys.rows(run))) === 0;
    expect(gone).toBe(archived.status === 'fulfilled');
    expect(await redis.sismember(keys.activeRuns(), run)).toBe(gone ? 0 : 1);
    if (!gone) expect((await views.run(run)).counts).toMatchObject({ pending: 1, failed: 0 });
    if (gone) expect(await keysIn(redis, `*{${run}}*`)).toEqual([]);
  }
});

async function retryAfter(other: Runtime, run: string, turns: number): Promise<void> {
  for (let n = 0; n < turns; n++) await redis.ping();
  await retryIn(other, run);
}

describe('a file that is no archive of a run is not read as one', () => {
  test.each([
    ['it breaks off', (whole: Buffer) => whole.subarray(0, -40)],
    ['it is empty', () => Buffer.alloc(0)],
    ['it is not compressed', () => Buffer.from('{"type":"archive"}\n')],
  ])('%s', async (_, damage) => {
    await endedRun('old', 600);
    const file = archivePath();
    await archiveRun(runtime, 'old', file);
    writeFileSync(file, damage(readFileSync(file)));
    await expect(new RunArchive(file).check()).rejects.toMatchObject({ code: 'archive.unreadable' });
  });

  test('it is not there', async () => {
    await expect(new RunArchive('/nonexistent').head()).rejects.toMatchObject({ code: 'archive.unreadable' });
  });
});

test('what BullMQ writes for a worker that leaves an archived run late goes with it; of a run that is there nothing goes', async () => {
  await endedRun('old');
  const meta = `${keys.callQueuePrefix('old', hostKeyOf('http://hv-a:1/wsman'))}:calls:meta`;
  const record = await runtime.records.record('old');
  const write = () => redis.hset(meta, 'opts.maxLenEvents', '10000');
  await write();
  await forgetQueues(runtime, record);
  expect(await redis.exists(meta)).toBe(1);
  await archiveRun(runtime, 'old', archivePath());
  await write();
  await forgetQueues(runtime, record);
  expect(await leftOf('old')).toEqual([]);
});

test('where nothing can be written nothing is removed', async () => {
  await endedRun('old');
  const file = archivePath();
  writeFileSync(dirname(file), '');
  await expect(archiveRun(runtime, 'old', file)).rejects.toMatchObject({ code: 'usage.invalid' });
  expect((await views.run('old')).state).toBe('finished');
  expect(statSync(dirname(file)).isFile()).toBe(true);
});
