import type { HostLimits } from '../hyperv/hyperv-host.ts';
import type { PlanHost } from '../plan/plan.ts';
import type { Finding } from './finding.ts';
import { allowTransfers, ENLARGE_ENVELOPES } from './host-commands.ts';

/** What Windows allows by default, kilobytes: 150 in its documentation, 500 on newer hosts. Smaller ones cost a request for a few VMs each. */
const USUAL_ENVELOPE_KB = 150;
/** `MaximumActiveTransfers` where it is not set, as KB 2767928 has it. */
const WINDOWS_TRANSFERS = 3;

/** What bounds the work with a host, beside what the plan wants of it. */
export function limitFindings(host: PlanHost, { winrm, activeTransfers }: HostLimits): Finding[] {
  return [winrmFinding(host, winrm), transfersFinding(host, activeTransfers)];
}

function winrmFinding({ access }: PlanHost, winrm: HostLimits['winrm']): Finding {
  if (winrm === null) {
    const why = access.transport === 'wsman' ? 'only administrators of the host may' : 'PowerShell does not lead to them';
    return { severity: 'ok', message: `the limits of WinRM are not to be read: ${why}` };
  }
  const { maxEnvelopeKb, operationsPerUser, connections } = winrm;
  const known = [
    ...(maxEnvelopeKb === null ? [] : [`answers of ${maxEnvelopeKb} KB`]),
    ...(operationsPerUser === null ? [] : [`${operationsPerUser} operations of a user at a time`]),
    ...(connections === null ? [] : [`${connections} connections`]),
  ];
  const message = `WinRM allows ${known.length === 0 ? 'what it does not tell' : known.join(', ')}`;
  if (maxEnvelopeKb === null || maxEnvelopeKb >= USUAL_ENVELOPE_KB) return { severity: 'ok', message };
  const remedy = 'Larger answers make looks at the host cheaper; one VM with many disks may not fit at all.';
  return { severity: 'warning', message: `${message}: answers are small`, remedy, command: ENLARGE_ENVELOPES };
}

function transfersFinding({ limits: { transfers } }: PlanHost, activeTransfers: HostLimits['activeTransfers']): Finding {
  if (activeTransfers === null) return { severity: 'ok', message: 'MaximumActiveTransfers is not to be read' };
  const isDefault = activeTransfers === 'default';
  const made = isDefault ? WINDOWS_TRANSFERS : activeTransfers;
  const message = isDefault
    ? `MaximumActiveTransfers is not set: it sends what Windows does by itself, ${WINDOWS_TRANSFERS} VMs' changes at a time`
    : `it sends the changes of ${activeTransfers} VMs at a time (MaximumActiveTransfers)`;
  if (made >= transfers) return { severity: 'ok', message };
  return {
    severity: 'warning',
    message: `${message}; the plan lets ${transfers} copy at once, the rest waits on the host`,
    remedy: 'Lower limits.transfers in the plan, or let the host send more.',
    command: allowTransfers(transfers),
  };
}
