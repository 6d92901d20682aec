/** Simulated hosts whose time runs faster, in a process of their own. VMs that came home are sent away again for the next run. */
import { EnabledState } from '../../src/domain/power.ts';
import { ReplicationState } from '../../src/domain/replication.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { Relationship, VirtualMachine } from '../../src/simulator/world/virtual-machine.ts';
import { SIMULATED_TRANSFERS } from '../host/simulated-hosts.ts';
import type { BenchHost } from '../world.ts';
import type { FromHosts, ToHosts } from './hosts-job.ts';

/** Copies take 25 to 35 minutes of host time. */
const RATE_MBPS = 100;
const SIZES_GB: [number, number] = [(25 * 60 * RATE_MBPS) / 1000, (35 * 60 * RATE_MBPS) / 1000];

let simulator: Simulator;
const machines = new Map<string, { readonly vm: VirtualMachine; readonly away: Relationship }>();

async function serve({ hosts, vms, speed, ledgerFile }: Extract<ToHosts, { type: 'serve' }>): Promise<readonly BenchHost[]> {
  const quirks = { rateMBps: RATE_MBPS };
  const host = (n: number) => ({ name: `hv-${n + 1}`, role: 'dr' as const, quirks: { parallelTransfers: SIMULATED_TRANSFERS } });
  const scenario = {
    hosts: Array.from({ length: hosts }, (_, n) => host(n)),
    vms: [{ count: vms, sizeGB: SIZES_GB, state: 6, disks: 1, quirks }],
  };
  simulator = await startSimulator({ hosts, vms: 0, seed: 1, speed, ledgerFile, scenario });
  for (const { name } of simulator.hosts) {
    for (const vm of simulator.world.host(name).vms.values()) {
      if (vm.relationship) machines.set(vm.id, { vm, away: structuredClone(vm.relationship) });
    }
  }
  return simulator.hosts.map(({ name, url, username, password, vms: all }) => ({
    name,
    address: url,
    connection: { username, password },
    vms: all.map(({ id, name: vm }) => ({ vmId: id, name: vm })),
  }));
}

/** @returns those that were not home */
function sendAway(vmIds: readonly string[]): readonly string[] {
  simulator.world.settle();
  return vmIds.filter((vmId) => {
    const machine = machines.get(vmId);
    if (!machine) return true;
    const { vm, away } = machine;
    const isHome =
      vm.relationship?.state === ReplicationState.FailbackComplete && vm.power === EnabledState.Running && vm.operation === null;
    simulator.world.setPower(vm, EnabledState.Off);
    vm.relationship = structuredClone(away);
    vm.remoteRunning = true;
    return !isHome;
  });
}

const say = (message: FromHosts) => void process.send?.(message);

process.on('message', (message: ToHosts) => {
  if (message.type === 'serve') void serve(message).then((hosts) => say({ type: 'serving', hosts }));
  else say({ type: 'sent-away', notHome: sendAway(message.vmIds) });
});
process.once('disconnect', () => process.exit());
