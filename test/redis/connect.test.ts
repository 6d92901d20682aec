import { createServer } from 'node:net';
import { Queue, Worker } from 'bullmq';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ConnectOptions, connectRedis, type RedisRole, type RedisState } from '../../src/redis/connect.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import { freePort } from '../../src/redis/local-endpoint.ts';
import { ownRedis } from '../support/own-redis.ts';

function connect(url: string, role: RedisRole, options?: ConnectOptions): RedisConnection {
  const redis = connectRedis(url, role, options);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** A server that accepts connections and answers with the given text, or never. */
async function stranger(answer?: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer !== undefined) socket.end(answer);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return port;
}

describe('a command', () => {
  test('fails with host and port but without the password when nothing listens', async () => {
    const port = await freePort();
    const failure = await connect(`redis://:hunter2@127.0.0.1:${port}`, 'command')
      .get('key')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'redis.unreachable',
      message: `Redis at 127.0.0.1:${port} cannot be reached: nothing listens there`,
      remedy: expect.stringContaining('FAILBACK_REDIS_URL'),
    });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  test('fails at once when the password is refused, and does not repeat it', async () => {
    const { port } = await ownRedis();
    const redis = connect(`redis://:hunter2@127.0.0.1:${port}`, 'command');
    const failure = await redis.get('key').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'redis.unreachable', message: expect.stringContaining('password refused') });
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('hunter2');
    await expect(redis.get('later')).rejects.toMatchObject({ code: 'redis.unreachable' });
  });

  test('fails when a password is wanted and none is given', async () => {
    const { port } = await ownRedis();
    await expect(connect(`redis://127.0.0.1:${port}`, 'command').get('key')).rejects.toMatchObject({
      code: 'redis.unreachable',
      message: expect.stringContaining('password refused'),
    });
  });

  test('fails when a server accepts the connection and never answers', async () => {
    await expect(connect(`redis://127.0.0.1:${await stranger()}`, 'command').get('key')).rejects.toMatchObject({
      code: 'redis.unreachable',
      message: expect.stringContaining('does not answer'),
    });
  });

  test('fails when something else than Redis answers', async () => {
    const redis = connect(`redis://127.0.0.1:${await stranger('HTTP/1.1 400 Bad Request\r\n\r\n')}`, 'command');
    await expect(redis.get('key')).rejects.toMatchObject({
      code: 'redis.unreachable',
      message: expect.stringContaining('something else than Redis'),
    });
  });

  test('fails, pipelines too, when the server goes away for good', async () => {
    const server = await ownRedis();
    const redis = connect(server.url, 'command');
    await redis.set('key', 'value');
    await server.kill();
    const pipelined = redis.pipeline().get('key').exec();
    await expect(redis.get('key')).rejects.toMatchObject({ code: 'redis.unreachable' });
    expect(await pipelined.catch((error: unknown) => [[error]])).toMatchObject([[{ code: 'redis.unreachable' }]]);
  });

  test('bears a short restart', async () => {
    const server = await ownRedis();
    const redis = connect(server.url, 'command');
    await redis.set('key', 'value');
    await server.kill();
    const read = redis.get('key');
    await server.restart();
    expect(await read).toBe('value');
  });

  test('passes on what Redis answers to a wrong command', async () => {
    const redis = connect((await ownRedis()).url, 'command');
    await redis.set('key', 'value');
    await expect(redis.lpush('key', 'x')).rejects.toThrow('WRONGTYPE');
  });

  test('uses the database of the address', async () => {
    const server = await ownRedis();
    await connect(`${server.url}/3`, 'command').set('key', 'three');
    expect(await connect(server.url, 'command').get('key')).toBeNull();
  });
});

describe('a worker', () => {
  test('waits through an outage, and says so once', async () => {
    const server = await ownRedis();
    const seen: [RedisState, string | undefined][] = [];
    const redis = connect(server.url, 'worker', { onState: (state, error) => seen.push([state, error?.message]) });
    await redis.set('key', 'value');
    await server.kill();
    const read = redis.get('key');
    let attempts = 0;
    await new Promise<void>((resolve) => redis.on('reconnecting', () => ++attempts === 3 && resolve()));
    await server.restart();
    expect(await read).toBe('value');
    expect(seen.map(([state]) => state)).toEqual(['connected', 'lost', 'connected']);
    expect(seen[1]?.[1]).toContain(`Redis at 127.0.0.1:${server.port} cannot be reached`);
  });

  test('reports a server that is not there at the start', async () => {
    const port = await freePort();
    const message = await new Promise((resolve) => {
      connect(`redis://127.0.0.1:${port}`, 'worker', { onState: (_state, error) => resolve(error?.message) });
    });
    expect(message).toBe(`Redis at 127.0.0.1:${port} cannot be reached: nothing listens there`);
  });

  test('is not reported lost when it is closed on purpose', async () => {
    const states: RedisState[] = [];
    const redis = connect((await ownRedis()).url, 'worker', { onState: (state) => states.push(state) });
    await redis.ping();
    const ended = new Promise((resolve) => redis.once('end', resolve));
    redis.disconnect();
    await ended;
    expect(states).toEqual(['connected']);
  });

  test('carries BullMQ', async () => {
    const redis = connect((await ownRedis()).url, 'worker');
    const queue = new Queue('greetings', { connection: redis });
    const done = new Promise<unknown>((resolve) => {
      const worker = new Worker('greetings', async (job) => `hello ${job.data.name}`, { connection: redis });
      worker.on('completed', (_job, result) => resolve(result));
      onTestFinished(() => worker.close());
    });
    onTestFinished(() => queue.close());
    await queue.add('greet', { name: 'Milan' });
    expect(await done).toBe('hello Milan');
  });
});

test('an address that cannot be used is refused when connecting', () => {
  expect(() => connectRedis('redis+sentinel://a,b', 'worker')).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
});
