import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { commandMembers } from '../../src/runtime/commands.ts';
import { createRun, listNewRuns, type NewRun } from '../../src/runtime/create-run.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { Presence } from '../../src/runtime/presence.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { Sweep, settle } from '../../src/runtime/sweep.ts';
import { keepHolds } from '../../src/runtime/vm-holds.ts';
import { keysIn, removeKeys, useRedis } from '../support/redis.ts';
import { quickSettings } from '../support/system.ts';
import { keys } from './support.ts';

const { redis, url } = useRedis();
let runtime: Runtime;
let views: RunViews;
beforeEach(() => {
  runtime = new Runtime({ redis });
  views = new RunViews(redis, keys);
});
const PROGRAM = fileURLToPath(new URL('./create-run-process.mjs', import.meta.url));
const HOST = hostKeyOf('http://hv-a:1/wsman');

function planOf(run: string, vms: readonly number[], hosts: readonly string[] = ['hv-a']): NewRun {
  return {
    run,
    plan: `plan of ${run}`,
    createdBy: 'test',
    inFlight: 10,
    hosts: hosts.map((name) => ({ name, address: `http://${name}:1/wsman`, inFlight: 10, connection: null })),
    members: hosts.flatMap((host) => vms.map((n) => ({ vm: `vm-${n}`, vmId: `id-${n}`, host, partner: null, settings: quickSettings }))),
    adopt: false,
  };
}

async function inProcess(plan: NewRun, at?: string): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, JOB: JSON.stringify({ url, plan, at }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return said;
}

/** Lets what expires do so now. */
async function letExpire(): Promise<void> {
  for (const key of await keysIn(redis, '*')) if ((await redis.pttl(key)) > 0) await redis.del(key);
}

/** Moves the only member of a run to its end. */
async function end(run: string): Promise<void> {
  await commandMembers(runtime, run, ['m0'], 'cancel', null);
  await settle(runtime, run);
}

test('of many runs that want the same VM at the same moment one is created, and the others are told its name', async () => {
  const names = Array.from({ length: 20 }, (_, n) => `run-${n}`);
  const results = await Promise.allSettled(
    names.map((run, n) => createRun(new Runtime({ redis }), planOf(run, n % 2 ? [1, 2, 3] : [3, 4], n % 3 ? ['hv-a', 'hv-b'] : ['hv-a']))),
  );
  const [winner] = await redis.smembers(keys.activeRuns());
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const result of results) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'run.active', details: { run: winner } });
  }
  expect(await views.list()).toEqual([winner]);
  for (const run of names) if (run !== winner) expect(await keysIn(redis, `*{${run}}*`)).toEqual([]);
});

test('a sweep that comes to look after the holds of a run which has just ended leaves no mark behind', async () => {
  await createRun(runtime, planOf('a', [1]));
  await end('a');
  await keepHolds(runtime, 'a');
  expect(await keysIn(redis, `*{h:${HOST}}:*`)).toEqual([]);
});

test('of processes that want the same VM at the same moment one creates a run', async () => {
  const said = await Promise.all(['a', 'b', 'c', 'd'].map((run) => inProcess(planOf(run, [1, 2]))));
  const [winner] = await redis.smembers(keys.activeRuns());
  expect(said.sort()).toEqual(['created', ...Array(3).fill(`run.active ${winner}`)]);
});

test('runs of different VMs, and of VMs with one id on different hosts, are created side by side', async () => {
  await Promise.all([
    createRun(runtime, planOf('a', [1])),
    createRun(runtime, planOf('b', [2])),
    createRun(runtime, planOf('c', [1], ['hv-b'])),
  ]);
  expect((await redis.smembers(keys.activeRuns())).sort()).toEqual(['a', 'b', 'c']);
});

test('a run of more VMs than one script takes is created whole, or not at all', async () => {
  const many = Array.from({ length: 1_200 }, (_, n) => n);
  await createRun(runtime, planOf('last', [1_199]));
  await expect(createRun(runtime, planOf('many', many))).rejects.toMatchObject({ details: { run: 'last' } });
  expect(await keysIn(redis, '*:vm:*')).toHaveLength(1);
  await end('last');
  await createRun(runtime, planOf('many', many));
  expect((await views.run('many')).counts.pending).toBe(1_200);
  expect(await redis.zcard(keys.ready('many', 'hv-a'))).toBe(1_200);
  for (const key of await keysIn(redis, '*')) expect([key, await redis.pttl(key)]).toEqual([key, -1]);
});

test.for(['begun', 'held', 'written'])('a creation that is killed when it has %s leaves nothing for ever, and VMs free', async (at) => {
  await inProcess(planOf('killed', [1, 2]), at);
  expect(await redis.smembers(keys.activeRuns())).toEqual([]);
  await expect(views.run('killed')).rejects.toMatchObject({ code: 'run.unknown' });
  for (const key of await keysIn(redis, '*{*')) expect(await redis.pttl(key)).toBeGreaterThan(0);
  // The records go before the holds do.
  await removeKeys(redis, '*{killed}*');
  await createRun(runtime, planOf('next', [2]));
  expect(await redis.smembers(keys.activeRuns())).toEqual(['next']);
  await end('next');
  await letExpire();
  expect(await keysIn(redis, '*killed*')).toEqual([]);
  expect(await redis.smembers(keys.newRuns())).toEqual([]);
});

test('a creation waits for one that was killed a moment ago', async () => {
  await inProcess(planOf('killed', [1]), 'held');
  const created = createRun(runtime, planOf('next', [1]));
  await removeKeys(redis, '*{killed}*');
  await created;
  expect(await views.list()).toEqual(['next']);
});

test('a run whose creation is killed after it came to exist is found, holds its VMs and is served', async () => {
  await inProcess(planOf('killed', [1]), 'published');
  expect(await views.list()).toEqual([]);
  await expect(createRun(runtime, planOf('next', [1]))).rejects.toMatchObject({ details: { run: 'killed' } });
  await listNewRuns(runtime);
  expect(await views.list()).toEqual(['killed']);
  await new Sweep(runtime, new Presence(redis, keys)).sweep('killed');
  expect(await redis.pttl(keys.heldVm(HOST, 'id-1'))).toBe(-1);
});

test('a run that ended lets go of its VMs, also when its last worker died before it did so', async () => {
  await createRun(runtime, planOf('a', [1]));
  await end('a');
  expect(await keysIn(redis, '*h:*')).toEqual([]);
  await createRun(runtime, planOf('b', [1]));
  await commandMembers(runtime, 'b', ['m0'], 'cancel', null);
  await createRun(runtime, planOf('c', [1]));
  expect(await redis.smembers(keys.activeRuns())).toEqual(['c']);
});

test('the sweep takes back what was lost of a run that is not finished, and nothing that another one holds', async () => {
  await createRun(runtime, planOf('a', [1, 2]));
  await removeKeys(redis, '*h:*');
  await createRun(runtime, planOf('b', [2]));
  await new Sweep(runtime, new Presence(redis, keys)).sweep('a');
  expect(await redis.get(keys.heldVm(HOST, 'ID-1'))).toBe('a');
  expect(await redis.get(keys.heldVm(HOST, 'ID-2'))).toBe('b');
});

test('a VM that another run took over is not retried', async () => {
  await createRun(runtime, planOf('a', [1]));
  await end('a');
  await createRun(runtime, planOf('b', [1]));
  await expect(commandMembers(runtime, 'a', ['m0'], 'retry', null)).rejects.toMatchObject({ code: 'run.active', details: { run: 'b' } });
  expect(await redis.smembers(keys.activeRuns())).toEqual(['b']);
});

test('a name is given once, and nothing of its run is touched', async () => {
  await createRun(runtime, planOf('a', [1]));
  await expect(createRun(runtime, planOf('a', [2]))).rejects.toMatchObject({ code: 'run.active', message: 'there is a run a already' });
  expect((await views.run('a')).record.members).toBe(1);
  expect(await redis.exists(keys.heldVm(HOST, 'id-2'))).toBe(0);
});
