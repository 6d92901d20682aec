import { expect, test } from 'vitest';
import { FailbackError } from '../../src/domain/failure.ts';
import { readJournal } from '../../src/runtime/journal.ts';
import { hostKeyOf } from '../../src/runtime/keys.ts';
import { Presence } from '../../src/runtime/presence.ts';
import type { CallJob } from '../../src/runtime/queue-jobs.ts';
import type { RunHost } from '../../src/runtime/run-record.ts';
import { useRedis } from '../support/redis.ts';
import { connectHost, eventually, runHosts } from '../support/system.ts';
import { acceptedCalls, expectAllHome, pairsIn } from './support/pairs.ts';
import { type Defer, ONCE, type Stage, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

const { redis, url } = useRedis({ keep: true });

const MISSING = {
  class: 'operator',
  code: 'secret.missing',
  message: 'env:X: the environment variable is not set',
  remedy: 'Set X.',
} as const;

/** What a process has to log on with, and whether it looked at a host. */
interface Surroundings {
  hasSecret: boolean;
  onLook: () => void;
}

function connectFrom(surroundings: Surroundings) {
  return async (found: RunHost) => {
    const host = await connectHost(found);
    const resolve = async () => {
      if (!surroundings.hasSecret) throw new FailbackError(MISSING);
    };
    return {
      ...host,
      prepare: resolve,
      async observe(...args: Parameters<typeof host.observe>) {
        await resolve();
        const seen = await host.observe(...args);
        surroundings.onLook();
        return seen;
      },
    };
  };
}

async function gaps(stage: Stage) {
  return (await new Presence(redis, stage.keys).alive()).flatMap((worker) => worker.gaps);
}

/** A worker whose secret goes after its first look, when it has taken the calls of the run: it gives them all back. */
async function secretGone(defer: Defer) {
  const stage = await setStage(redis, defer, { vms: 4, hosts: 1 });
  const surroundings: Surroundings = { hasSecret: true, onLook: () => undefined };
  surroundings.onLook = () => {
    surroundings.hasSecret = false;
  };
  await stage.startWorker({ connectHost: connectFrom(surroundings) });
  const run = await stage.createRun();
  await eventually(async () => (await callsWaiting(stage, run)) === 4 && (await gaps(stage)).length > 0);
  return { stage, run, surroundings };
}

/** Calls in the jobs that wait for a worker. */
async function callsWaiting(stage: Stage, run: string): Promise<number> {
  const queue = `${stage.keys.callQueuePrefix(run, hostKeyOf(stage.simulator.hosts[0]?.url ?? ''))}:calls`;
  const jobs = await Promise.all((await redis.lrange(`${queue}:wait`, 0, -1)).map((id) => redis.hget(`${queue}:${id}`, 'data')));
  return jobs.flatMap((data) => (data === null ? [] : (JSON.parse(data) as CallJob).calls)).length;
}

test.concurrent('a worker that loses its secret gives its calls back unclaimed and says what it lacks', async ({ onTestFinished }) => {
  const { stage, run } = await secretGone(onTestFinished);
  expect(await gaps(stage)).toEqual([{ run, host: stage.simulator.hosts[0]?.name, failure: MISSING }]);
  for (const claim of Object.values(await redis.hgetall(stage.keys.calls(run)))) expect(claim.split('|')).toHaveLength(2);
  expect((await stage.views.run(run)).counts).toMatchObject({ working: 4, attention: 0, failed: 0 });
  expect((await stage.members(run)).map(({ failure }) => failure)).toEqual(Array(4).fill(null));
  await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix }, onTestFinished);
  expect((await stage.untilFinished(run)).counts.completed).toBe(4);
  expect(stage.failbacks()).toEqual(Array(4).fill(ONCE));
  expect((await stage.members(run)).map(({ failure }) => failure)).toEqual(Array(4).fill(null));
});

test.concurrent('a worker that can log on again takes the work up by itself', async ({ onTestFinished }) => {
  const { stage, run, surroundings } = await secretGone(onTestFinished);
  surroundings.onLook = () => undefined;
  surroundings.hasSecret = true;
  expect((await stage.untilFinished(run)).counts.completed).toBe(4);
  expect(stage.failbacks()).toEqual(Array(4).fill(ONCE));
  await eventually(async () => (await gaps(stage)).length === 0);
});

test.concurrent('of two runs with secrets of their own a worker that has one serves that one', async ({ onTestFinished }) => {
  const stage = await setStage(redis, onTestFinished, { vms: 4, hosts: 1 });
  const [host] = runHosts(stage.simulator) as readonly [RunHost];
  const hostOf = (secret: string) => ({ ...host, connection: { ...(host.connection as object), secret } });
  await stage.startWorker({
    connectHost: async (found) => ({
      ...(await connectHost(found)),
      prepare: async () => {
        if ((found.connection as { secret: string }).secret !== 'mine') throw new FailbackError(MISSING);
      },
    }),
  });
  const theirs = await stage.createRun({ only: [0, 1], hosts: [hostOf('theirs')] });
  const mine = await stage.createRun({ only: [2, 3], hosts: [hostOf('mine')] });
  expect((await stage.untilFinished(mine)).counts.completed).toBe(2);
  expect((await stage.views.run(theirs)).counts).toMatchObject({ completed: 0, attention: 0, failed: 0 });
  expect(stage.failbacks()).toEqual([{ received: 0, accepted: 0 }, { received: 0, accepted: 0 }, ONCE, ONCE]);
  // Told with the next sign of life.
  await eventually(async () => (await gaps(stage)).some(({ run }) => run === theirs));
  expect((await gaps(stage)).map(({ run }) => run)).toEqual([theirs]);
});

test.concurrent('a call that needs a look at a partner this process can not log on to is left, with no attempt spent, to one that can', async ({
  onTestFinished,
}) => {
  const stage = await setStage(redis, onTestFinished, pairsIn(['prepared', 'failed-over-home']));
  const homes = ['hv-mi-01', 'hv-mi-02'];
  const lacking = async (found: RunHost) => ({
    ...(await connectHost(found)),
    prepare: async () => {
      if (!homes.includes(found.name)) throw new FailbackError(MISSING);
    },
  });
  // One that looks at the away hosts but makes no call at home, and one that could call there but can not look away.
  await stage.startWorker({ hosts: ['hv-dr-01', 'hv-dr-02'] });
  await stage.startWorker({ hosts: homes, connectHost: lacking });
  const run = await stage.createRun({ settings: { strategy: 'reverse' } });
  await eventually(async () => (await gaps(stage)).length === 2);
  await eventually(async () => (await stage.members(run)).every(({ state }) => state.endsWith(': calling')));
  for (const pair of stage.simulator.pairs) expect(acceptedCalls(stage, pair)).toEqual([]);
  for (const claim of Object.values(await redis.hgetall(stage.keys.calls(run)))) expect(claim.split('|')).toHaveLength(2);
  await startWorkerProcess({ redisUrl: url, prefix: stage.keys.prefix }, onTestFinished);
  expect((await stage.untilFinished(run)).counts.completed).toBe(2);
  expectAllHome(stage);
  for await (const { to } of readJournal(redis, stage.keys, run)) expect(to).not.toMatch(/backingOff|unseen|operator/i);
});
