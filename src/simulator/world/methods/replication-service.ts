import { JobState } from '../../../domain/cim-job.ts';
import { cimDateTime } from '../cim-time.ts';
import { instanceOf } from '../classes/declare.ts';
import { embeddedError, replicationStatistics } from '../classes/replication.ts';
import { writeEmbeddedInstance } from '../embedded-instance.ts';
import { createJob, endJob, type JobTrouble } from '../job.ts';
import { answer, embeddedArgument, jobReference, type Method, machineArgument, Refusal, ReturnValue, requireState } from './method.ts';

const TEST_MS = 2_000;
const HOUR_MS = 3_600_000;

/** `Msvm_ReplicationService.TestReplicationConnection`: the job fails when the receiver is unknown, down or no replica server. */
export const testReplicationConnection: Method = ({ host, call }) => {
  const address = call.args.RecoveryConnectionPoint;
  if (typeof address !== 'string' || address === '') throw new Refusal(ReturnValue.InvalidParameter);
  const job = createJob(host, null, { type: 115, caption: 'Testing the connection', owner: call.user, cancellable: false });
  host.world.timeline.schedule(host.world.now() + TEST_MS, () => {
    const receiver = host.world.hostByAddress(address);
    const trouble: JobTrouble | null = !receiver
      ? { errorCode: 32768, description: 'The name of the server could not be resolved. (0x00002EE7)' }
      : !receiver.up
        ? { errorCode: 32768, description: 'A connection with the server could not be established. (0x00002EFD)' }
        : !receiver.quirks.recoveryServerEnabled
          ? { errorCode: 32768, description: 'The server is not enabled as a Replica server. (0x80070005)' }
          : null;
    endJob(host, job, trouble ? JobState.Exception : JobState.Completed, trouble);
  });
  return answer(ReturnValue.JobStarted, { Job: jobReference(job.id) });
};

/** `Msvm_ReplicationService.GetReplicationStatistics(Ex)`: one window of statistics, and the health issues behind a health that is not OK. */
export const getReplicationStatistics: Method = (context) => {
  const { host } = context;
  const vm = machineArgument(context);
  embeddedArgument(context, vm, 'ReplicationRelationship', 'Msvm_ReplicationRelationship');
  const { relationship } = vm;
  requireState(relationship !== null);
  const health = relationship?.health ?? 0;
  const statistics = instanceOf(replicationStatistics, {
    StartStatisticTime: cimDateTime(host.now() - HOUR_MS),
    EndStatisticTime: cimDateTime(host.now()),
    ReplicationSuccessCount: 12,
    ReplicationSize: '104857600',
    MaxReplicationSize: '209715200',
    PendingReplicationSize: '0',
    ReplicationLatency: 4,
    ReplicationMissCount: 0,
    NetworkFailureCount: 0,
    ReplicationFailureCount: 0,
    ApplicationConsistentSnapshotFailureCount: 0,
    ReplicationHealth: health,
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
