import type { Failure } from '../domain/failure.ts';
import type { HostIdentity, HostRights } from '../hyperv/hyperv-host.ts';
import type { PlanHost } from '../plan/plan.ts';
import type { Finding } from './finding.ts';
import { addToGroup, commandFor, INSTALL_HYPER_V, READ_VMMS_LOG, START_VMMS } from './host-commands.ts';
import { windowsName } from './windows-name.ts';

const OK = 2;
const PREDICTED_FAILURE = 6;

/** What the account may do on a host, and what serves it there. @param account who logged on, as Windows names it */
export function rightsFindings(host: PlanHost, identity: HostIdentity, rights: HostRights, account: string | null): Finding[] {
  return [
    windowsFinding(identity, rights, account),
    hyperVFinding(host, rights, account),
    ...(rights.services ? [methodsFinding(host, rights, account), serviceFinding(identity)] : []),
  ];
}

/** A failure with everything that can be said about it. */
export function failureFinding(host: PlanHost, failure: Failure, account: string | null): Finding {
  const { message, remedy } = failure;
  const command = commandFor(failure, host, account);
  return { severity: 'error', message, ...(remedy === undefined ? {} : { remedy }), ...(command === undefined ? {} : { command }) };
}

function windowsFinding({ osVersion, hostName }: HostIdentity, { windows }: HostRights, account: string | null): Finding {
  if (windows.may) {
    const version = osVersion === null ? 'the Windows version is not told' : windowsName(osVersion);
    return { severity: 'ok', message: `may read root\\cimv2: ${hostName ?? 'the host does not tell its name'}, ${version}` };
  }
  return {
    severity: 'warning',
    message: `may not read root\\cimv2, so name and version of Windows are not known: ${windows.failure.message}`,
    remedy: 'The right is "Remote Enable" of the namespace (wmimgmt.msc); this group has it by default on most hosts.',
    command: addToGroup('Remote Management Users', account),
  };
}

function hyperVFinding(host: PlanHost, { hyperV, services, vmms }: HostRights, account: string | null): Finding {
  const administrators = addToGroup('Hyper-V Administrators', account);
  if (!hyperV.may) {
    const { failure } = hyperV;
    if (failure.code === 'host.no-hyperv' || failure.code === 'host.not-found')
      return {
        severity: 'error',
        message: 'there is no namespace root\\virtualization\\v2: the Hyper-V role is not installed',
        remedy: 'Check that this is the right host; its Hyper-V role brings the namespace. The command restarts the host.',
        command: INSTALL_HYPER_V,
      };
    if (failure.code !== 'host.forbidden') return failureFinding(host, failure, account);
    return {
      severity: 'error',
      message: `may not read root\\virtualization\\v2: ${failure.message}`,
      remedy: 'Make the account a Hyper-V administrator; "Remote Enable" of the namespace (wmimgmt.msc) may be missing beside.',
      command: administrators,
    };
  }
  if (services)
    return { severity: 'ok', message: 'is a Hyper-V administrator or equivalent: root\\virtualization\\v2 shows Hyper-V and its services' };
  const nothing = 'root\\virtualization\\v2 shows no service of Hyper-V';
  if (vmms !== null && vmms !== 'Running')
    return {
      severity: 'error',
      message: `${nothing}: the Virtual Machine Management service (vmms) is ${vmms.toLowerCase()}`,
      remedy: 'Start it.',
      command: START_VMMS,
    };
  return vmms === null
    ? {
        severity: 'error',
        message: `${nothing}: the account is no Hyper-V administrator, or the Virtual Machine Management service (vmms) does not run`,
        remedy: `If the account is a member already, start the service: ${START_VMMS}`,
        command: administrators,
      }
    : {
        severity: 'error',
        message: `${nothing}, although vmms runs: the account is no Hyper-V administrator`,
        remedy: 'Make it one; it takes effect with the next log-on.',
        command: administrators,
      };
}

function methodsFinding(host: PlanHost, { methods }: HostRights, account: string | null): Finding {
  if (methods?.may) {
    const what = 'may call methods: GetSystemCertificates, which only reads, was answered';
    return { severity: 'ok', message: `${what}. That it may start, stop or fail back a VM is not proved by that` };
  }
  const failure = methods?.failure;
  if (failure === undefined) return { severity: 'warning', message: 'whether it may call methods is not known' };
  const denied = failure.code === 'host.forbidden' || failure.code === 'wmi.access-denied';
  if (!denied) return failureFinding(host, failure, account);
  return {
    severity: 'error',
    message: `may read, but not call methods: ${failure.message}`,
    remedy: 'Make the account a Hyper-V administrator; "Execute Methods" of the namespace (wmimgmt.msc) may be missing beside.',
    command: addToGroup('Hyper-V Administrators', account),
  };
}

function serviceFinding({ replicationService }: HostIdentity): Finding {
  if (replicationService === OK) return { severity: 'ok', message: 'replication service is there and well' };
  const listener = replicationService === PREDICTED_FAILURE ? ': a replication listener is down' : '';
  return {
    severity: 'warning',
    message: `replication service reports operational status ${replicationService ?? 'unknown'}${listener}`,
    remedy: 'Its event log says why; often the port is taken or the certificate has expired.',
    command: READ_VMMS_LOG,
  };
}
