import type { ChildProcess } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailbackError } from '../domain/failure.ts';
import { type EndpointRecord, readRecord, replaceRecord } from './endpoint-record.ts';
import { type Endpoint, freePort, LOOPBACK, probe } from './local-endpoint.ts';
import { configFileOf, end, launch, recordedProcess, writeConfiguration } from './local-server.ts';
import { makeDirectory } from './make-directory.ts';
import { findRedisBinary } from './redis-binary.ts';

export interface ManagedRedisOptions {
  /** Data, log and configuration go to `<directory>/redis`, created when missing, readable by the owner only. */
  readonly directory: string;
  /** When the append-only file is forced to disk; default `everysec`. */
  readonly appendfsync?: 'everysec' | 'always' | 'no';
  /** Default: the port used before in this directory, else a free one. */
  readonly port?: number;
  /** Further lines of the configuration file. */
  readonly settings?: Readonly<Record<string, string>>;
  /** true: the server survives this process; false (default): it ends with this process, however that ends. */
  readonly outlive?: boolean;
}

const LOAD_PATIENCE_MS = 120_000;
/** So often the port may be in use although nobody answers there, before another is chosen. */
const MAX_REFUSALS = 3;

/** A local server of our own: append-only file, no eviction, loopback only, behind a random password. */
export class ManagedRedis {
  /** Holds the password: pass it to child processes, never print it. */
  readonly url: string;
  readonly port: number;
  /** true when the server was already running. */
  readonly reused: boolean;
  readonly #directory: string;
  readonly #endpoint: Endpoint;
  readonly #outlive: boolean;
  #pid: number;
  #child: ChildProcess | undefined;

  /** Use {@link startManagedRedis} or {@link findManagedRedis}. */
  constructor(directory: string, endpoint: Endpoint, running: { pid: number; child?: ChildProcess }, outlive: boolean) {
    this.url = `redis://:${endpoint.password}@${LOOPBACK}:${endpoint.port}`;
    this.port = endpoint.port;
    this.reused = running.child === undefined;
    this.#directory = directory;
    this.#endpoint = endpoint;
    this.#outlive = outlive;
    this.#pid = running.pid;
    this.#child = running.child;
  }

  /** Process id of the server that was started last. */
  get pid(): number {
    return this.#pid;
  }

  /** Ends the server, also one that was already running; its data is on disk afterwards. */
  async stop(): Promise<void> {
    await end('SIGTERM', this.#pid, this.port, this.#child);
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    await end('SIGKILL', this.#pid, this.port, this.#child);
  }

  /**
   * Starts the server again after {@link stop}, {@link kill} or a crash: same port, same data, same settings.
   * @throws FailbackError `redis.unreachable` when somebody else took the port, or the server still runs
   */
  async restart(): Promise<void> {
    const started = await launch(requireBinary(), this.#directory, this.#endpoint, this.#outlive);
    if ('failure' in started) throw portTaken(this.port);
    this.#pid = started.pid;
    this.#child = started.child;
    await untilLoaded(this.#endpoint, this.#directory);
  }
}

/**
 * The running server of a directory, or a new one. Any number of processes may call this for one directory at once: they
 * get the same server. `appendfsync`, `port`, `settings` and `outlive` count only for the process that starts it.
 *
 * No lock file: all starters use the one port on record, and the kernel lets one of them bind it. A server binds before it
 * touches its data, so the others end harmlessly and their processes adopt the winner.
 * @throws FailbackError `redis.unreachable` when there is no server binary, the wanted port is taken, or it does not start
 */
export async function startManagedRedis(options: ManagedRedisOptions): Promise<ManagedRedis> {
  const outlive = options.outlive ?? false;
  makeDirectory(join(options.directory, 'redis'));
  const directory = dataDirectoryOf(options.directory);
  for (let refusals = 0; ; ) {
    const record = readRecord(directory);
    if (record === undefined) {
      replaceRecord(directory, undefined, options.port ?? (await freePort()));
      continue;
    }
    const found = await probe(record.endpoint, configFileOf(directory));
    if (found.answer === 'ours') return await adopt(directory, record.endpoint, found.pid, outlive);
    const mustMove = options.port !== undefined && options.port !== record.endpoint.port;
    if (found.answer === 'foreign' || mustMove || refusals === MAX_REFUSALS) {
      await move(directory, record, options.port);
      refusals = 0;
      continue;
    }
    writeConfiguration(directory, record.endpoint, { appendfsync: options.appendfsync ?? 'everysec', ...options.settings });
    const started = await launch(requireBinary(), directory, record.endpoint, outlive);
    if ('failure' in started) {
      refusals += 1;
      continue;
    }
    await untilLoaded(record.endpoint, directory);
    return new ManagedRedis(directory, record.endpoint, started, outlive);
  }
}

/** The server of a directory if it runs and answers; starts nothing. */
export async function findManagedRedis(directory: string): Promise<ManagedRedis | undefined> {
  if (!existsSync(join(directory, 'redis'))) return undefined;
  const dataDirectory = dataDirectoryOf(directory);
  const record = readRecord(dataDirectory);
  if (record === undefined) return undefined;
  const found = await probe(record.endpoint, configFileOf(dataDirectory));
  return found.answer === 'ours' ? await adopt(dataDirectory, record.endpoint, found.pid, true) : undefined;
}

/** The path as the server itself reports it: symbolic links resolved. */
function dataDirectoryOf(directory: string): string {
  return join(realpathSync(directory), 'redis');
}

async function adopt(directory: string, endpoint: Endpoint, pid: number, outlive: boolean): Promise<ManagedRedis> {
  await untilLoaded(endpoint, directory);
  return new ManagedRedis(directory, endpoint, { pid }, outlive);
}

/** Another port for the directory: somebody else listens on the one on record, or the caller wants a certain one. */
async function move(directory: string, record: EndpointRecord, wanted: number | undefined): Promise<void> {
  if (wanted === record.endpoint.port) throw portTaken(wanted);
  const pid = recordedProcess(directory);
  if (pid !== undefined) {
    throw unreachable(
      `the Redis of ${directory} (process ${pid}, port ${record.endpoint.port}) runs but does not answer`,
      `Wait for it or end process ${pid}, then try again.`,
    );
  }
  replaceRecord(directory, record, wanted ?? (await freePort()));
}

async function untilLoaded(endpoint: Endpoint, directory: string): Promise<void> {
  const givenUp = performance.now() + LOAD_PATIENCE_MS;
  for (;;) {
    const found = await probe(endpoint, configFileOf(directory));
    if (found.answer === 'ours' && !found.loading) return;
    if (found.answer === 'none' || performance.now() > givenUp) {
      throw unreachable(`the Redis of ${directory} does not finish loading its data`, `Read the log file in ${directory}.`);
    }
    await sleep(50);
  }
}

function requireBinary(): string {
  const binary = findRedisBinary();
  if (binary !== undefined) return binary;
  throw unreachable(
    'there is no redis-server or valkey-server on this machine',
    'Run "npm run setup", or name a running Redis with --redis or FAILBACK_REDIS_URL.',
  );
}

function portTaken(port: number): FailbackError {
  return unreachable(`port ${port} of ${LOOPBACK} is in use`, 'Free the port, or choose another.');
}

function unreachable(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'operator', code: 'redis.unreachable', message, remedy });
}
