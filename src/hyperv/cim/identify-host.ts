import { FailbackError, type FailureCode } from '../../domain/failure.ts';
import type { HostIdentity } from '../host-facts.ts';
import type { Call } from './call.ts';
import type { CimAccess, ClassList } from './cim-access.ts';
import { type CimInstance, integersOf, textOf } from './cim-instance.ts';
import { CIMV2_NAMESPACE, HYPERV_NAMESPACE } from './namespaces.ts';

/** What a host may lack, or not show to this account, and still be worth describing. */
const TELLING: readonly FailureCode[] = ['host.no-hyperv', 'host.not-found', 'host.forbidden', 'host.fault'];

/**
 * Who answers at the address. Classes the host does not have (or does not show) are null in the answer; a host that cannot be
 * reached, refuses the log-on or does not speak the protocol is a failure.
 */
export async function identifyHost(access: CimAccess, call: Call): Promise<HostIdentity> {
  const identification = await access.identify(call);
  const [system, windows, service] = await Promise.all([
    first(access.list, call, CIMV2_NAMESPACE, 'Win32_ComputerSystem', 'DNSHostName'),
    first(access.list, call, CIMV2_NAMESPACE, 'Win32_OperatingSystem', 'Version'),
    first(access.list, call, HYPERV_NAMESPACE, 'Msvm_ReplicationService', 'OperationalStatus'),
  ]);
  return {
    ...identification,
    hostName: system && textOf(system, 'DNSHostName'),
    osVersion: windows && textOf(windows, 'Version'),
    replicationService: service === null ? null : (integersOf(service, 'OperationalStatus')[0] ?? null),
  };
}

async function first(list: ClassList, call: Call, namespace: string, className: string, property: string): Promise<CimInstance | null> {
  try {
    return (await list({ namespace, className, properties: [property] }, call))[0] ?? null;
  } catch (error) {
    if (error instanceof FailbackError && TELLING.includes(error.code)) return null;
    throw error;
  }
}
