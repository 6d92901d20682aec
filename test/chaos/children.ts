import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FAILBACK = fileURLToPath(new URL('../../src/bin/failback.js', import.meta.url));

/** A module beside this one, as Node.js is to load it. */
export function besideThis(module: string): string {
  return fileURLToPath(new URL(`./${module}.js`, import.meta.url));
}

export interface ChildOptions {
  /** Default: the product. */
  readonly script?: string;
  /** Modules loaded before the script. */
  readonly preload?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Separate processes, of the product and of what disturbs it, ended with this one whatever happens. */
export class Children {
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();
  readonly #endAll = (): void => {
    for (const child of this.#running) child.kill('SIGKILL');
  };

  /** @param directory their logs go here */
  constructor(directory: string, environment: NodeJS.ProcessEnv) {
    this.#directory = directory;
    this.#environment = { ...process.env, ...environment };
    process.once('exit', this.#endAll);
  }

  /** Starts `failback ARGS`, or another script, with a channel for messages; its stderr goes to `<name>.log`. */
  start(name: string, args: readonly string[], { script = FAILBACK, preload = [], environment = {} }: ChildOptions = {}): ChildProcess {
    const imports = preload.flatMap((module) => ['--import', module]);
    const child = spawn(process.execPath, [...imports, script, ...args], {
      env: { ...this.#environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    // A message to a process that is being killed.
    child.on('error', () => undefined);
    child.stderr?.pipe(createWriteStream(join(this.#directory, `${name}.log`), { flags: 'a' }));
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Runs `failback ARGS` to its end. @throws Error when it does not end with one of the given codes */
  async run(name: string, args: readonly string[], codes: readonly number[] = [0]): Promise<readonly string[]> {
    const child = this.start(name, args);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const lines: string[] = [];
    for await (const line of linesOf(child)) lines.push(line);
    const code = await ended;
    if (code === null || !codes.includes(code))
      throw new Error(`failback ${args.join(' ')} ended with ${code}, see ${join(this.#directory, `${name}.log`)}`);
    return lines;
  }

  async kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.kill(child)));
    process.off('exit', this.#endAll);
  }
}

/** Lines of a child's standard output as they come. */
function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (!child.stdout) throw new Error('the child has no standard output');
  return createInterface({ input: child.stdout });
}

/** The first message a child sends. @throws Error when it ends before */
export function firstMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Message));
    child.once('exit', (code, signal) => reject(new Error(`ended with ${code ?? signal} before it said anything`)));
  });
}
