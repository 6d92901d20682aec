import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, LOOPBACK } from '../../src/redis/local-endpoint.ts';
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

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const binary = findRedisBinary();
    if (binary === undefined) throw new Error('there is no redis-server on this machine: run "npm run setup"');
    const log = openSync(join(this.#directory, 'redis.log'), 'a');
    this.#child = spawn(binary, this.#arguments, { stdio: ['ignore', log, log], detached: true });
    this.#child.unref();
    closeSync(log);
    const pid = this.#child.pid;
    if (pid === undefined) throw new Error(`${binary} does not start`);
    guard(this.#child, pid);
    await this.ask((redis) => redis.ping());
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
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

  /** Asks it over a connection of its own; waits until it listens. */
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
      return await question(redis);
    } finally {
      redis.disconnect();
    }
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

/** Free ports, all different. A node of a cluster also listens 10,000 above its own. */
export async function freePorts(count: number, below = 65_536): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = await freePort();
    if (port < below) ports.add(port);
    else ports.add(20_000 + (port % 25_000));
  }
  return [...ports];
}

/** Polls until it holds. @throws Error after `withinMs` */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = performance.now() + withinMs; !(await holds()); await sleep(30)) {
    if (performance.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`);
  }
}

export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
}

/** Ends the server when our end of the pipe closes, which the kernel does however this process ends. */
function guard(server: ChildProcess, pid: number): void {
  const script = 'read -r line; kill -KILL "$1" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'failback-redis-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
}
