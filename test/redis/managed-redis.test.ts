import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { freePort, listens } from '../../src/redis/local-endpoint.ts';
import { locateRedis } from '../../src/redis/locate-redis.ts';
import { findManagedRedis, type ManagedRedis, startManagedRedis } from '../../src/redis/managed-redis.ts';
import { ownRedis, temporaryDirectory } from '../support/own-redis.ts';

async function ask<T>(server: ManagedRedis, question: (redis: ReturnType<typeof connectRedis>) => Promise<T>): Promise<T> {
  const redis = connectRedis(server.url, 'command');
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

async function occupy(port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('not redis\r\n');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
}

test('keeps the data through a crash, on the same port', async () => {
  const server = await ownRedis({ appendfsync: 'always' });
  const { port, pid } = server;
  await ask(server, (redis) => redis.set('run', 'milan-returns'));
  await server.kill();
  expect(await listens(port)).toBe(false);
  await server.restart();
  expect(await ask(server, (redis) => redis.get('run'))).toBe('milan-returns');
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
});

test('keeps the data through stop and a new start in the same directory', async () => {
  const directory = temporaryDirectory();
  const first = await ownRedis({ directory });
  await ask(first, (redis) => redis.set('run', 'milan-returns'));
  await first.stop();
  const second = await ownRedis({ directory });
  expect(second.reused).toBe(false);
  expect(second.url).toBe(first.url);
  expect(await ask(second, (redis) => redis.get('run'))).toBe('milan-returns');
});

test('starts one server however many ask at once', async () => {
  const directory = temporaryDirectory();
  const servers = await Promise.all(Array.from({ length: 6 }, () => startManagedRedis({ directory })));
  onTestFinished(() => servers[0]?.kill());
  expect(new Set(servers.map(({ pid }) => pid)).size).toBe(1);
  expect(servers.filter(({ reused }) => !reused)).toHaveLength(1);
});

test('is found, used and stopped by others while it runs, and not after', async () => {
  const directory = temporaryDirectory();
  expect(await findManagedRedis(directory)).toBeUndefined();
  const server = await ownRedis({ directory });
  const found = await findManagedRedis(directory);
  expect(found).toMatchObject({ url: server.url, pid: server.pid, reused: true });
  await found?.stop();
  expect(await findManagedRedis(directory)).toBeUndefined();
});

test('is durable, never evicts, and is closed to everybody without the password', async () => {
  const directory = temporaryDirectory();
  const server = await ownRedis({ directory });
  const config = (name: string) => ask(server, async (redis) => ((await redis.config('GET', name)) as string[])[1]);
  expect(await config('appendonly')).toBe('yes');
  expect(await config('appendfsync')).toBe('everysec');
  expect(await config('maxmemory-policy')).toBe('noeviction');
  expect(await config('bind')).toBe('127.0.0.1');
  const stranger = connectRedis(`redis://127.0.0.1:${server.port}`, 'command');
  onTestFinished(() => stranger.disconnect());
  await expect(stranger.ping()).rejects.toMatchObject({ code: 'redis.unreachable' });
  expect(statSync(join(directory, 'redis')).mode & 0o077).toBe(0);
  expect(statSync(join(directory, 'redis', 'redis.conf')).mode & 0o077).toBe(0);
});

test('works in a directory whose name needs quoting', async () => {
  const directory = join(temporaryDirectory(), 'a "quoted" näme\\ with space');
  mkdirSync(directory);
  expect(await ask(await ownRedis({ directory }), (redis) => redis.ping())).toBe('PONG');
});

test('moves to another port when a stranger took the one on record', async () => {
  const directory = temporaryDirectory();
  const first = await ownRedis({ directory });
  await ask(first, (redis) => redis.set('run', 'milan-returns'));
  await first.stop();
  await occupy(first.port);
  const second = await ownRedis({ directory });
  expect(second.port).not.toBe(first.port);
  expect(await ask(second, (redis) => redis.get('run'))).toBe('milan-returns');
});

test('takes the wanted port, and refuses when it is taken', async () => {
  const port = await freePort();
  expect((await ownRedis({ port })).port).toBe(port);
  const taken = await freePort();
  await occupy(taken);
  await expect(ownRedis({ port: taken })).rejects.toMatchObject({
    code: 'redis.unreachable',
    message: `port ${taken} of 127.0.0.1 is in use`,
  });
});

test('says why it does not start', async () => {
  await expect(ownRedis({ settings: { 'no-such-setting': '1' } })).rejects.toMatchObject({
    code: 'redis.unreachable',
    message: expect.stringContaining('no-such-setting'),
  });
});

test('never starts a second server over the data of one that hangs', async () => {
  const directory = temporaryDirectory();
  const server = await ownRedis({ directory });
  process.kill(server.pid, 'SIGSTOP');
  await expect(startManagedRedis({ directory })).rejects.toMatchObject({
    code: 'redis.unreachable',
    remedy: expect.stringContaining(String(server.pid)),
  });
  process.kill(server.pid, 'SIGCONT');
  expect((await findManagedRedis(directory))?.pid).toBe(server.pid);
});

/** A process of its own that starts a server, prints its process id and then waits. */
async function starter(directory: string, outlive: boolean) {
  const script = join(import.meta.dirname, '../../dist/src/redis/managed-redis.js');
  const program = `const { startManagedRedis } = await import(${JSON.stringify(script)});
    const server = await startManagedRedis({ directory: ${JSON.stringify(directory)}, outlive: ${outlive} });
    console.log(server.pid);
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, pid: Number(line) };
}

test('ends with the process that started it, even when that is killed', async () => {
  const directory = temporaryDirectory();
  const { child } = await starter(directory, false);
  expect(await findManagedRedis(directory)).toBeDefined();
  child.kill('SIGKILL');
  await vi.waitFor(async () => expect(await findManagedRedis(directory)).toBeUndefined(), { timeout: 10_000, interval: 50 });
});

test('outlives the process that started it when told to, and is found by the next', async () => {
  const directory = temporaryDirectory();
  const { child, pid } = await starter(directory, true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const located = await locateRedis({ environment: { FAILBACK_DATA: directory } });
  const found = await findManagedRedis(directory);
  onTestFinished(() => found?.kill());
  expect(found?.pid).toBe(pid);
  expect(located).toEqual({ source: 'managed', url: found?.url });
});

test('a process is not kept alive by the server it started', async () => {
  const directory = temporaryDirectory();
  const script = join(import.meta.dirname, '../../dist/src/redis/managed-redis.js');
  const program = `await (await import(${JSON.stringify(script)})).startManagedRedis({ directory: ${JSON.stringify(directory)} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
  await vi.waitFor(async () => expect(await findManagedRedis(directory)).toBeUndefined(), { timeout: 10_000, interval: 50 });
  expect(readFileSync(join(directory, 'redis', 'redis.log'), 'utf8')).toContain('ready to exit');
});

test('the flag comes before the environment, the environment before the managed server', async () => {
  const environment = { FAILBACK_REDIS_URL: 'redis://from-environment', FAILBACK_DATA: join(temporaryDirectory(), 'none') };
  expect(await locateRedis({ flag: 'redis://from-flag', environment })).toEqual({ url: 'redis://from-flag', source: 'flag' });
  expect(await locateRedis({ environment })).toEqual({ url: 'redis://from-environment', source: 'environment' });
  await expect(locateRedis({ environment: { FAILBACK_DATA: environment.FAILBACK_DATA }, start: false })).rejects.toMatchObject({
    code: 'redis.unreachable',
  });
  expect(existsSync(environment.FAILBACK_DATA)).toBe(false);
});
