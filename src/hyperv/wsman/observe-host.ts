import type { HostObservation, JobObservation, ReplicationObservation, VmObservation } from '../../domain/observation.ts';
import type { ObservationScope } from '../hyperv-host.ts';
import { toIsoMoment } from './cim-datetime.ts';
import type { ClassList, ClassProjection } from './class-list.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';
import type { Call } from './session.ts';
import { asGuid, relationshipOf } from './vm-id.ts';
import { booleanOf, integerOf, integersOf, referenceOf, textOf, type WireInstance } from './wire-instance.ts';

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

/** One look at a host: three or four enumerations at the same time, whatever the number of machines. */
export async function observeHost(list: ClassList, scope: ObservationScope, call: Call): Promise<HostObservation> {
  const takenAt = Date.now();
  const [machines, relationships, jobs, affected] = await Promise.all([
    list(MACHINES, call),
    list(RELATIONSHIPS, call),
    list(JOBS, call),
    scope.jobsOfVm ? list(AFFECTED, call) : null,
  ]);
  return {
    takenAt,
    vms: readMachines(machines, relationships),
    jobs: new Map(jobs.map(readJob).flatMap((job) => (job.jobId === '' ? [] : [[job.jobId, job]]))),
    jobsOfVm: affected === null ? null : readAffected(affected),
  };
}

function readMachines(machines: readonly WireInstance[], relationships: readonly WireInstance[]): ReadonlyMap<string, VmObservation> {
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
    });
  }
  return vms;
}

function readRelationship(relationship: WireInstance): ReplicationObservation {
  return {
    state: integerOf(relationship, 'ReplicationState') ?? UNKNOWN,
    health: integerOf(relationship, 'ReplicationHealth') ?? UNKNOWN,
    failedOverType: integerOf(relationship, 'FailedOverReplicationType') ?? UNKNOWN,
    lastReplicationTime: toIsoMoment(textOf(relationship, 'LastReplicationTime') ?? ''),
  };
}

function readJob(job: WireInstance): JobObservation {
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

function readAffected(associations: readonly WireInstance[]): ReadonlyMap<string, readonly string[]> {
  const jobsOfVm = new Map<string, string[]>();
  for (const each of associations) {
    const vmId = asGuid(referenceOf(each, 'AffectedElement')?.selectors.get('Name') ?? '');
    const jobId = referenceOf(each, 'AffectingElement')?.selectors.get('InstanceID');
    if (vmId === null || jobId === undefined) continue;
    const jobs = jobsOfVm.get(vmId);
    if (jobs === undefined) jobsOfVm.set(vmId, [jobId]);
    else if (!jobs.includes(jobId)) jobs.push(jobId);
  }
  return jobsOfVm;
}
