import type { CimClass, Disposition, RequestInfo } from '../cim.ts';
import { VIRTUALIZATION } from './classes/declare.ts';
import type { HostQuirks } from './quirks.ts';

/** What WinRM says when WMI refuses. */
const WMI_ACCESS_DENIED = 0x80338104;

type Account = HostQuirks['account'];

/** Hyper-V shows its objects only to those who administrate it, to all others there seem to be none. */
export function seesInstances(account: Account, { namespace, name }: CimClass): boolean {
  if (account === 'administrator') return true;
  if (name === 'Win32_Service') return false;
  return namespace !== VIRTUALIZATION || account === 'hyper-v-administrator';
}

/** Only administrators of the host may read how WinRM is configured. */
export function maySeeConfiguration(account: Account): boolean {
  return account === 'administrator';
}

/** What the security of WMI's namespaces does to a request, before Hyper-V hears of it. */
export function namespaceSecurity(account: Account, { className }: RequestInfo): Disposition {
  if (account !== 'no-namespace' || !className?.startsWith('Msvm_')) return {};
  return { refuse: { code: 'Sender', subcode: 'wsman:AccessDenied', reason: 'Access is denied.', wsmanFaultCode: WMI_ACCESS_DENIED } };
}
