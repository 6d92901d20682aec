import { EnabledState } from '../../domain/power.ts';
import { losesTrack } from './change-log.ts';
import type { HostEvent, MachineEvent, WorldEvent } from './fault.ts';
import { pattern } from './fault-rule-index.ts';
import type { Host } from './host.ts';
import { startOperation } from './operation.ts';
import type { VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

/** Host milliseconds after which a backup looks again whether the machine is free. */
const BACKUP_RETRY_MS = 5_000;

/** Lets everything a scenario foresees happen at its time. */
export function scheduleEvents(world: World, events: readonly WorldEvent[]): void {
  const start = world.now();
  for (const event of events) {
    const happen = 'vm' in event ? () => happenToMachines(world, event) : () => happenToHosts(world, event);
    world.timeline.schedule(start + event.at * 1000, happen, { wake: true });
  }
}

function happenToHosts(world: World, event: HostEvent): void {
  const name = pattern(event.host);
  for (const host of world.hosts.values()) {
    if (!name?.test(host.name)) continue;
    if (event.what === 'reboot') host.crash(event.for * 1000);
    if (event.what === 'unreachable') host.disconnect(event.for * 1000);
    if (event.what === 'service-restart') host.restartManagementService();
  }
}

function happenToMachines(world: World, event: MachineEvent): void {
  const vmName = pattern(event.vm);
  const hostName = pattern(event.host);
  const found: [Host, VirtualMachine][] = [];
  for (const host of world.hosts.values()) {
    if (hostName && !hostName.test(host.name)) continue;
    for (const vm of host.vms.values()) if (vmName?.test(vm.name) || vmName?.test(vm.id)) found.push([host, vm]);
  }
  for (const [host, vm] of found) {
    if (event.what === 'move') move(world, vm, event.to);
    if (event.what === 'backup') backUp(world, vm, event.for * 1000);
    if (event.what === 'log-overflow') losesTrack(world, vm);
    if (event.what === 'power-on' && host.running) world.setPower(vm, EnabledState.Running);
  }
}

function move(world: World, vm: VirtualMachine, to: string | undefined): void {
  const target = to === undefined ? undefined : world.hosts.get(to);
  if (target) world.move(vm, target);
  else world.moveToNextNode(vm);
}

/** Holds the machine's lock, without a job; waits for whoever holds it before. */
function backUp(world: World, vm: VirtualMachine, workMs: number): void {
  const host = world.hosts.get(vm.hostName);
  if (host?.vms.get(vm.id) !== vm) return;
  if (vm.operation) {
    world.timeline.schedule(world.now() + BACKUP_RETRY_MS, () => backUp(world, vm, workMs));
    return;
  }
  const nothing = (): void => undefined;
  const plan = { method: 'Backup', jobType: 0, caption: 'Backup', cancellable: false, workMs, transfer: false, job: 'none' } as const;
  startOperation(host, vm, { ...plan, done: nothing, failed: nothing }, 'backup');
}
