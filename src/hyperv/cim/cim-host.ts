import type { HyperVHost } from '../hyperv-host.ts';
import { startCall } from './call.ts';
import type { CimAccess } from './cim-access.ts';
import { readLimits } from './host-limits.ts';
import { tryRights } from './host-rights.ts';
import { identifyHost } from './identify-host.ts';
import { heartbeatOf, powerOf, testReplicaOf } from './machine-looks.ts';
import { machineMethods } from './machine-methods.ts';
import { createMethodCaller } from './method-caller.ts';
import { observeHost } from './observe-host.ts';
import { replicatedDiskBytes } from './replicated-disks.ts';
import { replicationMethods } from './replication-methods.ts';
import { readReplicationProviders } from './replication-providers.ts';
import { readAuthorizationEntries, readReplicationServer } from './replication-server.ts';
import { readReplicationSettings } from './replication-settings.ts';
import { measureReplication } from './replication-statistics.ts';

/** Everything a host can be asked, given access to its CIM. */
export function createCimHost(access: CimAccess): Omit<HyperVHost, 'prepare' | 'close'> {
  const { host, list } = access;
  const caller = createMethodCaller(access);
  return {
    name: host,
    identify: (call) => identifyHost(access, startCall(call)),
    tryRights: (call) => tryRights(access, caller, startCall(call)),
    limits: (call) => readLimits(access, startCall(call)),
    replicationProviders: (call) => readReplicationProviders(list, startCall(call)),
    observe: (scope, call) => observeHost(list, scope, startCall(call), (vmId, within) => measureReplication(caller, vmId, within)),
    replicationSettings: (call) => readReplicationSettings(list, startCall(call)),
    powerOf: (vmId, call) => powerOf(list, vmId, startCall(call)),
    heartbeat: (vmId, call) => heartbeatOf(list, vmId, startCall(call)),
    testReplicaOf: (vmId, call) => testReplicaOf(list, vmId, startCall(call)),
    replicationStatistics: (vmId, call) => measureReplication(caller, vmId, startCall(call)),
    replicatedDiskBytes: (vmId, call) => replicatedDiskBytes(access, caller, vmId, startCall(call)),
    authorizationEntries: (call) => readAuthorizationEntries(list, startCall(call)),
    replicationServerSettings: (call) => readReplicationServer(list, startCall(call)),
    ...replicationMethods(caller),
    ...machineMethods(caller, list),
  };
}
