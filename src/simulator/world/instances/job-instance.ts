import { JobState } from '../../../domain/cim-job.ts';
import type { CimInstance } from '../../cim.ts';
import { cimDateTime, cimInterval } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import { concreteJob } from '../classes/job.ts';
import type { Host } from '../host.ts';
import { hasEnded, type Job, jobPercent, operationOf } from '../job.ts';

const STATUS: Readonly<Record<number, string>> = {
  [JobState.Starting]: 'Job is starting',
  [JobState.Running]: 'Job is running',
  [JobState.ShuttingDown]: 'Job is stopping',
  [JobState.Completed]: 'Job is completed successfully',
  [JobState.Terminated]: 'Job is terminated',
  [JobState.Killed]: 'Job is killed',
  [JobState.Exception]: 'Job has failed',
};

/** `Msvm_ConcreteJob`. While its work waits for a transfer slot the job is starting (3), then running (4). */
export function jobInstance(host: Host, job: Job): CimInstance {
  const time = (at: number | null): string | null => cimDateTime(at === null ? null : host.toHostTime(at));
  const ended = hasEnded(job);
  const waiting = job.state === JobState.Running && operationOf(job)?.phase === 'queued';
  const state = waiting ? JobState.Starting : job.state;
  const failed = job.trouble !== null;
  return instanceOf(concreteJob, {
    InstanceID: job.id,
    Caption: job.caption,
    Description: job.caption,
    ElementName: job.caption,
    Name: 'Msvm_ConcreteJob',
    OperationalStatus: failed ? [6] : ended ? [2, 17] : [2],
    StatusDescriptions: [STATUS[state] ?? 'Job is in another state'],
    Status: failed ? 'Error' : 'OK',
    HealthState: failed ? 25 : 5,
    JobStatus: STATUS[state] ?? null,
    TimeSubmitted: time(job.submittedAt),
    ScheduledStartTime: time(job.submittedAt),
    StartTime: time(job.startedAt),
    ElapsedTime: cimInterval((ended ? job.changedAt : host.world.now()) - job.submittedAt),
    JobRunTimes: 1,
    LocalOrUtcTime: 2,
    Notify: '',
    Owner: job.owner,
    Priority: 0,
    PercentComplete: jobPercent(job),
    DeleteOnCompletion: false,
    ErrorCode: job.trouble?.errorCode ?? 0,
    ErrorDescription: job.trouble?.description ?? '',
    ErrorSummaryDescription: job.trouble?.description.split('. ')[0] ?? '',
    RecoveryAction: 2,
    JobState: state,
    TimeOfLastStateChange: time(job.changedAt),
    TimeBeforeRemoval: cimInterval(host.quirks.jobRetentionSeconds * 1000),
    Cancellable: job.cancellable && !ended,
    JobType: job.type,
  });
}
