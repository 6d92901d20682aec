import { EnabledState } from '../../domain/power.ts';
import type { VirtualClock } from './clock.ts';
import { Host, type HostSpec } from './host.ts';
import { Timeline } from './timeline.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** Something that must never happen in a good failback, noticed by the world itself. */
export interface Incident {
  readonly at: number;
  readonly kind: 'both-sides-running' | 'booted-inconsistent';
  readonly host: string;
  readonly vm: string;
  readonly vmName: string;
}

/** All hosts and machines, and the time they live in. */
export class World {
  readonly seed: number;
  readonly timeline: Timeline;
  /** By name. */
  readonly hosts = new Map<string, Host>();
  readonly incidents: Incident[] = [];

  constructor(seed: number, clock: VirtualClock) {
    this.seed = seed;
    this.timeline = new Timeline(clock);
  }

  /** World time, milliseconds since the epoch. */
  now(): number {
    return this.timeline.now();
  }

  /** Brings everything up to date: to be called before the world is looked at. */
  settle(): void {
    this.timeline.settle();
  }

  addHost(spec: HostSpec): Host {
    const host = new Host(this, spec);
    this.hosts.set(spec.name, host);
    return host;
  }

  /** @throws RangeError for an unknown name */
  host(name: string): Host {
    const host = this.hosts.get(name);
    if (!host) throw new RangeError(`the simulated world has no host ${name}`);
    return host;
  }

  /** The host a replication connection point names (NetBIOS name or FQDN, any case). */
  hostByAddress(address: string): Host | undefined {
    const wanted = address.toLowerCase();
    for (const host of this.hosts.values()) if (host.name.toLowerCase() === wanted || host.fqdn.toLowerCase() === wanted) return host;
    return undefined;
  }

  /** The other side of a host-to-host pair. */
  partnerOf(vm: VirtualMachine): VirtualMachine | undefined {
    return vm.partnerHost === null ? undefined : this.hosts.get(vm.partnerHost)?.vms.get(vm.id);
  }

  /** The machine on `host` one of whose recovery points has this id. */
  machineWithRecoveryPoint(host: Host, id: string): VirtualMachine | undefined {
    for (const vm of host.vms.values()) if (vm.recoveryPoints.some((point) => point.id === id)) return vm;
    return undefined;
  }

  /** Sets a machine's power and watches for what must never happen. */
  setPower(vm: VirtualMachine, power: number): void {
    const now = this.now();
    if (vm.power === power) return;
    vm.power = power;
    vm.powerChangedAt = now;
    if (power === EnabledState.Off || power === EnabledState.Saved) vm.poweredSince = null;
    else vm.poweredSince ??= now;
    if (power !== EnabledState.Running) return;
    const partner = this.partnerOf(vm);
    if (vm.remoteRunning || partner?.power === EnabledState.Running) this.#report('both-sides-running', vm);
    if (!vm.consistent) this.#report('booted-inconsistent', vm);
  }

  #report(kind: Incident['kind'], vm: VirtualMachine): void {
    this.incidents.push({ at: this.now(), kind, host: vm.hostName, vm: vm.id, vmName: vm.name });
  }
}
