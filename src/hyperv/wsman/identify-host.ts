import { FailbackError, type FailureCode } from '../../domain/failure.ts';
import type { HostIdentity } from '../hyperv-host.ts';
import type { ClassList } from './class-list.ts';
import { CIMV2_NAMESPACE, HYPERV_NAMESPACE } from './namespaces.ts';
import { identify } from './operations.ts';
import type { Call, Session } from './session.ts';
import { integersOf, textOf, type WireInstance } from './wire-instance.ts';

/** What a host may lack, or not show to this account, and still be worth describing. */
const TELLING: readonly FailureCode[] = ['host.no-hyperv', 'host.not-found', 'host.forbidden', 'host.fault'];

/**
 * Who answers at the address. Classes the host does not have (or does not show) are null in the answer; a host that cannot be
 * reached, refuses the log-on or does not speak WS-Management is a failure.
 */
export async function identifyHost(session: Session, list: ClassList, call: Call): Promise<HostIdentity> {
  const asked = Date.now();
  const { date, ...product } = await identify(session, call);
  const answered = Date.now();
  const [system, windows, service] = await Promise.all([
    first(list, call, CIMV2_NAMESPACE, 'Win32_ComputerSystem', 'DNSHostName'),
    first(list, call, CIMV2_NAMESPACE, 'Win32_OperatingSystem', 'Version'),
    first(list, call, HYPERV_NAMESPACE, 'Msvm_ReplicationService', 'OperationalStatus'),
  ]);
  return {
    ...product,
    hostName: system && textOf(system, 'DNSHostName'),
    osVersion: windows && textOf(windows, 'Version'),
    replicationService: service === null ? null : (integersOf(service, 'OperationalStatus')[0] ?? null),
    clockSkewMs: skew(date, (asked + answered) / 2),
  };
}

async function first(list: ClassList, call: Call, namespace: string, className: string, property: string): Promise<WireInstance | null> {
  try {
    return (await list({ namespace, className, properties: [property] }, call))[0] ?? null;
  } catch (error) {
    if (error instanceof FailbackError && TELLING.includes(error.code)) return null;
    throw error;
  }
}

/** The header has whole seconds, cut off: the middle of the second is the best guess. */
function skew(date: string | null, now: number): number | null {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? null : Math.round(theirs + 500 - now);
}
