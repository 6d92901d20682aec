import type { HostObservation, JobObservation, ReplicationStatistics, VmObservation } from '../../src/domain/observation.ts';
import type { HyperVHost, ReplicationSettings } from '../../src/hyperv/hyperv-host.ts';

/**
 * The methods a lifecycle of the benchmark needs: `POST /METHOD` with its first parameters as a JSON array, answered by what it returns, as JSON.
 * One request each.
 */
export const LOOPBACK_METHODS = [
  'observe',
  'replicationSettings',
  'powerOf',
  'jobErrors',
  'initiateFailback',
  'requestStateChange',
] as const satisfies readonly (keyof HyperVHost)[];
export type LoopbackMethod = (typeof LOOPBACK_METHODS)[number];

/** Header with the process id of who asks. */
export const CLIENT_HEADER = 'x-bench-client';

/** {@link HostObservation} as JSON. */
export interface ObservationText {
  readonly takenAt: number;
  readonly vms: readonly VmObservation[];
  readonly jobs: readonly JobObservation[];
  readonly jobsOfVm: readonly (readonly [string, readonly string[]])[] | null;
  readonly statisticsOf: readonly (readonly [string, ReplicationStatistics])[];
}

export function packObservation({ takenAt, vms, jobs, jobsOfVm, statisticsOf }: HostObservation): ObservationText {
  return {
    takenAt,
    vms: [...vms.values()],
    jobs: [...jobs.values()],
    jobsOfVm: jobsOfVm && [...jobsOfVm],
    statisticsOf: [...statisticsOf],
  };
}

export function unpackObservation({ takenAt, vms, jobs, jobsOfVm, statisticsOf }: ObservationText): HostObservation {
  return {
    takenAt,
    vms: new Map(vms.map((vm) => [vm.vmId, vm])),
    jobs: new Map(jobs.map((job) => [job.jobId, job])),
    jobsOfVm: jobsOfVm && new Map(jobsOfVm),
    statisticsOf: new Map(statisticsOf),
  };
}

export function unpackSettings(settings: readonly ReplicationSettings[]): ReadonlyMap<string, ReplicationSettings> {
  return new Map(settings.map((one) => [one.vmId, one]));
}
