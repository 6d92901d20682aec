import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManagedRedis, startManagedRedis } from '../../src/redis/managed-redis.ts';
import { findRedisBinary } from '../../src/redis/redis-binary.ts';
import type { DisturbedRedis } from './disturbed-redis.ts';
import type { Kind } from './schedule.ts';

/** How often the size of the append-only file is looked at, milliseconds. */
const LOOK_MS = 100;
/** What a power cut may take with `everysec`, milliseconds. */
const LAST_SECOND_MS = 1_000;
/** What fits on the disk once it is about to be full, bytes. */
const LAST_SPACE = 2_048;
/** A server that was killed is away for so long at most, milliseconds. */
const LONGEST_DOWN_MS = 1_000;

/** A Redis with an append-only file (`everysec`) that is killed, stopped, loses the last second of what it had confirmed, or has a full disk. */
export class FragileRedis implements DisturbedRedis {
  readonly url: string;
  readonly ports: readonly number[];
  readonly #server: ManagedRedis;
  readonly #files: string;
  readonly #sizes: { readonly file: string; readonly bytes: number; readonly at: number }[] = [];
  readonly #looking: NodeJS.Timeout;
  readonly #cutOff: string[] = [];
  #lostBytes = 0;

  private constructor(server: ManagedRedis, files: string) {
    this.url = server.url;
    this.ports = [server.port];
    this.#server = server;
    this.#files = files;
    this.#looking = setInterval(() => this.#noteSize(), LOOK_MS);
  }

  static async start(directory: string): Promise<FragileRedis> {
    ignoreFileSizeSignal(join(directory, 'bin'));
    const server = await startManagedRedis({ directory, settings: { 'aof-load-truncated': 'yes' } });
    return new FragileRedis(server, join(directory, 'redis', 'appendonlydir'));
  }

  get lostBytes(): number {
    return this.#lostBytes;
  }

  async primaryPort(): Promise<number> {
    return this.#server.port;
  }

  async disturb(kind: Kind, forMs: number): Promise<boolean> {
    switch (kind) {
      case 'redis-kill':
        await this.#kill(Math.min(forMs, LONGEST_DOWN_MS));
        return true;
      case 'redis-tail':
        await this.#loseLastSecond(Math.min(forMs, LONGEST_DOWN_MS));
        return true;
      case 'redis-stop':
        await this.#stop(forMs);
        return true;
      case 'redis-full':
        return this.#fillDisk(forMs);
      default:
        throw new RangeError(`${kind} does not happen to one Redis alone`);
    }
  }

  remnants(): readonly string[] {
    return this.#cutOff;
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.#server.stop();
  }

  async #kill(downMs: number): Promise<void> {
    await this.#server.kill();
    await sleep(downMs);
    await this.#server.restart();
  }

  async #stop(forMs: number): Promise<void> {
    process.kill(this.#server.pid, 'SIGSTOP');
    await sleep(forMs);
    process.kill(this.#server.pid, 'SIGCONT');
  }

  /** A power cut: what the append-only file gained in the last second is not on the disk. */
  async #loseLastSecond(downMs: number): Promise<void> {
    await this.#server.kill();
    const file = this.#newest();
    const kept = this.#sizes.filter((size) => size.file === file && size.at <= performance.now() - LAST_SECOND_MS).at(-1)?.bytes ?? 0;
    const bytes = readFileSync(file);
    this.#cutOff.push(bytes.toString('latin1', Math.min(kept, bytes.length)));
    truncateSync(file, Math.min(kept, bytes.length));
    this.#lostBytes += Math.max(0, bytes.length - kept);
    await sleep(downMs);
    await this.#server.restart();
  }

  /** The disk is full for a time: a limit on how large files of this process may become. @returns false where the system has no `prlimit` */
  async #fillDisk(forMs: number): Promise<boolean> {
    if (!this.#limit(String(statSync(this.#newest()).size + LAST_SPACE))) return false;
    await sleep(forMs);
    return this.#limit('unlimited');
  }

  #limit(bytes: string): boolean {
    return spawnSync('prlimit', [`--pid=${this.#server.pid}`, `--fsize=${bytes}:unlimited`], { stdio: 'ignore' }).status === 0;
  }

  #noteSize(): void {
    const file = this.#newest();
    this.#sizes.push({ file, bytes: statSync(file).size, at: performance.now() });
    if (this.#sizes.length > (5 * LAST_SECOND_MS) / LOOK_MS) this.#sizes.shift();
  }

  /** The file that is being appended to. */
  #newest(): string {
    const numbered = readdirSync(this.#files).flatMap((name) => {
      const number = /\.(\d+)\.incr\.aof$/.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    });
    const last = numbered.sort((a, b) => a.number - b.number).at(-1);
    if (!last) throw new Error(`no append-only file in ${this.#files}`);
    return join(this.#files, last.name);
  }
}

/**
 * A file that must not grow ends a process by default. For a server that is started from now on it is an error of the write, as a full disk is:
 * an ignored signal stays ignored in the program a shell turns into.
 */
function ignoreFileSizeSignal(directory: string): void {
  const binary = findRedisBinary();
  if (binary === undefined) throw new Error('there is no redis-server or valkey-server on this machine');
  const wrapper = join(directory, 'redis-server');
  mkdirSync(directory, { recursive: true });
  writeFileSync(wrapper, `#!/bin/sh\ntrap '' XFSZ\nexec '${binary}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  process.env.PATH = `${directory}${delimiter}${process.env.PATH ?? ''}`;
}
