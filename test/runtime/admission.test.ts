import { expect, onTestFinished, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { Admission } from '../../src/runtime/admission.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { useRedis } from '../support/redis.ts';
import { keys, runOf } from './support.ts';

const { redis, url } = useRedis();
const RUN = 'r1';

/** A runtime as another process would have it: its own connection and memory. */
function runtimeOf(): Runtime {
  const own = connectRedis(url, 'worker');
  const runtime = new Runtime({ redis: own });
  onTestFinished(async () => {
    await runtime.close();
    own.disconnect();
  });
  return runtime;
}

const slotsOf = (host: string): string => keys.slots(hostKeyOf(`http://${host}:1/wsman`));
const held = async (host: string): Promise<readonly string[]> => (await redis.hkeys(slotsOf(host))).sort();
const working = async (run = RUN): Promise<readonly string[]> => (await redis.smembers(keys.status(run, 'working'))).sort();

/** A member has reached its end. */
async function end(runtime: Runtime, admission: Admission, id: string): Promise<void> {
  const member = await runtime.member({ run: RUN, id });
  if (member === null) throw new Error(`no member ${id}`);
  expect(await runtime.advance({ run: RUN, id }, { type: 'failback.cancel' })).toBe('committed');
  await admission.release({ run: RUN, id }, member);
  await admission.admit(RUN);
}

const SLOTS = slotsOf('hv-a');

test('processes that admit at once keep to the limits and hold one slot for each member in flight', async () => {
  const runtimes = [runtimeOf(), runtimeOf(), runtimeOf()];
  await runOf(runtimes[0] as Runtime, RUN, 20, { perHost: 7, inFlight: 9 });
  await runOf(runtimes[0] as Runtime, 'r2', 20, { perHost: 7, inFlight: 9 });
  const admissions = runtimes.map((runtime) => new Admission(runtime));
  for (let round = 0; round < 3; round++) {
    await Promise.all(admissions.flatMap((admission) => [admission.admit(RUN), admission.admit('r2')]));
  }
  const inFlight = (await Promise.all([RUN, 'r2'].map(async (run) => (await working(run)).map((id) => `${run}/${id}`)))).flat();
  expect(inFlight).toHaveLength(7);
  expect(await held('hv-a')).toEqual(inFlight.sort());
});

test('members are admitted in the order of the plan, from all hosts together', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 12, { hosts: ['hv-a', 'hv-b', 'hv-c'], inFlight: 5 });
  await new Admission(one).admit(RUN);
  expect(await working()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
});

test('a repair gives back slots nobody uses and restores those that were lost, but leaves an admission in progress alone', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 4, { perHost: 2 });
  const admission = new Admission(one);
  await admission.admit(RUN);
  await redis.hdel(SLOTS, `${RUN}/m0`);
  await redis.hset(SLOTS, { [`${RUN}/m2`]: 0, 'gone/m0': 0, [`${RUN}/m3`]: Date.now() });
  await admission.repair(RUN);
  expect(await held('hv-a')).toEqual([`${RUN}/m0`, `${RUN}/m1`, `${RUN}/m3`]);
});

test('a member with two hosts takes a slot of each, and the smaller limit holds', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 6, { hosts: ['hv-a'], partners: ['hv-z'], perHost: { 'hv-a': 5, 'hv-z': 2 } });
  const admission = new Admission(one);
  await admission.admit(RUN);
  expect(await working()).toEqual(['m0', 'm1']);
  expect(await held('hv-a')).toEqual([`${RUN}/m0`, `${RUN}/m1`]);
  expect(await held('hv-z')).toEqual([`${RUN}/m0`, `${RUN}/m1`]);
  await end(one, admission, 'm0');
  expect(await working()).toEqual(['m1', 'm2']);
  expect(await held('hv-z')).toEqual([`${RUN}/m1`, `${RUN}/m2`]);
});

test('sides swapped, processes at once: no limit is passed, nobody keeps a slot without being in flight, and all get their turn', async () => {
  const runtimes = [runtimeOf(), runtimeOf(), runtimeOf()];
  const first = runtimes[0] as Runtime;
  const both = ['hv-a', 'hv-b'];
  await runOf(first, RUN, 12, { hosts: both, partners: ['hv-b', 'hv-a'], perHost: 3 });
  const admissions = runtimes.map((runtime) => new Admission(runtime));
  const ended = new Set<string>();
  while (ended.size < 12) {
    await Promise.all(admissions.map((admission) => admission.admit(RUN)));
    const inFlight = await working();
    // Processes that took each other's last slot have given everything back, and the next to look finds it.
    if (inFlight.length === 0) continue;
    expect(inFlight.length).toBeLessThanOrEqual(3);
    for (const host of both) expect(await held(host)).toEqual(inFlight.map((id) => `${RUN}/${id}`));
    await end(first, admissions[0] as Admission, inFlight[0] as string);
    ended.add(inFlight[0] as string);
  }
});

test('what waits for a busy host does not keep others behind it from a free one', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 20, { partners: ['hv-z', 'hv-z', 'hv-z', null], perHost: { 'hv-a': 4, 'hv-z': 1 } });
  await new Admission(one).admit(RUN);
  // m1 is the first that waits: one slot of hv-a is kept for it.
  expect(await working()).toEqual(['m0', 'm3', 'm7']);
});

test('a pair is not passed over for ever by members that need only one of its hosts', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 30, { hosts: ['hv-a', 'hv-z', 'hv-a'], partners: [null, null, 'hv-z'], perHost: 1 });
  const admission = new Admission(one);
  await admission.admit(RUN);
  expect(await working()).toEqual(['m0', 'm1']);
  await end(one, admission, 'm0');
  expect(await working()).toEqual(['m1']);
  await end(one, admission, 'm1');
  expect(await working()).toEqual(['m2']);
  await end(one, admission, 'm2');
  expect(await working()).toEqual(['m3', 'm4']);
});

test('a repair knows both hosts of a pair', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 3, { partners: ['hv-z'], perHost: 2 });
  const admission = new Admission(one);
  await admission.admit(RUN);
  await redis.del(slotsOf('hv-z'));
  await redis.hset(slotsOf('hv-z'), { [`${RUN}/m2`]: 0 });
  await admission.repair(RUN);
  for (const host of ['hv-a', 'hv-z']) expect(await held(host)).toEqual([`${RUN}/m0`, `${RUN}/m1`]);
});

test('both names of one host take one slot of it', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 3, { partners: ['HV-A'], perHost: 2 });
  await new Admission(one).admit(RUN);
  expect(await working()).toEqual(['m0', 'm1']);
});

test('a run from before there were pairs is admitted from the lists it has', async () => {
  const one = runtimeOf();
  await runOf(one, RUN, 3, { hosts: ['hv-a', 'hv-b'] });
  const record = JSON.parse((await redis.hget(keys.run(RUN), 'record')) ?? '') as { lanes?: unknown };
  delete record.lanes;
  await redis.hset(keys.run(RUN), 'record', JSON.stringify(record));
  const other = runtimeOf();
  await new Admission(other).admit(RUN);
  expect(await working()).toEqual(['m0', 'm1', 'm2']);
});
