import { toFailure } from '../domain/failure.ts';
import type { HostIdentity, HyperVHost } from '../hyperv/hyperv-host.ts';
import { isRecoverySide } from '../plan/inventory.ts';
import type { PlanHost } from '../plan/plan.ts';
import type { Finding } from './finding.ts';

/** What was found out about one host. */
export interface HostCheck {
  readonly host: string;
  readonly address: string;
  /** No finding is an error. */
  readonly usable: boolean;
  readonly identity: HostIdentity | null;
  /** Machines the account can see, and those of them that are on the recovery side. */
  readonly machines: { readonly all: number; readonly recovery: number } | null;
  readonly findings: readonly Finding[];
}

/** Clocks further apart than this are reported: job times and certificates stop making sense. */
const MAX_SKEW_MS = 5_000;
const OK = 2;
const PREDICTED_FAILURE = 6;

const WINDOWS: readonly (readonly [build: number, name: string])[] = [
  [26_100, 'Windows Server 2025'],
  [20_348, 'Windows Server 2022'],
  [17_763, 'Windows Server 2019'],
  [14_393, 'Windows Server 2016'],
  [9_600, 'Windows Server 2012 R2'],
];

/**
 * Logs on, asks who answers and what the account can see. Makes no change, so the right to *start* something is not proved.
 * @throws FailbackError when the host can not be reached or refuses the log-on
 */
export async function checkHost(plan: PlanHost, host: HyperVHost, timeoutMs: number): Promise<HostCheck> {
  const identity = await host.identify({ timeoutMs });
  const { machines, finding } = await countMachines(host, timeoutMs);
  const findings = [...identityFindings(identity), serviceFinding(identity), finding, clockFinding(identity), ...trustFindings(plan)];
  return {
    host: plan.name,
    address: plan.address,
    usable: findings.every(({ severity }) => severity !== 'error'),
    identity,
    machines,
    findings,
  };
}

function identityFindings({ productVendor, productVersion, hostName, osVersion }: HostIdentity): Finding[] {
  const product = [productVendor, productVersion].filter((part) => part !== null).join(', ');
  return [
    {
      severity: 'ok',
      message: `log-on accepted by ${hostName ?? 'a host that does not tell its name'}${product === '' ? '' : ` (${product})`}`,
    },
    osVersion === null
      ? { severity: 'warning', message: 'the Windows version can not be read', remedy: 'Give the account the right to read root\\cimv2.' }
      : { severity: 'ok', message: windowsName(osVersion) },
  ];
}

/** "Windows Server 2019 (10.0.17763)". */
export function windowsName(osVersion: string): string {
  const build = Number(osVersion.split('.')[2] ?? 0);
  const name = WINDOWS.find(([least]) => build >= least)?.[1];
  return name === undefined ? `Windows ${osVersion}` : `${name} (${osVersion})`;
}

function serviceFinding({ replicationService }: HostIdentity): Finding {
  if (replicationService === OK) return { severity: 'ok', message: 'replication service is there and well' };
  if (replicationService === null) {
    return {
      severity: 'error',
      message: 'the Hyper-V replication service is not to be seen: no Hyper-V role, VMMS stopped, or no rights',
      remedy: 'Check that the Hyper-V role is installed and VMMS runs, and put the account into Hyper-V Administrators.',
    };
  }
  const listener = replicationService === PREDICTED_FAILURE ? ': a replication listener is down' : '';
  return {
    severity: 'warning',
    message: `replication service reports operational status ${replicationService}${listener}`,
    remedy: 'Check the replication settings of the host and its Hyper-V-VMMS/Admin log.',
  };
}

function clockFinding({ clockSkewMs }: HostIdentity): Finding {
  if (clockSkewMs === null) return { severity: 'ok', message: 'the host does not tell its clock' };
  if (Math.abs(clockSkewMs) <= MAX_SKEW_MS) return { severity: 'ok', message: 'its clock agrees with ours' };
  const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
  return {
    severity: 'warning',
    message: `its clock is ${seconds} s ${clockSkewMs > 0 ? 'ahead of' : 'behind'} ours`,
    remedy: 'Synchronise both clocks (NTP); times in reports are our own.',
  };
}

function trustFindings({ access, address }: PlanHost): Finding[] {
  if (access.auth !== 'basic' || !address.startsWith('http:')) return [];
  return [{ severity: 'warning', message: 'passwords and orders travel in clear text', remedy: 'Use https:// outside of labs.' }];
}

async function countMachines(
  host: HyperVHost,
  timeoutMs: number,
): Promise<{ readonly machines: HostCheck['machines']; readonly finding: Finding }> {
  try {
    const [{ vms }, settings] = await Promise.all([
      host.observe({ jobsOfVm: true }, { timeoutMs }),
      host.replicationSettings({ timeoutMs }),
    ]);
    const all = [...vms.values()];
    const recovery = all.filter(({ mode, replication }) => isRecoverySide({ replicated: replication !== null, mode })).length;
    const message = `the account sees ${all.length} VMs, ${recovery} of them on the recovery side, and ${settings.size} replication settings`;
    return { machines: { all: all.length, recovery }, finding: { severity: 'ok', message } };
  } catch (error) {
    const { message, remedy } = toFailure(error);
    return { machines: null, finding: { severity: 'error', message, ...(remedy === undefined ? {} : { remedy }) } };
  }
}
