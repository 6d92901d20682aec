import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { connectHost } from '../../src/bin/connect-host.ts';
import type { CliIo } from '../../src/cli/io.ts';
import type { CliParts } from '../../src/cli/parts.ts';
import { runCli } from '../../src/cli/program.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { startWorker } from '../../workers/worker.ts';

/** What a command line printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Lines of stdout as JSON. */
  readonly objects: readonly Record<string, unknown>[];
}

export interface Running {
  readonly ended: Promise<Ran>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Resolves as soon as stdout or stderr holds the text. */
  until(text: string): Promise<void>;
}

class Captured extends Writable {
  text = '';
  readonly isTTY = false;
  readonly #onWrite: () => void;

  constructor(onWrite: () => void) {
    super();
    this.#onWrite = onWrite;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.#onWrite();
    done();
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a command line in this process: real workers, real hosts over sockets, a real Redis, captured streams. */
export function start(argv: readonly string[], env: Environment = {}): Running {
  const listeners = new Set<() => void>();
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of waiting) check();
  };
  const stdout = new Captured(look);
  const stderr = new Captured(look);
  const io: CliIo = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const ended = runCli(argv, io, partsFor(env)).then((code) => ({
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    get objects() {
      return stdout.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  }));
  return {
    ended,
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!stdout.text.includes(text) && !stderr.text.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
        void ended.then((ran) => reject(new Error(`ended with ${ran.code} before it said ${text}:\n${ran.stdout}\n${ran.stderr}`)));
      }),
  };
}

/** Runs a command line to its end. */
export function failback(argv: readonly string[], env: Environment = {}): Promise<Ran> {
  return start(argv, env).ended;
}

function partsFor(env: Environment): CliParts {
  return {
    version: '0.0.0-test',
    env,
    operator: 'tester@bench',
    now: Date.now,
    connectHost: (host) => connectHost(host, { environment: env, warn: () => undefined }),
    startWorker: ({ redis, hosts, runs, concurrency, log }) =>
      startWorker({
        redis,
        hosts,
        runs,
        log,
        connectHost: (host) => connectHost(host, { environment: env, warn: () => undefined }),
        ...(concurrency === undefined ? {} : { concurrency }),
      }),
    startSimulator,
  };
}

/** A folder that is removed when the running test ends. */
export function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'failback-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Simulated hosts for the running test, with one password for all. */
export async function simulate(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ hosts: 2, vms: 5, seed: 7, speed: 1000, password: PASSWORD, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

export const PASSWORD = 'Tr0ub4dor&3-<secret>';
/** What every test's commands see: the password, and a data folder that is not used. */
export const ENVIRONMENT = { HV_PASSWORD: PASSWORD, FAILBACK_DATA: '/nonexistent/failback' };

type PlannedHost = Pick<Simulator['hosts'][number], 'name' | 'url' | 'username'> & { readonly site?: string };

export interface PlanChange {
  readonly [key: string]: unknown;
}

/** Writes a plan for all machines of a simulator. @returns its path */
export function writePlan(simulator: { readonly hosts: readonly PlannedHost[] }, change: PlanChange = {}): string {
  const file = join(folder(), 'plan.yaml');
  const hosts = Object.fromEntries(
    simulator.hosts.map(({ name, url, username, site }) => [
      name,
      {
        address: url,
        ...(change.home === undefined ? {} : { site }),
        auth: 'basic',
        credentials: { username, password: 'env:HV_PASSWORD' },
        allowUnencrypted: true,
      },
    ]),
  );
  const defaults = {
    retry: { delay: '100ms', max: '1s' },
    timeouts: { call: '5s', doubt: '1s', settle: '5s' },
    verify: { stable: '0s' },
  };
  writeFileSync(file, stringify({ version: 1, name: 'Test plan', hosts, defaults, members: [{ match: '*' }], ...change }));
  return file;
}
