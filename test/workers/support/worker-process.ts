import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Where a worker process kills itself: after a commit, before its effects are handed over · after they are · while a call that needs
 * settings is prepared, before its claim · between the claim and the call · between the host's answer and the report · after the report is on record.
 */
export type KillPoint = 'committed' | 'handed-over' | 'unclaimed' | 'claimed' | 'called' | 'reported';

export interface WorkerProcessOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly at?: KillPoint;
  /** The how-manieth time it gets there; default the first. */
  readonly nth?: number;
  /** false: counting starts with {@link WorkerProcess.arm}; default true. */
  readonly armed?: boolean;
  /** It is stopped there (SIGSTOP), not killed. */
  readonly freeze?: boolean;
}

const PROGRAM = fileURLToPath(new URL('./worker-process.mjs', import.meta.url));

/** A worker in a process of its own. */
export class WorkerProcess {
  /** Name in leases and claims. */
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(name: string, child: ChildProcess, exit: Promise<unknown>) {
    this.name = name;
    this.#child = child;
    this.#exit = exit;
  }

  /** From now on it counts how often it gets to its kill point. */
  arm(): void {
    this.#child.kill('SIGUSR2');
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#child.kill(signal);
  }

  /** Resolves with the signal that ended it, or its exit code. */
  async ended(): Promise<string | number | null> {
    await this.#exit;
    return this.#child.signalCode ?? this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exit;
  }
}

/** Starts a worker process; resolves when it serves, or has already killed itself. */
export async function startWorkerProcess(
  options: WorkerProcessOptions,
  onTestFinished: (end: () => Promise<void>) => void,
): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...process.env, JOB: JSON.stringify(options) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  const lines = createInterface({ input: child.stdout });
  const ready = (async () => {
    for await (const line of lines) if (line.startsWith('ready ')) return line.slice('ready '.length);
    return '';
  })();
  return new WorkerProcess(await Promise.race([ready, exit.then(() => '')]), child, exit);
}
