import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import type { ManagedRedis } from '../../src/redis/managed-redis.ts';
import { assertSafeRedis, checkRedisSafety, type RedisFinding } from '../../src/redis/redis-safety.ts';
import { ownRedis } from '../support/own-redis.ts';
import { eventually } from '../support/system.ts';

function connect(server: ManagedRedis, user?: string): RedisConnection {
  const url = user === undefined ? server.url : server.url.replace('//:', `//${user}:`);
  const redis = connectRedis(url, 'command');
  onTestFinished(() => redis.disconnect());
  return redis;
}

async function problems(redis: RedisConnection): Promise<RedisFinding[]> {
  return (await checkRedisSafety(redis)).filter(({ severity }) => severity !== 'ok');
}

describe('a server of ours', () => {
  test('is safe', async () => {
    const redis = connect(await ownRedis());
    expect(await problems(redis)).toEqual([]);
    await assertSafeRedis(redis);
    expect((await checkRedisSafety(redis)).map(({ subject }) => subject)).toEqual([
      'version',
      'persistence',
      'fsync',
      'eviction',
      'last write',
      'loading',
      'role',
      'clock',
    ]);
  });
});

test('a server without any persistence is refused, with the remedy', async () => {
  const redis = connect(await ownRedis({ settings: { appendonly: 'no' } }));
  await expect(assertSafeRedis(redis)).rejects.toMatchObject({
    code: 'redis.unsafe',
    message: expect.stringContaining('persistence is off'),
    remedy: expect.stringContaining('appendonly yes'),
  });
});

test('snapshots alone are not enough', async () => {
  const redis = connect(await ownRedis({ settings: { appendonly: 'no', save: '3600 1' } }));
  expect(await problems(redis)).toMatchObject([{ severity: 'error', subject: 'persistence', message: expect.stringContaining('3600 1') }]);
});

test('a server that evicts is refused', async () => {
  const redis = connect(await ownRedis({ settings: { 'maxmemory-policy': 'allkeys-lru' } }));
  expect(await problems(redis)).toMatchObject([
    { severity: 'error', subject: 'eviction', message: expect.stringContaining('allkeys-lru') },
  ]);
});

test('all errors are named together', async () => {
  const redis = connect(await ownRedis({ settings: { 'maxmemory-policy': 'volatile-ttl', appendonly: 'no' } }));
  await expect(assertSafeRedis(redis)).rejects.toThrow(/persistence is off.*volatile-ttl/);
});

test('an append-only file that is not forced to disk is a warning', async () => {
  const redis = connect(await ownRedis({ appendfsync: 'no' }));
  expect(await problems(redis)).toMatchObject([{ severity: 'warning', subject: 'fsync' }]);
  await assertSafeRedis(redis);
});

test('a read-only replica is refused', async () => {
  const redis = connect(await ownRedis({ settings: { replicaof: '127.0.0.1 1' } }));
  expect(await problems(redis)).toMatchObject([
    { severity: 'error', subject: 'role', message: expect.stringContaining('127.0.0.1:1'), remedy: expect.stringContaining('primary') },
  ]);
});

test('what a managed service hides is a warning, not a verdict', async () => {
  const server = await ownRedis({ settings: { appendonly: 'no' } });
  const password = new URL(server.url).password;
  await connect(server).call('ACL', 'SETUSER', 'guest', 'on', `>${password}`, '~*', '+@all', '-config');
  const redis = connect(server, 'guest');
  expect(await problems(redis)).toMatchObject([
    { severity: 'warning', subject: 'persistence', message: expect.stringContaining('could not be read') },
  ]);
  const owner = connect(server);
  await owner.config('SET', 'appendonly', 'yes');
  expect(await problems(redis)).toMatchObject([{ severity: 'warning', subject: 'fsync', message: 'appendfsync could not be read' }]);
  // The first file is written by a process that outlives a killed server, and would write into a directory that is being removed.
  await eventually(async () => !/aof_rewrite_(in_progress|scheduled):1/.test(await owner.info('persistence')));
});

test('clocks that disagree are reported with the difference', async () => {
  const redis = connect(await ownRedis());
  await redis.ping();
  const now = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => now() - 60_000);
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await problems(redis)).toMatchObject([
    { severity: 'warning', subject: 'clock', message: expect.stringMatching(/[56]\d{4} ms ahead of/) },
  ]);
});
