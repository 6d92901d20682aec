import type { HyperVHost } from '../hyperv-host.ts';
import { createClassList } from './class-list.ts';
import { openSession, startCall, type WsmanHostOptions } from './host-session.ts';
import { identifyHost } from './identify-host.ts';
import { heartbeatOf, powerOf, testReplicaOf } from './machine-looks.ts';
import { machineMethods } from './machine-methods.ts';
import { createMethodCaller } from './method-caller.ts';
import { observeHost } from './observe-host.ts';
import { replicatedDiskBytes } from './replicated-disks.ts';
import { replicationMethods } from './replication-methods.ts';
import { readAuthorizationEntries, readReplicationServer } from './replication-server.ts';
import { readReplicationSettings } from './replication-settings.ts';
import { measureReplication } from './replication-statistics.ts';

export type { WsmanHostOptions } from './host-session.ts';

/**
 * A Hyper-V host reached by WS-Management (WinRM). Opens no connection before the first call.
 * @throws FailbackError `plan.invalid` for options that cannot be used
 */
export function createWsmanHost(options: WsmanHostOptions): HyperVHost {
  const base = options.uriBase ?? 'wmi';
  const session = openSession(options);
  const list = createClassList(session, base);
  const caller = createMethodCaller(session, base);
  return {
    name: options.name,
    prepare: (call) => session.prepare(startCall(call)),
    identify: (call) => identifyHost(session, list, startCall(call)),
    observe: (scope, call) => observeHost(list, scope, startCall(call), (vmId, within) => measureReplication(caller, vmId, within)),
    replicationSettings: (call) => readReplicationSettings(list, startCall(call)),
    powerOf: (vmId, call) => powerOf(list, vmId, startCall(call)),
    heartbeat: (vmId, call) => heartbeatOf(list, vmId, startCall(call)),
    testReplicaOf: (vmId, call) => testReplicaOf(list, vmId, startCall(call)),
    replicationStatistics: (vmId, call) => measureReplication(caller, vmId, startCall(call)),
    replicatedDiskBytes: (vmId, call) => replicatedDiskBytes({ session, base, caller }, vmId, startCall(call)),
    authorizationEntries: (call) => readAuthorizationEntries(list, startCall(call)),
    replicationServerSettings: (call) => readReplicationServer(list, startCall(call)),
    ...replicationMethods(caller),
    ...machineMethods(caller, list),
    close: () => session.close(),
  };
}
