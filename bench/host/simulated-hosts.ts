import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import { createWsmanHost } from '../../src/hyperv/wsman/wsman-host.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { BenchHost } from '../world.ts';
import type { HostOptions } from './host-factory.ts';

/** Simulated hosts copy so many VMs at a time each. */
export const SIMULATED_TRANSFERS = 1_024;
const DISK_GB = 1;
/** For jobs that are to take no time. */
const SHORTEST_JOB_MS = 1;

/** Starts simulated hosts with as many VMs each as the given ones, until this process ends. Everything but names and numbers is theirs. */
export async function serveSimulated(wanted: {
  readonly hosts: readonly BenchHost[];
  readonly jobMs: number;
  readonly ledgerFile: string;
}): Promise<readonly BenchHost[]> {
  const { hosts, jobMs, ledgerFile } = wanted;
  const megabytes = (DISK_GB * 1024 ** 3) / 1e6;
  const quirks = { acceptanceSeconds: 0, rateMBps: megabytes / (Math.max(jobMs, SHORTEST_JOB_MS) / 1000) };
  const simulator = await startSimulator({
    hosts: hosts.length,
    vms: 0,
    seed: 1,
    ledgerFile,
    scenario: {
      hosts: hosts.map(({ name }) => ({ name, role: 'dr', quirks: { parallelTransfers: SIMULATED_TRANSFERS } })),
      vms: hosts.map(({ name, vms }) => ({
        host: name,
        names: vms.map((vm) => vm.name),
        count: vms.length,
        sizeGB: DISK_GB,
        state: 6,
        disks: 1,
        quirks,
      })),
    },
  });
  return simulator.hosts.map(({ name, url, username, password, vms }) => ({
    name,
    address: url,
    connection: { username, password },
    vms: vms.map((vm) => ({ vmId: vm.id, name: vm.name })),
  }));
}

/** The product's client for a simulated host; its password is no secret. */
export function connectSimulated({ name, address, connection }: HostOptions): HyperVHost {
  const { username, password } = connection as { readonly username: string; readonly password: string };
  return createWsmanHost({
    name,
    address,
    logOn: { scheme: 'basic', credentials: async () => ({ username, password }) },
    allowUnencrypted: true,
  });
}
