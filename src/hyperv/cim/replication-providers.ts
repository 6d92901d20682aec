import type { ReplicationProvider } from '../host-facts.ts';
import type { Call } from './call.ts';
import type { ClassList } from './cim-access.ts';
import { textOf } from './cim-instance.ts';
import { HYPERV_NAMESPACE } from './namespaces.ts';

/** Who can move the data of the host's machines. */
export async function readReplicationProviders(list: ClassList, call: Call): Promise<readonly ReplicationProvider[]> {
  const properties = ['Name', 'ElementName'];
  const providers = await list({ namespace: HYPERV_NAMESPACE, className: 'Msvm_ReplicationProvider', properties }, call);
  return providers.map((provider) => ({
    id: (textOf(provider, 'Name') ?? '').replace(/[{}]/g, '').toUpperCase(),
    name: textOf(provider, 'ElementName') || null,
  }));
}
