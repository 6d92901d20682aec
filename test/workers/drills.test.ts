import { describe, type ExpectStatic, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { pairsIn, sentTwice, standing } from './support/pairs.ts';
import { type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

const VMS = 4;
const settings = { strategy: 'drill' } as const;

/** Nothing of the drill is left, and no VM is touched by it. */
function expectUntouched(stage: Stage, check: ExpectStatic): void {
  const { world, pairs } = stage.simulator;
  world.settle();
  const left = [...world.hosts.values()].flatMap(({ vms }) => [...vms.values()].filter(({ testOf }) => testOf !== null));
  check(left.map(({ name }) => name)).toEqual([]);
  for (const pair of pairs)
    check(standing(stage, pair)).toEqual({ home: { mode: 2, state: 3, power: 3 }, away: { mode: 1, state: 3, power: 2 } });
  check(sentTwice(stage)).toEqual([]);
  check(world.incidents).toEqual([]);
}

const made = (stage: Stage) => stage.simulator.pairs.map(({ id }) => stage.ledger.count(id, 'TestReplicaSystem').accepted);

describe.concurrent('a drill', () => {
  test('makes a test replica of every VM, sees it run, and removes it', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, pairsIn(Array(VMS).fill('replicating')));
    const run = await stage.createRun({ settings });
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(VMS);
    check(made(stage)).toEqual(Array(VMS).fill(1));
    check(stage.ledger.calls.filter(({ method }) => method === 'DestroySystem')).toHaveLength(VMS);
    expectUntouched(stage, check);
  });

  test('removes what it made although workers die in the middle', async ({ onTestFinished, expect: check }) => {
    const stage = await setStage(redis, onTestFinished, pairsIn(Array(VMS).fill('replicating')));
    const run = await stage.createRun({ settings });
    const work = { redisUrl: url, prefix: stage.keys.prefix };
    for (const [at, nth] of [
      ['called', 3],
      ['called', 3],
      ['claimed', 4],
    ] as const) {
      await (await startWorkerProcess({ ...work, at, nth }, onTestFinished)).ended();
    }
    await startWorkerProcess(work, onTestFinished);
    check((await stage.untilFinished(run)).counts.completed).toBe(VMS);
    check(made(stage)).toEqual(Array(VMS).fill(1));
    expectUntouched(stage, check);
  });

  test('asks the test replica the probes that need no network; one that does not pass fails the drill, and leaves nothing behind', async ({
    onTestFinished,
    expect: check,
  }) => {
    const stage = await setStage(redis, onTestFinished, pairsIn(['replicating', 'replicating']));
    const unreachable = { kind: 'tcp', address: '127.0.0.1:1' } as const;
    const passing = { ...settings, probes: [{ kind: 'heartbeat' } as const, unreachable], probing: { within: 60_000, every: 200 } };
    const failing = {
      ...settings,
      probes: [{ kind: 'script', path: '/bin/false', args: [] } as const],
      probing: { within: 400, every: 200 },
    };
    const runs = [
      await stage.createRun({ settings: passing, only: [0] }),
      await stage.createRun({ settings: failing, only: [1] }),
    ] as const;
    await stage.startWorker();
    check((await stage.untilFinished(runs[0])).counts.completed).toBe(1);
    check((await stage.untilFinished(runs[1])).counts.failed).toBe(1);
    check((await stage.members(runs[1]))[0]?.failure).toMatchObject({ code: 'verify.failed' });
    expectUntouched(stage, check);
  });

  test('whose test replica can not be started fails, and leaves nothing behind', async ({ onTestFinished, expect: check }) => {
    const faults = [{ host: 'hv-mi-01', method: 'RequestStateChange', do: { returnValue: 32778 } }];
    const stage = await setStage(redis, onTestFinished, pairsIn(['replicating', 'replicating'], { faults }));
    const run = await stage.createRun({ settings });
    await stage.startWorker();
    const { counts } = await stage.untilFinished(run);
    check(counts).toMatchObject({ completed: 1, failed: 1 });
    const failed = (await stage.members(run)).find(({ status }) => status === 'failed');
    check(failed?.failure?.message).toMatch(/32778|memory/);
    expectUntouched(stage, check);
  });

  test('comes to the same end when the reply to every call is lost', async ({ onTestFinished, expect: check }) => {
    const faults = [{ nth: [1, 2], do: { drop: 'after' as const } }];
    const stage = await setStage(redis, onTestFinished, pairsIn(Array(VMS).fill('replicating'), { faults }));
    const run = await stage.createRun({ settings });
    await stage.startWorker();
    check((await stage.untilFinished(run)).counts.completed).toBe(VMS);
    check(made(stage)).toEqual(Array(VMS).fill(1));
    expectUntouched(stage, check);
  });
});
