import { JobRequestedState, JobState } from '../../../domain/cim-job.ts';
import { instanceOf } from '../classes/declare.ts';
import { embeddedError } from '../classes/replication.ts';
import { writeEmbeddedInstance } from '../embedded-instance.ts';
import { hasEnded, type Job, operationOf } from '../job.ts';
import { cancelOperation } from '../operation.ts';
import { answer, type Method, type MethodContext, numberArgument, Refusal } from './method.ts';

/** Return values of `Msvm_ConcreteJob.RequestStateChange`: a family of their own. */
const JobReturnValue = {
  Completed: 0,
  NotSupported: 1,
  InvalidParameter: 5,
  TransitionStarted: 4096,
  InvalidTransition: 4097,
} as const;

/** Host milliseconds between a terminate request and the end of the job. */
const TERMINATE_MS = 1_000;

/** `Msvm_ConcreteJob.RequestStateChange`: 4 terminates (answers 4096, the job ends a moment later as 8), 5 kills (answers 0, the job is 9 at once). */
export const requestJobStateChange: Method = (context) => {
  const { host } = context;
  const job = targetJob(context);
  const requested = numberArgument(context, 'RequestedState');
  if (hasEnded(job)) return answer(JobReturnValue.InvalidTransition);
  const terminate = requested === JobRequestedState.Terminate;
  if (!terminate && requested !== JobRequestedState.Kill) return answer(JobReturnValue.NotSupported);
  const operation = operationOf(job);
  if (!job.cancellable || !operation) return answer(JobReturnValue.NotSupported);
  if (!terminate) {
    cancelOperation(operation, JobState.Killed);
    return answer(JobReturnValue.Completed);
  }
  job.state = JobState.ShuttingDown;
  job.changedAt = host.world.now();
  host.world.timeline.schedule(host.world.now() + TERMINATE_MS, () => cancelOperation(operation, JobState.Terminated));
  return answer(JobReturnValue.TransitionStarted);
};

/** Not supported by Hyper-V. */
export const killJob: Method = () => answer(JobReturnValue.NotSupported);

/** The first error of a job as embedded text, null when it has none. */
export const getError: Method = (context) => answer(0, { Error: errorText(targetJob(context)) });

/** All errors of a job as embedded text, null when it has none. */
export const getErrorEx: Method = (context) => {
  const text = errorText(targetJob(context));
  return answer(0, { Errors: text === null ? null : [text] });
};

function targetJob(context: MethodContext): Job {
  const job = context.host.jobs.get(String(context.call.target.values.InstanceID));
  if (!job) throw new Refusal(JobReturnValue.InvalidParameter);
  return job;
}

function errorText(job: Job): string | null {
  if (!job.trouble) return null;
  return writeEmbeddedInstance(
    instanceOf(embeddedError, {
      ErrorType: 4,
      MessageID: String(job.trouble.errorCode),
      Message: job.trouble.description,
      PerceivedSeverity: 5,
      ProbableCause: 1,
      ProbableCauseDescription: 'The replication provider reported a failure.',
      RecommendedActions: ['Read the Hyper-V-VMMS/Admin event log.'],
      ErrorSource: 'Hyper-V Virtual Machine Management',
      CIMStatusCode: 1,
    }),
  );
}
