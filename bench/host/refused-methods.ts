import { FailbackError } from '../../src/domain/failure.ts';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';

/** Methods no lifecycle of the benchmark needs: they fail, so that nothing is measured that nobody meant. */
const REFUSED = [
  'identify',
  'tryRights',
  'limits',
  'replicationProviders',
  'heartbeat',
  'testReplicaOf',
  'replicationStatistics',
  'replicatedDiskBytes',
  'authorizationEntries',
  'replicationServerSettings',
  'initiateFailover',
  'commitFailover',
  'revertFailover',
  'reverseReplicationRelationship',
  'startReplication',
  'resynchronize',
  'requestReplicationStateChange',
  'initiateShutdown',
  'testReplicaSystem',
  'destroyTestReplica',
  'requestJobStateChange',
] as const satisfies readonly (keyof HyperVHost)[];

type Refused = Pick<HyperVHost, (typeof REFUSED)[number]>;

export function refusals(host: string): Refused {
  const refusal = (method: string) => () => Promise.reject(notSupported(`host ${host} of the benchmark has no ${method}`));
  return Object.fromEntries(REFUSED.map((method) => [method, refusal(method)])) as unknown as Refused;
}

export function notSupported(message: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'wmi.not-supported', message, remedy: 'Look at what the benchmark asked for.' });
}
