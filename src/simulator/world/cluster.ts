import type { Host } from './host.ts';
import { failOperation, moveOperation, pauseOperation, resumeOperation } from './operation.ts';
import { mayStart, type VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

/**
 * Moves a machine to another host, as a live migration or a cluster does: it vanishes from the old node together with its jobs, and is on
 * the new one with the same id. Work that was going on goes on there without a job, or fails, as the old node's quirk says.
 */
export function moveMachine(world: World, vm: VirtualMachine, target: Host): void {
  const source = world.host(vm.hostName);
  if (source === target || target.vms.has(vm.id)) return;
  const { operation } = vm;
  const test = vm.testMachine === null ? undefined : source.vms.get(vm.testMachine);
  if (operation) pauseOperation(operation);
  const power = source.release(vm);
  vm.hostName = target.name;
  target.vms.set(vm.id, vm);
  const partner = world.partnerOf(vm);
  if (partner) partner.partnerHost = target.name;
  for (const side of [vm.relationship, partner?.relationship]) {
    if (side?.primaryHostSystem === source.fqdn) side.primaryHostSystem = target.fqdn;
    if (side?.recoveryHostSystem === source.fqdn) side.recoveryHostSystem = target.fqdn;
  }
  if (operation) {
    moveOperation(operation, target);
    resumeOperation(operation, 'continue');
    if (source.quirks.workAfterMove === 'fail') failOperation(operation, { errorCode: 32768, description: 'The machine was moved.' });
  }
  // What ran on a node that is down is started by the cluster on the new one.
  if (vm.power !== power && !operation && mayStart(vm)) world.setPower(vm, power);
  if (test) moveMachine(world, test, target);
  world.touch(vm);
}

/** The node after this one in its cluster that is up; undefined when there is none. */
export function nextNode(world: World, host: Host): Host | undefined {
  const nodes = [...world.hosts.values()].filter((one) => one.cluster !== null && one.cluster === host.cluster);
  const own = nodes.indexOf(host);
  return [...nodes.slice(own + 1), ...nodes.slice(0, Math.max(0, own))].find((node) => node.running);
}
