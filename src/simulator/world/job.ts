import { JobState } from '../../domain/cim-job.ts';
import type { Host } from './host.ts';
import type { Operation } from './operation.ts';
import { randomStream } from './random.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** What a failed job reports. */
export interface JobTrouble {
  /** `ErrorCode`, a number of the 32768 family. */
  readonly errorCode: number;
  /** `ErrorDescription`; an HRESULT is written into it, as Hyper-V does. */
  readonly description: string;
}

export interface Job {
  readonly id: string;
  readonly type: number;
  readonly caption: string;
  readonly owner: string;
  readonly vm: VirtualMachine | null;
  readonly cancellable: boolean;
  readonly submittedAt: number;
  startedAt: number | null;
  changedAt: number;
  state: number;
  trouble: JobTrouble | null;
  /** Null once the job has ended, and for jobs that do not follow their work. */
  progress: (() => number) | null;
  percent: number;
}

/** True for completed, terminated, killed and exception. */
export function hasEnded(job: Job): boolean {
  return ![JobState.New, JobState.Starting, JobState.Running, JobState.ShuttingDown].includes(job.state as 2);
}

/** Creates a running job on the host. Its id depends on the seed, the machine and how many jobs the machine had, on nothing else. */
export function createJob(
  host: Host,
  vm: VirtualMachine | null,
  spec: { type: number; caption: string; owner: string; cancellable: boolean },
): Job {
  const nth = vm ? vm.jobCount++ : host.jobCount++;
  const now = host.world.now();
  const job: Job = {
    ...spec,
    id: randomStream(host.world.seed, 'job', host.name, vm?.id ?? '', nth).guid(),
    vm,
    submittedAt: now,
    startedAt: now,
    changedAt: now,
    state: JobState.Running,
    trouble: null,
    progress: null,
    percent: 0,
  };
  host.jobs.set(job.id, job);
  return job;
}

/** Ends a job; it disappears when the host's retention time has passed. Ending it twice does nothing. */
export function endJob(host: Host, job: Job, state: number, trouble: JobTrouble | null = null): void {
  if (hasEnded(job)) return;
  job.percent = state === JobState.Completed ? 100 : jobPercent(job);
  job.progress = null;
  job.state = state;
  job.trouble = trouble;
  job.changedAt = host.world.now();
  const retentionMs = host.quirks.jobRetentionSeconds * 1000;
  host.world.timeline.schedule(job.changedAt + retentionMs, () => {
    if (host.jobs.get(job.id) === job) host.jobs.delete(job.id);
  });
}

/** 0 to 100. */
export function jobPercent(job: Job): number {
  return job.progress ? Math.min(100, Math.floor(job.progress() * 100)) : job.percent;
}

/** The jobs of a machine the host still keeps, oldest first. */
export function jobsOf(host: Host, vm: VirtualMachine): Job[] {
  return [...host.jobs.values()].filter((job) => job.vm === vm);
}

/** The unfinished operation behind a job, if there is one. */
export function operationOf(job: Job): Operation | null {
  return job.vm?.operation?.job === job ? job.vm.operation : null;
}
