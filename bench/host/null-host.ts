import { JobState } from '../../src/domain/cim-job.ts';
import type { JobObservation, VmObservation } from '../../src/domain/observation.ts';
import { EnabledState, OperationalStatus, RequestedState } from '../../src/domain/power.ts';
import { ReplicationHealth, ReplicationMode, ReplicationState, ReplicationType } from '../../src/domain/replication.ts';
import { JOB_STARTED } from '../../src/domain/return-value.ts';
import type { HyperVHost, MachinePower, MethodResult, ReplicationSettings } from '../../src/hyperv/hyperv-host.ts';
import type { HostOptions } from './host-factory.ts';
import { notSupported, refusals } from './refused-methods.ts';

interface Copy {
  readonly vmId: string;
  readonly jobId: string;
  readonly beganAt: number;
}

/** A host that answers every request at once, from memory. Its copies take all the same time and end by themselves. */
export function createNullHost({ name, vms, jobMs }: HostOptions): HyperVHost {
  const machines = new Map<string, VmObservation>(vms.map((vm) => [vm.vmId, waitingReplica(vm.vmId, vm.name)]));
  const jobs = new Map<string, JobObservation>();
  const settings = new Map(vms.map(({ vmId }) => [vmId, settingsOf(vmId)]));
  /** Under way, in the order in which they end. */
  const copies = new Set<Copy>();

  const machine = (vmId: string): VmObservation => {
    const found = machines.get(vmId);
    if (!found) throw notSupported(`host ${name} has no VM ${vmId}`);
    return found;
  };
  const change = (vmId: string, power: number, state: number): void => {
    const vm = machine(vmId);
    machines.set(vmId, { ...vm, power, replication: { ...relationship, state } });
  };
  const addJob = (jobType: number, percentComplete: number): string => {
    const jobId = `${name}-${jobs.size + 1}`;
    jobs.set(jobId, job(jobId, jobType, percentComplete));
    return jobId;
  };
  /** All copies take the same time, so those that ended are the first. */
  const endCopies = (): void => {
    const now = performance.now();
    for (const copy of copies) {
      if (now - copy.beganAt < jobMs) return;
      copies.delete(copy);
      jobs.set(copy.jobId, job(copy.jobId, FAILBACK_JOB_TYPE, 100));
      change(copy.vmId, EnabledState.Off, ReplicationState.FailbackComplete);
    }
  };
  const showProgress = (): void => {
    const now = performance.now();
    for (const { jobId, beganAt } of copies) jobs.set(jobId, job(jobId, FAILBACK_JOB_TYPE, Math.floor((100 * (now - beganAt)) / jobMs)));
  };

  return {
    ...refusals(name),
    name,
    prepare: async () => undefined,
    observe: async ({ jobsOfVm }) => {
      const takenAt = Date.now();
      endCopies();
      showProgress();
      return {
        takenAt,
        vms: new Map(machines),
        jobs: new Map(jobs),
        jobsOfVm: jobsOfVm ? new Map() : null,
        statisticsOf: new Map(),
      };
    },
    replicationSettings: async () => settings,
    powerOf: async (vmId): Promise<MachinePower> => {
      endCopies();
      const { power, mode, replication } = machine(vmId);
      return { power, mode, state: replication?.state ?? 0 };
    },
    jobErrors: async () => [],
    initiateFailback: async ({ vmId }): Promise<MethodResult> => {
      change(vmId, EnabledState.Off, ReplicationState.FailbackInProgress);
      const jobId = addJob(FAILBACK_JOB_TYPE, 0);
      copies.add({ vmId, jobId, beganAt: performance.now() });
      return { returnValue: JOB_STARTED, jobId };
    },
    requestStateChange: async (vmId, requestedState): Promise<MethodResult> => {
      if (requestedState !== RequestedState.Start) throw notSupported(`the benchmark's hosts only start VMs, asked for ${requestedState}`);
      change(vmId, EnabledState.Running, machine(vmId).replication?.state ?? 0);
      return { returnValue: JOB_STARTED, jobId: addJob(START_JOB_TYPE, 100) };
    },
    close: async () => undefined,
  };
}

const FAILBACK_JOB_TYPE = 124;
const START_JOB_TYPE = 2;

const relationship = {
  state: ReplicationState.Committed,
  health: ReplicationHealth.Warning,
  failedOverType: ReplicationType.Regular,
  lastReplicationTime: '2026-01-01T00:00:00.000Z',
};

function waitingReplica(vmId: string, name: string): VmObservation {
  return {
    vmId,
    name,
    power: EnabledState.Off,
    operationalStatus: [OperationalStatus.Ok],
    healthState: 5,
    mode: ReplicationMode.Replica,
    replication: relationship,
    extended: false,
    testReplica: null,
  };
}

function job(jobId: string, jobType: number, percentComplete: number): JobObservation {
  return {
    jobId,
    jobType,
    jobState: percentComplete === 100 ? JobState.Completed : JobState.Running,
    percentComplete,
    errorCode: 0,
    errorDescription: null,
    timeSubmitted: '2026-01-01T00:00:00.000Z',
    owner: 'bench',
    cancellable: true,
  };
}

function settingsOf(vmId: string): ReplicationSettings {
  return {
    vmId,
    providerId: 'BE4C0000-0000-4000-8000-00000000FFFF',
    primaryConnectionPoint: 'away.invalid',
    recoveryConnectionPoint: 'home.invalid',
    primaryHostSystem: 'away.invalid',
    recoveryHostSystem: 'home.invalid',
    replicationInterval: 300,
    properties: [],
  };
}
