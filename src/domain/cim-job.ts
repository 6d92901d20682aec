import { nameOf } from './replication.ts';

/** `Msvm_ConcreteJob.JobState`. 12 is documented on `CIM_ConcreteJob` only, 32768 in Microsoft's samples only. */
export const JobState = {
  New: 2,
  Starting: 3,
  Running: 4,
  Suspended: 5,
  ShuttingDown: 6,
  Completed: 7,
  Terminated: 8,
  Killed: 9,
  Exception: 10,
  Service: 11,
  QueryPending: 12,
  CompletedWithWarnings: 32768,
} as const;

/** `JobType` values of failback jobs: the reference says 124, an older cluster assembly uses 123. */
export const FAILBACK_JOB_TYPES: readonly number[] = [124, 123];

/** `Msvm_ConcreteJob.RequestStateChange(RequestedState)`. */
export const JobRequestedState = { Start: 2, Suspend: 3, Terminate: 4, Kill: 5, Service: 6 } as const;

/** What a job's state means for whoever waits for it. `odd` (service, query pending, unknown) is neither end nor progress. */
export type JobPhase = 'running' | 'succeeded' | 'failed' | 'odd';

/**
 * The phase of a job. A success state with a non-zero `ErrorCode` counts as failed (os-win does the same).
 * @param errorCode `Msvm_ConcreteJob.ErrorCode`, 0 when there is none
 */
export function jobPhase(state: number, errorCode: number): JobPhase {
  switch (state) {
    case JobState.New:
    case JobState.Starting:
    case JobState.Running:
    case JobState.Suspended:
    case JobState.ShuttingDown:
      return 'running';
    case JobState.Completed:
    case JobState.CompletedWithWarnings:
      return errorCode === 0 ? 'succeeded' : 'failed';
    case JobState.Terminated:
    case JobState.Killed:
    case JobState.Exception:
      return 'failed';
    default:
      return 'odd';
  }
}

/** "10 (exception)". */
export function describeJobState(state: number): string {
  return `${state} (${nameOf(JobState, state)})`;
}
