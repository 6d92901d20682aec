import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailbackError } from '../domain/failure.ts';
import { type Endpoint, LOOPBACK, listens, probe } from './local-endpoint.ts';

const LOG_FILE = 'redis.log';
const PID_FILE = 'redis.pid';
const START_PATIENCE_MS = 15_000;

export function configFileOf(directory: string): string {
  return join(directory, 'redis.conf');
}

/** The configuration file of a server that loses at most one second, never evicts, and that only the password opens. */
export function writeConfiguration(directory: string, endpoint: Endpoint, settings: Readonly<Record<string, string>>): void {
  const all: Record<string, string> = {
    bind: LOOPBACK,
    port: String(endpoint.port),
    requirepass: endpoint.password,
    dir: directory,
    logfile: join(directory, LOG_FILE),
    pidfile: join(directory, PID_FILE),
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'everysec',
    // Snapshots would repeat what the append-only file holds.
    save: '',
    'maxmemory-policy': 'noeviction',
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} ${JSON.stringify(value)}\n`);
  const draft = `${configFileOf(directory)}.${process.pid}`;
  writeFileSync(draft, lines.join(''), { mode: 0o600 });
  renameSync(draft, configFileOf(directory));
}

/** A server that was started, or the reason why not. */
export type Launch = { readonly child: ChildProcess; readonly pid: number } | { readonly failure: 'port taken' };

/**
 * Starts a server from the configuration file and waits until it answers; it may still be loading its data.
 * @param outlive false: the server ends with this process, however that ends
 * @throws FailbackError `redis.unreachable` when it does not come up, with the end of its log
 */
export async function launch(binary: string, directory: string, endpoint: Endpoint, outlive: boolean): Promise<Launch> {
  const log = openSync(join(directory, LOG_FILE), 'a', 0o600);
  const logStart = fstatSync(log).size;
  // A process group of its own: an interrupt typed at the terminal is for us, not for the server.
  const child = spawn(binary, [configFileOf(directory)], { cwd: directory, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended at once (${signal ?? code})`));
  });
  if (!outlive && child.pid !== undefined) guard(child, child.pid);

  const givenUp = performance.now() + START_PATIENCE_MS;
  let reason: string | undefined;
  while (reason === undefined && performance.now() < givenUp) {
    const found = await probe(endpoint, configFileOf(directory));
    if (found.answer === 'ours' && found.pid === child.pid) {
      child.unref();
      return { child, pid: found.pid };
    }
    reason = await Promise.race([ended, sleep(20, undefined)]);
  }
  child.kill('SIGKILL');
  const lines = logSince(directory, logStart);
  // Several processes may try at once, and all write here: only the lines of our own server count.
  const isTaken = lines.some((line) => line.startsWith(`${child.pid}:`) && /address already in use/i.test(line));
  if (reason !== undefined && isTaken) return { failure: 'port taken' };
  throw new FailbackError({
    class: 'operator',
    code: 'redis.unreachable',
    message: `${binary} does not start in ${directory}: ${reason ?? 'it does not answer'}. ${lines.slice(-4).join(' | ')}`,
    remedy: `Read ${join(directory, LOG_FILE)}, or name a running Redis with --redis or FAILBACK_REDIS_URL.`,
  });
}

/** Ends a process and waits until its port is closed; for our own child until it is gone. */
export async function end(signal: 'SIGTERM' | 'SIGKILL', pid: number, port: number, child: ChildProcess | undefined): Promise<void> {
  if (child !== undefined && (child.exitCode !== null || child.signalCode !== null)) return;
  const gone = child === undefined ? portCloses(port) : once(child, 'exit');
  child?.ref();
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
  await gone;
}

async function portCloses(port: number): Promise<void> {
  while (await listens(port)) await sleep(20);
}

/** Ends the server when our end of the pipe closes, which the kernel does however this process ends. */
function guard(server: ChildProcess, pid: number): void {
  const script = 'read -r line; kill -TERM "$1" 2>/dev/null';
  const watcher = spawn('/bin/sh', ['-c', script, 'failback-redis-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  server.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
  if (watcher.stdin instanceof Socket) watcher.stdin.unref();
}

function logSince(directory: string, start: number): string[] {
  return readFileSync(join(directory, LOG_FILE)).subarray(start).toString('utf8').trimEnd().split('\n');
}

/** The process of the directory's server, as the server wrote it down; undefined when that process is gone. */
export function recordedProcess(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, PID_FILE), 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
