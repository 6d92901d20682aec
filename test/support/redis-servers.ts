import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { LOOPBACK, listens } from '../../src/redis/local-endpoint.ts';
import { findRedisBinary } from '../../src/redis/redis-binary.ts';

export type Settings = Readonly<Record<string, string>>;

/** Of servers that tests replicate between: they keep what they confirmed, and a replica takes over from the start. */
const BASE: Settings = {
  bind: LOOPBACK,
  daemonize: 'no',
  appendonly: 'yes',
  appendfsync: 'no',
  save: '',
  'maxmemory-policy': 'noeviction',
  'repl-diskless-sync-delay': '0',
  'repl-ping-replica-period': '1',
};

/** A server process of a set: to be killed, stopped for a while, started again on its port. Ends with this process, however that ends. */
export class ServerProcess {
  readonly port: number;
  readonly #directory: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  #isStopped = false;

  /** @param kind Sentinels rewrite their configuration file; its first content is the settings */
  constructor(directory: string, port: number, settings: Settings, kind: 'server' | 'sentinel' = 'server') {
    this.port = port;
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    const file = join(directory, 'redis.conf');
    const all = { ...(kind === 'server' ? BASE : { bind: LOOPBACK }), port: String(port), dir: directory, ...settings };
    writeFileSync(
      file,
      Object.entries(all)
        .map(([name, value]) => `${name} ${value === '' ? '""' : value}\n`)
        .join(''),
    );
    this.#arguments = kind === 'sentinel' ? [file, '--sentinel'] : [file];
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** It runs and is not stopped. */
  get answers(): boolean {
    return this.isRunning && !this.#isStopped;
  }

  /** Resolves when it answers. @throws Error when it ends before */
  async start(): Promise<void> {
    const binary = findRedisBinary();
    if (binary === undefined) throw new Error('there is no redis-server on this machine: run "npm run setup"');
    const logFile = join(this.#directory, 'redis.log');
    const log = openSync(logFile, 'a');
    const child = spawn(binary, this.#arguments, { stdio: ['ignore', log, log], detached: true });
    child.unref();
    closeSync(log);
    if (child.pid === undefined) throw new Error(`${binary} does not start`);
    guard(child, child.pid);
    [this.#child, this.#isStopped] = [child, false];
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${binary} ended at once: ${readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-2).join(' | ')}`);
    });
    await Promise.race([ended, this.ask((redis) => redis.ping())]);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#isStopped = signal === 'SIGSTOP';
    this.#child?.kill(signal);
  }

  /** Ends it as a crash would; also one that is stopped. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    child.ref();
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Asks it over a connection of its own; waits until it listens, and asks again while it loads its data. */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis({
      host: LOOPBACK,
      port: this.port,
      maxRetriesPerRequest: null,
      retryStrategy: () => 30,
      enableReadyCheck: false,
    });
    redis.on('error', () => undefined);
    try {
      for (;;) {
        try {
          return await question(redis);
        } catch (error) {
          if (!String(error).includes('LOADING')) throw error;
          await sleep(30);
        }
      }
    } finally {
      redis.disconnect();
    }
  }

  /** What it has written of its append-only file; paths. */
  appendOnlyFiles(): readonly string[] {
    const directory = join(this.#directory, 'appendonlydir');
    return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
  }

  /** Lets go of its replicas, and takes none until it is started again. */
  async refuseReplicas(): Promise<void> {
    await this.ask(async (redis) => {
      await redis.call('ACL', 'SETUSER', 'default', '-psync', '-sync');
      await redis.call('CLIENT', 'KILL', 'TYPE', 'replica');
    });
    await until('the replicas to be gone', async () => (await this.info('replication')).get('connected_slaves') === '0');
  }

  /** Fields of INFO. */
  async info(section: string): Promise<ReadonlyMap<string, string>> {
    const text = await this.ask((redis) => redis.info(section));
    return new Map(text.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
  }
}

/**
 * Free ports, all different; a node of a cluster also listens 10,000 above its own. Below those that systems give to outgoing connections: a
 * server that was killed finds its port free again.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(10_000, 20_000);
    if (!(await listens(port)) && !(await listens(port + 10_000))) ports.add(port);
  }
  return [...ports];
}

/** Polls until it holds. @throws Error after `withinMs` */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = performance.now() + withinMs; !(await holds()); await sleep(30)) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
  }
}

/** Ends the server when our end of the pipe closes, which the kernel does however this process ends. */
export function guard(server: ChildProcess, pid: number): void {
  const script = 'read -r line; kill -KILL "$1" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'failback-redis-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
}
