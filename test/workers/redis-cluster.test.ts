import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { eventually } from '../support/system.ts';
import { type Defer, ONCE, setStage } from './support/stage.ts';
import { startWorkerProcess } from './support/worker-process.ts';

/** `npm run test:cluster` gives each of the three nodes a replica and kills one. */
const withReplicas = inject('redisKind') === 'cluster';
let cluster: RedisCluster;

beforeAll(async () => {
  const directory = mkdtempSync(join(inject('runDirectory'), 'cluster-'));
  cluster = await startRedisCluster({ directory, replicas: withReplicas ? 1 : 0, nodeTimeoutMs: 500 });
});
afterAll(() => cluster.stop());

function connect(defer: Defer): RedisConnection {
  const redis = connectRedis(cluster.url, 'worker');
  defer(() => redis.disconnect());
  return redis;
}

test('pairs and VMs of a provider come home side by side, runs spread over the nodes', async ({ onTestFinished }) => {
  const redis = connect(onTestFinished);
  const stage = await setStage(redis, onTestFinished, {
    vms: 6,
    scenario: {
      hosts: [
        { name: 'dr-01', role: 'dr' },
        { name: 'home-01', role: 'home' },
      ],
      vms: [
        { count: 4, prefix: 'provider', sizeGB: 8 },
        { count: 2, prefix: 'pair', stage: ['committed'], sizeGB: 8 },
      ],
    },
  });
  const machines = stage.simulator.hosts.flatMap(({ vms }) => vms);
  const provided = machines.flatMap(({ name }, n) => (name.startsWith('provider') ? [n] : []));
  await startWorkerProcess({ redisUrl: cluster.url, prefix: stage.keys.prefix }, onTestFinished);
  const runs = await Promise.all([
    stage.createRun({ settings: { strategy: 'reverse' } }),
    stage.createRun({ only: provided.slice(0, 2) }),
    stage.createRun({ only: provided.slice(2) }),
  ]);
  const completed: number[] = [];
  for (const run of runs) completed.push((await stage.untilFinished(run)).counts.completed);
  expect(completed).toEqual([2, 2, 2]);
  expect(provided.map((n) => stage.failbacks()[n])).toEqual(Array(4).fill(ONCE));
  expect(stage.ledger.bothSidesRunning).toEqual([]);
  expect(stage.ledger.duplicateMessageIds).toEqual([]);
});

test.runIf(withReplicas)(
  'the node that keeps a run is killed after it confirmed what its replica did not hear of: no call is made twice',
  async ({ onTestFinished }) => {
    const redis = connect(onTestFinished);
    const stage = await setStage(redis, onTestFinished, {
      vms: 6,
      scenario: { faults: [{ method: 'InitiateFailback', do: { delayBeforeMs: 50, delayAfterMs: 100 } }] },
    });
    const run = await stage.createRun({ inFlight: 2 });
    await startWorkerProcess({ redisUrl: cluster.url, prefix: stage.keys.prefix }, onTestFinished);
    await eventually(async () => stage.ledger.calls.length >= 1, 5);
    const kept = stage.keys.rows(run);
    const shard = await cluster.shardOf(kept);
    await shard.cutReplication();
    const made = stage.ledger.calls.length;
    await eventually(async () => stage.ledger.calls.length >= made + 2, 5);
    const confirmed = await redis.xlen(stage.keys.journal(run));
    const killed = await shard.killPrimary();
    const node = await shard.primary();
    expect(node).not.toBe(killed);
    expect(await node.ask((direct) => direct.call('XLEN', stage.keys.journal(run)))).toBeLessThan(confirmed);
    expect((await stage.untilFinished(run)).counts.completed).toBe(6);
    expect(stage.failbacks()).toEqual(Array(6).fill(ONCE));
  },
);
