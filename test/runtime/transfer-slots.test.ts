import { expect, onTestFinished, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { Presence } from '../../src/runtime/presence.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { Sweep } from '../../src/runtime/sweep.ts';
import { TransferSlots } from '../../src/runtime/transfer-slots.ts';
import { type Copy, observed, STAGES } from '../machines/support/pair-model.ts';
import { useRedis } from '../support/redis.ts';
import { keys, runOf } from './support.ts';

const { redis, url } = useRedis();
const RUN = 'r1';

/** A process with its own connection and memory, which follows what its own commits say about slots. */
function processOf(): { readonly runtime: Runtime; readonly slots: TransferSlots } {
  const own = connectRedis(url, 'worker');
  const following: Promise<void>[] = [];
  const runtime: Runtime = new Runtime({
    redis: own,
    onTransfer: (ref, member, moves) => {
      if (moves !== null) following.push(slots.follow(ref, member, moves));
    },
  });
  const slots: TransferSlots = new TransferSlots(runtime);
  onTestFinished(async () => {
    await Promise.all(following);
    await runtime.close();
    own.disconnect();
  });
  return { runtime, slots };
}

const held = async (host: string): Promise<readonly string[]> =>
  (await redis.hkeys(keys.transfers(hostKeyOf(`http://${host}:1/wsman`)))).sort();

async function look(runtime: Runtime, id: string, stage: string): Promise<void> {
  const ref = { run: RUN, id };
  const member = await runtime.member(ref);
  for (const side of ['home', 'away'] as const) {
    const token = (await runtime.read(ref))?.row.live.watch?.token ?? '';
    const vm = observed(STAGES[stage]?.[side] as Copy);
    const host = side === 'home' ? member?.host : member?.partner;
    const seen = { type: 'host.observed', side, host, vm, job: null, running: [], statistics: null, test: null };
    await runtime.advance(ref, seen, { effect: 'watch', token, final: false });
  }
}

async function stateOf(runtime: Runtime, id: string): Promise<unknown> {
  return (await runtime.read({ run: RUN, id }))?.row.value;
}

/** Members that have come to their first copy, and ask. */
async function asking(runtime: Runtime, count: number, transfers: number): Promise<readonly string[]> {
  await runOf(runtime, RUN, count, { hosts: ['hv-a'], partners: ['hv-z'], settings: { strategy: 'reverse' }, transfers });
  const ids = Array.from({ length: count }, (_, n) => `m${n}`);
  for (const id of ids) {
    await runtime.advance({ run: RUN, id }, { type: 'failback.admit' });
    // What is done is passed over in the first look, the copy is weighed in the second.
    await look(runtime, id, 'reversed');
    await look(runtime, id, 'reversed');
    expect(await stateOf(runtime, id)).toBe('queued');
  }
  return ids;
}

test('grants slots of both hosts in the order of the plan, as far as they go, and the next when one is given back', async () => {
  const { runtime, slots } = processOf();
  await asking(runtime, 4, 2);
  await slots.grant(RUN);
  for (const host of ['hv-a', 'hv-z']) expect(await held(host)).toEqual(['r1/m0', 'r1/m1']);
  expect(await Promise.all(['m0', 'm1', 'm2', 'm3'].map((id) => stateOf(runtime, id)))).toEqual([
    'checking',
    'checking',
    'queued',
    'queued',
  ]);
  await look(runtime, 'm0', 'replicating');
  await expect.poll(() => held('hv-z')).toEqual(['r1/m1']);
  await slots.grant(RUN);
  expect(await held('hv-a')).toEqual(['r1/m1', 'r1/m2']);
  expect(await redis.zrange(keys.transferQueue(RUN), '0', '-1')).toEqual(['m3']);
});

test('processes that grant at once keep to the limit', async () => {
  const processes = [processOf(), processOf(), processOf()];
  const [{ runtime }] = processes as [(typeof processes)[0]];
  await asking(runtime, 12, 5);
  await Promise.all(processes.map(({ slots }) => slots.grant(RUN)));
  expect(await held('hv-a')).toHaveLength(5);
  expect(await held('hv-z')).toEqual(await held('hv-a'));
});

test('data that moves already takes slots beyond the limit, and nobody else begins', async () => {
  const { runtime, slots } = processOf();
  await asking(runtime, 3, 1);
  await runtime.advance({ run: RUN, id: 'm2' }, { type: 'failback.cancel' });
  await runtime.advance({ run: RUN, id: 'm2' }, { type: 'failback.retry' });
  expect(await redis.zrange(keys.transferQueue(RUN), '0', '-1')).toEqual(['m0', 'm1']);
  await slots.grant(RUN);
  await look(runtime, 'm0', 'copying');
  await slots.follow({ run: RUN, id: 'm1' }, { host: 'hv-a', partner: 'hv-z' }, true);
  expect(await held('hv-a')).toEqual(['r1/m0', 'r1/m1']);
  await slots.grant(RUN);
  expect(await stateOf(runtime, 'm1')).toBe('queued');
});

test('what a crash leaves behind is put right: a request that got lost, slots that did, and slots of nobody', async () => {
  const { runtime, slots } = processOf();
  await asking(runtime, 2, 1);
  await slots.grant(RUN);
  await look(runtime, 'm0', 'copying');
  await redis.del(keys.transferQueue(RUN));
  await redis.del(keys.transfers(hostKeyOf('http://hv-a:1/wsman')));
  await redis.hset(keys.transfers(hostKeyOf('http://hv-z:1/wsman')), { 'r1/m1': 0, 'gone/m7': 0 });
  await new Sweep(runtime, new Presence(redis, keys)).sweep(RUN, true);
  await slots.repair(RUN);
  await expect.poll(() => held('hv-a')).toEqual(['r1/m0']);
  expect(await held('hv-z')).toEqual(['r1/m0']);
  expect(await redis.zrange(keys.transferQueue(RUN), '0', '-1')).toEqual(['m1']);
});
