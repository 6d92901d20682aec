import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type ConnectOptions, connectRedis, type RedisRole, type RedisState } from '../../src/redis/connect.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { freePort } from '../../src/redis/local-endpoint.ts';
import { checkRedisSafety, type RedisFinding } from '../../src/redis/redis-safety.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster.ts';
import { until } from '../support/redis-servers.ts';
import { type SentinelTrio, startSentinelTrio } from '../support/sentinel-trio.ts';

function connect(url: string, role: RedisRole, options?: ConnectOptions): RedisConnection {
  const redis = connectRedis(url, role, options);
  onTestFinished(() => redis.disconnect());
  return redis;
}

function failureOf(redis: RedisConnection): Promise<unknown> {
  return redis.get('key').catch((error: unknown) => error);
}

/** But for what the tests' servers are spared. */
async function problems(redis: RedisConnection): Promise<readonly RedisFinding[]> {
  return (await checkRedisSafety(redis)).filter(({ severity, subject }) => severity !== 'ok' && subject !== 'fsync');
}

describe('behind Sentinels', () => {
  let trio: SentinelTrio;
  beforeAll(async () => {
    trio = await startSentinelTrio({ directory: mkdtempSync(join(inject('runDirectory'), 'trio-')), replicas: 1, downAfterMs: 300 });
  });
  afterAll(() => trio.stop());

  test('a command gives up, in words and without the password, when no Sentinel is there', async () => {
    const port = await freePort();
    const failure = await failureOf(connect(`redis+sentinel://:hunter2@127.0.0.1:${port}/main`, 'command'));
    expect(failure).toMatchObject({
      code: 'redis.unreachable',
      message: `Redis at main (Sentinels 127.0.0.1:${port}) cannot be reached: the Sentinel at 127.0.0.1:${port} cannot be asked: the connection is refused or closed`,
    });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  test('a command gives up when the Sentinels know no primary of that name', async () => {
    const failure = await failureOf(connect(trio.url.replace(/\/[^/]+$/, '/another'), 'command'));
    expect(failure).toMatchObject({ code: 'redis.unreachable', message: expect.stringMatching(/knows no primary of that name$/) });
  });

  test('uses the database of the address', async () => {
    await connect(`${trio.url}/3`, 'command').set('key', 'three');
    expect(await connect(trio.url, 'command').get('key')).toBeNull();
  });

  test('is told what a failover may forget, until the primary confirms nothing alone', async () => {
    const redis = connect(trio.url, 'command');
    expect(await problems(redis)).toMatchObject([
      { severity: 'warning', subject: 'replication', remedy: expect.stringMatching(/min-replicas/) },
    ]);
    await redis.config('SET', 'min-replicas-to-write', 1);
    expect(await problems(redis)).toEqual([]);
    await redis.config('SET', 'min-replicas-to-write', 0);
  });

  test('a worker follows the primary when that stops answering: its command waits, and is answered by the next', async () => {
    const states: RedisState[] = [];
    const redis = connect(trio.url, 'worker', { onState: (state) => states.push(state) });
    await redis.set('key', 'value');
    await trio.untilReplicated();
    const silent = await trio.primary();
    silent.signal('SIGSTOP');
    onTestFinished(async () => {
      silent.signal('SIGCONT');
    });
    expect(await redis.set('key', 'new')).toBe('OK');
    expect(await trio.primary()).not.toBe(silent);
    expect(states).toEqual(['connected', 'lost', 'connected']);
  });

  test('a worker outlives the news of a failover that comes while it asks the Sentinels for the primary', async () => {
    await trio.untilReplicated();
    const redis = connect(trio.url, 'worker');
    await redis.set('key', 'value');
    const ask = (...words: readonly [string, ...string[]]) =>
      Promise.all(trio.sentinels.map((sentinel) => sentinel.ask((own) => own.call(...words))));
    await until('the worker to listen', async () => (await ask('CLIENT', 'LIST')).every((list) => /\bsub=1\b/.test(String(list))));
    const killed = await trio.primary();
    // Who asks gets no answer, who listens hears.
    await ask('ACL', 'SETUSER', 'default', '-sentinel|get-master-addr-by-name');
    await killed.kill();
    const known = async () => (await ask('SENTINEL', 'MASTERS')).map((masters) => (masters as string[][])[0]?.[5]);
    await until('a failover', async () => (await known()).every((port) => port !== String(killed.port)));
    await ask('ACL', 'SETUSER', 'default', '+sentinel|get-master-addr-by-name');
    expect(await redis.set('key', 'new')).toBe('OK');
    await trio.restart(killed);
  });
});

describe('a cluster', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ directory: mkdtempSync(join(inject('runDirectory'), 'cluster-')), nodeTimeoutMs: 500 });
  });
  afterAll(() => cluster.stop());

  test('a command gives up, in words, when no node is there', async () => {
    const port = await freePort();
    expect(await failureOf(connect(`redis+cluster://:hunter2@127.0.0.1:${port}`, 'command'))).toMatchObject({
      code: 'redis.unreachable',
      message: `Redis at cluster 127.0.0.1:${port} cannot be reached: the connection is refused or closed`,
    });
  });

  test('passes on what Redis answers to a wrong command', async () => {
    const redis = connect(cluster.url, 'command');
    await redis.set('key', 'value');
    await expect(redis.lpush('key', 'x')).rejects.toThrow('WRONGTYPE');
  });

  test('every primary is looked at, and named', async () => {
    const found = await problems(connect(cluster.url, 'command'));
    const expected = cluster.nodes.map(({ port }) => `127.0.0.1:${port}: this primary has no replica: nobody takes over from it`);
    expect(found.map(({ message }) => message).sort()).toEqual([...expected].sort());
  });

  test('a worker waits while all nodes are away, pipelines too; a command gives up', async () => {
    const states: RedisState[] = [];
    const redis = connect(cluster.url, 'worker', { onState: (state) => states.push(state) });
    const person = connect(cluster.url, 'command');
    await redis.set('key', 'value');
    expect(await person.get('key')).toBe('value');
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    const waiting = redis.get('key');
    const pipelined = redis.pipeline().set('{key}:2', 'two').get('key').exec();
    expect(await failureOf(person)).toMatchObject({ code: 'redis.unreachable' });
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.untilWhole();
    expect(await waiting).toBe('value');
    expect(await pipelined).toEqual([
      [null, 'OK'],
      [null, 'value'],
    ]);
    expect(states).toEqual(['connected', 'lost', 'connected']);
  });
});
