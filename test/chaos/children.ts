import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FAILBACK = fileURLToPath(new URL('../../src/bin/failback.js', import.meta.url));

/** The product as separate processes, ended with this one whatever happens. */
export class Children {
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #running = new Set<ChildProcess>();

  /** @param directory their logs go here */
  constructor(directory: string, environment: NodeJS.ProcessEnv) {
    this.#directory = directory;
    this.#environment = { ...process.env, ...environment };
    process.once('exit', () => {
      for (const child of this.#running) child.kill('SIGKILL');
    });
  }

  /** Starts `failback ARGS`; its stderr goes to `<name>.log`. */
  start(name: string, args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [FAILBACK, ...args], { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
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
  }
}

/** Lines of a child's standard output as they come. */
function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (!child.stdout) throw new Error('the child has no standard output');
  return createInterface({ input: child.stdout });
}

/** The first `count` lines; the rest is read and thrown away, so that the child never blocks. */
export async function firstLines(child: ChildProcess, count: number): Promise<readonly string[]> {
  if (!child.stdout) throw new Error('the child has no standard output');
  const reader = createInterface({ input: child.stdout });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    reader.on('line', (line) => {
      if (lines.length < count && lines.push(line) === count) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} after ${lines.length} of ${count} lines`)));
  });
  return lines;
}
