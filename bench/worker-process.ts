import { Child } from './child.ts';
import type { FromWorker, ToWorker, WorkerJob } from './worker-job.ts';

export interface StartOptions {
  /** Program of the worker, beside this file. */
  readonly program: `./${string}.js`;
  readonly job: WorkerJob;
}

export type Figures = Extract<FromWorker, { type: 'figures' }>;

/** A contender's worker in a process of its own; it ends with this one. */
export class WorkerProcess {
  readonly #child: Child<ToWorker, FromWorker>;
  /** Bytes on its heap before it has anything to do. */
  idleHeap = 0;

  private constructor(child: Child<ToWorker, FromWorker>) {
    this.#child = child;
  }

  /** Resolves when it serves. @throws Error when it ends before that */
  static async start({ program, job }: StartOptions): Promise<WorkerProcess> {
    const child = new Child<ToWorker, FromWorker>(program, ['--expose-gc']);
    const worker = new WorkerProcess(child);
    worker.idleHeap = (await child.ask({ type: 'begin', job }, 'ready')).heapUsed;
    return worker;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Ends the profile, if there is one. */
  figures(): Promise<Figures> {
    return this.#child.ask({ type: 'figures' }, 'figures');
  }

  /** Bytes on its heap that are still needed: a full collection, which takes its time. */
  async heap(): Promise<number> {
    return (await this.#child.ask({ type: 'heap' }, 'heap')).heapUsed;
  }

  end(): Promise<void> {
    return this.#child.end({ type: 'end' });
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }
}
