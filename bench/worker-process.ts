import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromWorker, ToWorker, WorkerJob } from './worker-job.ts';

export interface StartOptions {
  /** Program of the worker, beside this file. */
  readonly program: `./${string}.js`;
  readonly job: WorkerJob;
}

export type Figures = Extract<FromWorker, { type: 'figures' }>;

/** A contender's worker in a process of its own; it ends with this one. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Bytes on its heap before it has anything to do. */
  idleHeap = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it serves. @throws Error when it ends before that */
  static async start({ program, job }: StartOptions): Promise<WorkerProcess> {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const child = fork(path, [], { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const worker = new WorkerProcess(child);
    worker.#say({ type: 'begin', job });
    worker.idleHeap = (await worker.#hear('ready')).heapUsed;
    return worker;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends the profile, if there is one. */
  async figures(): Promise<Figures> {
    this.#say({ type: 'figures' });
    return await this.#hear('figures');
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#say({ type: 'end' });
    await ended;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #say(message: ToWorker): void {
    this.#child.send(message);
  }

  #hear<Type extends FromWorker['type']>(type: Type): Promise<Extract<FromWorker, { type: Type }>> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) => reject(new Error(`a worker ended with ${signal ?? code}`));
      const listen = (message: FromWorker): void => {
        if (message.type !== type) return;
        this.#child.off('message', listen);
        this.#child.off('exit', ended);
        resolve(message as Extract<FromWorker, { type: Type }>);
      };
      this.#child.on('message', listen);
      this.#child.once('exit', ended);
    });
  }
}
