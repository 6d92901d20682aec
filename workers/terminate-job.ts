import { JobRequestedState } from '../src/domain/cim-job.ts';
import type { Effect } from './effect.ts';
import { effectInput, effectOutput } from './schemas.ts';

/** `Msvm_ConcreteJob.RequestStateChange(4)`: asks the host to end a job. Cancellable or not, the answer is never a promise. */
export const terminateJob: Effect = {
  name: 'terminateJob',
  input: effectInput,
  output: effectOutput,
  needsSettings: false,
  run: ({ host, input }, control) => host.requestJobStateChange(input.jobId ?? '', JobRequestedState.Terminate, control),
};
