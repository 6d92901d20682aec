import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ManagedRedis, startManagedRedis } from '../../src/redis/managed-redis.ts';
import { findRedisBinary } from '../../src/redis/redis-binary.ts';

/** How often the size of the append-only file is looked at, milliseconds. */
const LOOK_MS = 100;
/** What a power cut may take with `everysec`, milliseconds. */
const LAST_SECOND_MS = 1_000;
/** What fits on the disk once it is about to be full, bytes. */
const LAST_SPACE = 2_048;

/** A Redis with an append-only file (`everysec`) that is killed, stopped, loses the last second of what it had confirmed, or has a full disk. */
export class FragileRedis {
  readonly server: ManagedRedis;
  readonly #files: string;
  readonly #sizes: { readonly file: string; readonly bytes: number; readonly at: number }[] = [];
  readonly #looking: NodeJS.Timeout;
  /** What was cut off so far. */
  readonly cutOff: string[] = [];

  private constructor(server: ManagedRedis, files: string) {
    this.server = server;
    this.#files = files;
    this.#looking = setInterval(() => this.#noteSize(), LOOK_MS);
  }

  static async start(directory: string): Promise<FragileRedis> {
    ignoreFileSizeSignal(join(directory, 'bin'));
    const server = await startManagedRedis({ directory, settings: { 'aof-load-truncated': 'yes' } });
    return new FragileRedis(server, join(directory, 'redis', 'appendonlydir'));
  }

  async kill(downMs: number): Promise<void> {
    await this.server.kill();
    await sleep(downMs);
    await this.server.restart();
  }

  async stop(forMs: number): Promise<void> {
    process.kill(this.server.pid, 'SIGSTOP');
    await sleep(forMs);
    process.kill(this.server.pid, 'SIGCONT');
  }

  /** A power cut: what the append-only file gained in the last second is not on the disk. @returns bytes that were lost */
  async loseLastSecond(downMs: number): Promise<number> {
    await this.server.kill();
    const file = this.#newest();
    const kept = this.#sizes.filter((size) => size.file === file && size.at <= performance.now() - LAST_SECOND_MS).at(-1)?.bytes ?? 0;
    const bytes = readFileSync(file);
    this.cutOff.push(bytes.toString('latin1', Math.min(kept, bytes.length)));
    truncateSync(file, Math.min(kept, bytes.length));
    await sleep(downMs);
    await this.server.restart();
    return Math.max(0, bytes.length - kept);
  }

  /** The disk is full for a time: a limit on how large files of this process may become. @returns false where the system has no `prlimit` */
  async fillDisk(forMs: number): Promise<boolean> {
    if (!this.#limit(String(statSync(this.#newest()).size + LAST_SPACE))) return false;
    await sleep(forMs);
    return this.#limit('unlimited');
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.server.stop();
  }

  #limit(bytes: string): boolean {
    return spawnSync('prlimit', [`--pid=${this.server.pid}`, `--fsize=${bytes}:unlimited`], { stdio: 'ignore' }).status === 0;
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
