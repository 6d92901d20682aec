import { JobState } from '../../../domain/cim-job.ts';
import { pendingBytes } from '../change-log.ts';
import { cimDateTime } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import { embeddedError, replicationStatistics } from '../classes/replication.ts';
import { writeEmbeddedInstance } from '../embedded-instance.ts';
import { createJob, endJob, type JobTrouble } from '../job.ts';
import { answer, embeddedArgument, jobReference, type Method, machineArgument, Refusal, ReturnValue, requireState } from './method.ts';
import { AuthenticationType, findReceiver } from './receiver.ts';

const TEST_MS = 2_000;

/** `Msvm_ReplicationService.TestReplicationConnection`: the job fails when the receiver is unknown, down or no replica server. */
export const testReplicationConnection: Method = ({ host, call }) => {
  const address = call.args.RecoveryConnectionPoint;
  if (typeof address !== 'string' || address === '') throw new Refusal(ReturnValue.InvalidParameter);
  const job = createJob(host, null, { type: 115, caption: 'Testing the connection', owner: call.user, cancellable: false });
  host.world.timeline.schedule(host.world.now() + TEST_MS, () => {
    const type = call.args.AuthenticationType ?? null;
    const proof = {
      authenticationType: type === null ? AuthenticationType.Kerberos : Number(type),
      certificateThumbPrint: String(call.args.CertificateThumbPrint ?? ''),
    };
    const { refusal } = findReceiver(host, address, null, proof);
    const trouble: JobTrouble | null = refusal === null ? null : { errorCode: ReturnValue.Failed, description: refusal };
    endJob(host, job, trouble ? JobState.Exception : JobState.Completed, trouble);
  });
  return answer(ReturnValue.JobStarted, { Job: jobReference(job.id) });
};

/** `Msvm_ReplicationService.GetSystemCertificates`: the simulated hosts have none. */
export const getSystemCertificates: Method = () => answer(ReturnValue.Completed, { EncodedCertificates: null });

/**
 * `Msvm_ReplicationService.GetReplicationStatistics(Ex)`: one window of statistics (sizes and seconds are totals of its cycles; what is
 * pending is about this moment and counts what a copy has still to send), and the health issues behind
 * a health that is not OK.
 */
export const getReplicationStatistics: Method = (context) => {
  const { host } = context;
  const vm = machineArgument(context);
  embeddedArgument(context, vm, 'ReplicationRelationship', 'Msvm_ReplicationRelationship');
  const { relationship } = vm;
  requireState(relationship !== null);
  const health = relationship?.health ?? 0;
  const pending = pendingBytes(host.world, vm);
  const { since, cycles, missed, sentBytes, largestCycle } = vm.changeLog;
  const time = (at: number | null): string | null => cimDateTime(at === null ? null : host.toHostTime(at));
  const statistics = instanceOf(replicationStatistics, {
    StartStatisticTime: time(since),
    EndStatisticTime: time(host.world.now()),
    ReplicationSuccessCount: cycles,
    ReplicationSize: String(Math.floor(sentBytes)),
    MaxReplicationSize: String(Math.floor(largestCycle)),
    PendingReplicationSize: String(pending),
    ReplicationLatency: Math.ceil(sentBytes / (vm.quirks.rateMBps * 1e6)) + cycles,
    ReplicationMissCount: missed,
    NetworkFailureCount: 0,
    ReplicationFailureCount: 0,
    ApplicationConsistentSnapshotFailureCount: 0,
    ReplicationHealth: health,
    LastTestFailoverTime: time(vm.lastTestFailover),
  });
  const issue = instanceOf(embeddedError, {
    ErrorType: 4,
    MessageID: '29310',
    Message: 'Reverse replication is not set up for the virtual machine.',
    PerceivedSeverity: health === 3 ? 5 : 3,
    ErrorSource: 'Hyper-V Replica',
  });
  return answer(ReturnValue.Completed, {
    ReplicationStatistics: [writeEmbeddedInstance(statistics)],
    ReplicationHealthIssues: health > 1 ? [writeEmbeddedInstance(issue)] : null,
  });
};
