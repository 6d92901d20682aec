import { FailbackError } from '../../domain/failure.ts';
import type { ReplicationStatistics } from '../../domain/observation.ts';
import { isAccepted } from '../../domain/return-value.ts';
import type { MeasuredReplication } from '../hyperv-host.ts';
import type { Call } from './call.ts';
import { operationOf } from './cim-access.ts';
import { toIsoMoment } from './cim-datetime.ts';
import { readErrors } from './cim-errors.ts';
import { textsOf } from './cim-instance.ts';
import { amountOf, tryEmbeddedInstance } from './cim-xml.ts';
import type { MethodCaller } from './method-caller.ts';
import { methodRefused, readMethodResult } from './method-result.ts';

const WHAT = { className: 'Msvm_ReplicationService', method: 'GetReplicationStatistics' } as const;

/**
 * Statistics of a machine's primary relationship. The older of the two methods: the newer one wants the relationship as an embedded
 * instance and tells no more.
 * @throws FailbackError as the return value says; `host.malformed-answer` for statistics that can not be read
 */
export async function measureReplication(caller: MethodCaller, vmId: string, call: Call): Promise<MeasuredReplication> {
  const parameters = [['ComputerSystem', 'reference', caller.machine(vmId)] as const];
  const output = await caller.onService(WHAT.className, call, (target) => caller.ask({ ...WHAT, target, parameters }, call));
  const { returnValue } = readMethodResult(caller.host, operationOf(WHAT), output);
  if (!isAccepted(returnValue)) throw methodRefused(operationOf(WHAT), returnValue);
  const windows = textsOf(output, 'ReplicationStatistics').map((source) => readWindow(caller.host, source));
  return { statistics: latest(windows), issues: readErrors(textsOf(output, 'ReplicationHealthIssues')) };
}

function latest(windows: readonly ReplicationStatistics[]): ReplicationStatistics | null {
  const [first, ...others] = windows;
  if (first === undefined) return null;
  return others.reduce((last, each) => ((each.until ?? '') > (last.until ?? '') ? each : last), first);
}

function readWindow(host: string, source: string): ReplicationStatistics {
  const instance = tryEmbeddedInstance(source);
  const pendingBytes = instance && amountOf(instance, 'PendingReplicationSize');
  if (instance === null || pendingBytes === null) throw unreadable(host);
  const total = (name: string): number => amountOf(instance, name) ?? 0;
  const moment = (name: string): string | null => toIsoMoment(instance.properties.get(name)?.[0] ?? '');
  const successCount = total('ReplicationSuccessCount');
  const replicatedBytes = total('ReplicationSize');
  return {
    pendingBytes,
    replicatedBytes,
    averageBytes: successCount === 0 ? 0 : Math.round(replicatedBytes / successCount),
    maxBytes: total('MaxReplicationSize'),
    latencySeconds: total('ReplicationLatency') / Math.max(1, successCount),
    maxLatencySeconds: amountOf(instance, 'MaxReplicationLatency'),
    successCount,
    missCount: total('ReplicationMissCount'),
    failureCount: total('ReplicationFailureCount'),
    networkFailureCount: total('NetworkFailureCount'),
    health: total('ReplicationHealth'),
    since: moment('StartStatisticTime'),
    until: moment('EndStatisticTime'),
    lastTestFailover: moment('LastTestFailoverTime'),
  };
}

function unreadable(host: string): FailbackError {
  return new FailbackError({
    class: 'retryable',
    code: 'host.malformed-answer',
    message: `The replication statistics from host ${host} can not be read`,
    remedy: "Compare with Measure-VMReplication on the host, and report the host's Windows version.",
    details: { host, operation: operationOf(WHAT), sent: true },
  });
}
