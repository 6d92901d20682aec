import type { JobTrouble } from './job.ts';

/** What a scripted fault does to an operation that was accepted. Fractions are of its work, 0 to 1. */
export interface Interference {
  /** The operation fails here. */
  readonly failAt?: { readonly fraction: number; readonly trouble: JobTrouble };
  /** The job object disappears here; the work goes on. */
  readonly vanishAt?: number;
  /** No progress from here on, for so many host seconds (null = for ever). */
  readonly stallAt?: { readonly fraction: number; readonly seconds: number | null };
  /** The replication state at the end, instead of the right one. */
  readonly endState?: number;
  /** The machine moves to another node of its cluster here. */
  readonly moveAt?: number;
}

export interface OperationPlan {
  readonly method: string;
  readonly jobType: number;
  readonly caption: string;
  readonly cancellable: boolean;
  /** Host milliseconds of work, once it is running. */
  readonly workMs: number;
  /** Needs one of the host's transfer slots, else waits in line. */
  readonly transfer: boolean;
  /** Host milliseconds before the work (or the wait for a slot) begins; default 0. */
  readonly warmUpMs?: number;
  /** `none`: no job object at all. Default `with-work`: the job ends with the work. */
  readonly job?: 'with-work' | 'at-acceptance' | 'none';
  /** The job's PercentComplete follows the work; default true. */
  readonly percentFollows?: boolean;
  /** Bytes the work moves; default none. */
  readonly bytes?: number;
  /** Host milliseconds of the work that are behind it already; default 0. */
  readonly doneMs?: number;
  /** Looks once more when the work is done: what it returns makes the operation fail. */
  check?(): JobTrouble | null;
  /** The work begins (again after a restart). */
  flows?(): void;
  done(): void;
  failed(): void;
  cancelled?(): void;
}
