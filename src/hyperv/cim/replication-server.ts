import type { AuthorizationEntry, ReplicationServerSettings } from '../hyperv-host.ts';
import type { Call } from './call.ts';
import type { ClassList, ClassProjection } from './cim-access.ts';
import { booleanOf, integerOf, textOf } from './cim-instance.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';

const ENTRIES: ClassProjection = {
  namespace: HYPERV_NAMESPACE,
  className: 'Msvm_ReplicationAuthorizationSettingData',
  properties: ['AllowedPrimaryHostSystem', 'TrustGroup', 'ReplicaStorageLocation'],
};
const SERVER: ClassProjection = {
  namespace: HYPERV_NAMESPACE,
  className: 'Msvm_ReplicationServiceSettingData',
  properties: ['RecoveryServerEnabled', 'AllowedAuthenticationType', 'CertificateThumbPrint', 'HttpPort', 'HttpsPort'],
};

/** Who may replicate to the host. */
export async function readAuthorizationEntries(list: ClassList, call: Call): Promise<readonly AuthorizationEntry[]> {
  return (await list(ENTRIES, call)).map((entry) => ({
    allowedPrimaryHostSystem: textOf(entry, 'AllowedPrimaryHostSystem') ?? '',
    trustGroup: textOf(entry, 'TrustGroup') || null,
    replicaStorageLocation: textOf(entry, 'ReplicaStorageLocation') || null,
  }));
}

/** The host as a receiver of replicas. */
export async function readReplicationServer(list: ClassList, call: Call): Promise<ReplicationServerSettings | null> {
  const [server] = await list(SERVER, call);
  if (server === undefined) return null;
  return {
    enabled: booleanOf(server, 'RecoveryServerEnabled'),
    authenticationType: integerOf(server, 'AllowedAuthenticationType') ?? 0,
    certificateThumbprint: textOf(server, 'CertificateThumbPrint') || null,
    httpPort: integerOf(server, 'HttpPort'),
    httpsPort: integerOf(server, 'HttpsPort'),
  };
}
