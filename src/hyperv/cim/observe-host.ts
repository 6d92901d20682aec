import { FailbackError } from '../../domain/failure.ts';
import type {
  HostObservation,
  JobObservation,
  ReplicationObservation,
  ReplicationStatistics,
  VmObservation,
} from '../../domain/observation.ts';
import { ReplicationMode } from '../../domain/replication.ts';
import type { MeasuredReplication, ObservationScope } from '../hyperv-host.ts';
import type { Call } from './call.ts';
import type { ClassList, ClassProjection } from './cim-access.ts';
import { toIsoMoment } from './cim-datetime.ts';
import { booleanOf, type CimInstance, integerOf, integersOf, referenceOf, textOf } from './cim-instance.ts';
import { readTestReplicas, TEST_REPLICAS } from './machine-looks.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import { asGuid, relationshipOf } from './vm-id.ts';

const projection = (className: string, ...properties: readonly string[]): ClassProjection => ({
  namespace: HYPERV_NAMESPACE,
  className,
  properties,
});

const MACHINES = projection(
  'Msvm_ComputerSystem',
  'Name',
  'ElementName',
  'EnabledState',
  'OperationalStatus',
  'HealthState',
  'ReplicationMode',
);
const RELATIONSHIPS = projection(
  'Msvm_ReplicationRelationship',
  'InstanceID',
  'ReplicationState',
  'ReplicationHealth',
  'FailedOverReplicationType',
  'LastReplicationTime',
);
const JOBS = projection(
  'Msvm_ConcreteJob',
  'InstanceID',
  'JobType',
  'JobState',
  'PercentComplete',
  'ErrorCode',
  'ErrorDescription',
  'ErrorSummaryDescription',
  'TimeSubmitted',
  'Owner',
  'Cancellable',
);
const AFFECTED = projection('Msvm_AffectedJobElement', 'AffectedElement', 'AffectingElement');

/** Numbers the host leaves out or sends as null; all of them mean "unknown" or "none" in their enumeration. */
const UNKNOWN = 0;

/** Asks for the statistics of one machine. */
type Measure = (vmId: string, call: Call) => Promise<MeasuredReplication>;

/**
 * One look at a host: three or four enumerations at the same time, whatever the number of machines; then one more if one of the
 * machines is a test replica.
 */
export async function observeHost(list: ClassList, scope: ObservationScope, call: Call, measure: Measure): Promise<HostObservation> {
  const takenAt = Date.now();
  const [[machines, testReplicas], relationships, jobs, affected, statisticsOf] = await Promise.all([
    readWithTestReplicas(list, call),
    list(RELATIONSHIPS, call),
    list(JOBS, call),
    scope.jobsOfVm ? list(AFFECTED, call) : null,
    readStatistics(scope.statistics ?? [], call, measure),
  ]);
  return {
    takenAt,
    vms: readMachines(machines, relationships, testReplicas),
    jobs: new Map(jobs.map(readJob).flatMap((job) => (job.jobId === '' ? [] : [[job.jobId, job]]))),
    jobsOfVm: affected === null ? null : readAffected(affected),
    statisticsOf,
  };
}

async function readWithTestReplicas(list: ClassList, call: Call): Promise<[readonly CimInstance[], ReadonlyMap<string, string>]> {
  const machines = await list(MACHINES, call);
  const tested = machines.some((each) => integerOf(each, 'ReplicationMode') === ReplicationMode.TestReplica);
  return [machines, tested ? readTestReplicas(await list(TEST_REPLICAS, call)) : new Map<string, string>()];
}

/** Statistics only tell how far something is: a machine that gives none is left out, whatever the reason. */
async function readStatistics(vmIds: readonly string[], call: Call, measure: Measure): Promise<ReadonlyMap<string, ReplicationStatistics>> {
  const measured = await Promise.all(
    vmIds.map(async (vmId) => {
      try {
        return [vmId, (await measure(vmId, call)).statistics] as const;
      } catch (error) {
        if (error instanceof FailbackError) return [vmId, null] as const;
        throw error;
      }
    }),
  );
  return new Map(measured.flatMap(([vmId, statistics]) => (statistics === null ? [] : [[vmId, statistics]])));
}

function readMachines(
  machines: readonly CimInstance[],
  relationships: readonly CimInstance[],
  testReplicas: ReadonlyMap<string, string>,
): ReadonlyMap<string, VmObservation> {
  const primary = new Map<string, ReplicationObservation>();
  const extended = new Set<string>();
  for (const each of relationships) {
    const owner = relationshipOf(textOf(each, 'InstanceID') ?? '');
    if (owner?.extended) extended.add(owner.vmId);
    else if (owner) primary.set(owner.vmId, readRelationship(each));
  }
  const vms = new Map<string, VmObservation>();
  for (const each of machines) {
    const vmId = asGuid(textOf(each, 'Name') ?? '');
    if (vmId === null) continue;
    vms.set(vmId, {
      vmId,
      name: textOf(each, 'ElementName') ?? '',
      power: integerOf(each, 'EnabledState') ?? UNKNOWN,
      operationalStatus: integersOf(each, 'OperationalStatus'),
      healthState: integerOf(each, 'HealthState') ?? UNKNOWN,
      mode: integerOf(each, 'ReplicationMode') ?? UNKNOWN,
      replication: primary.get(vmId) ?? null,
      extended: extended.has(vmId),
      testReplica: testReplicas.get(vmId) ?? null,
    });
  }
  return vms;
}

function readRelationship(relationship: CimInstance): ReplicationObservation {
  return {
    state: integerOf(relationship, 'ReplicationState') ?? UNKNOWN,
    health: integerOf(relationship, 'ReplicationHealth') ?? UNKNOWN,
    failedOverType: integerOf(relationship, 'FailedOverReplicationType') ?? UNKNOWN,
    lastReplicationTime: toIsoMoment(textOf(relationship, 'LastReplicationTime') ?? ''),
  };
}

function readJob(job: CimInstance): JobObservation {
  return {
    jobId: textOf(job, 'InstanceID') ?? '',
    jobType: integerOf(job, 'JobType') ?? UNKNOWN,
    jobState: integerOf(job, 'JobState') ?? UNKNOWN,
    percentComplete: integerOf(job, 'PercentComplete') ?? UNKNOWN,
    errorCode: integerOf(job, 'ErrorCode') ?? 0,
    errorDescription: textOf(job, 'ErrorDescription') || textOf(job, 'ErrorSummaryDescription') || null,
    timeSubmitted: toIsoMoment(textOf(job, 'TimeSubmitted') ?? ''),
    owner: textOf(job, 'Owner') || null,
    cancellable: booleanOf(job, 'Cancellable'),
  };
}

function readAffected(associations: readonly CimInstance[]): ReadonlyMap<string, readonly string[]> {
  const jobsOfVm = new Map<string, string[]>();
  for (const each of associations) {
    const vmId = asGuid(referenceOf(each, 'AffectedElement')?.keys.get('Name') ?? '');
    const jobId = referenceOf(each, 'AffectingElement')?.keys.get('InstanceID');
    if (vmId === null || jobId === undefined) continue;
    const jobs = jobsOfVm.get(vmId);
    if (jobs === undefined) jobsOfVm.set(vmId, [jobId]);
    else if (!jobs.includes(jobId)) jobs.push(jobId);
  }
  return jobsOfVm;
}
