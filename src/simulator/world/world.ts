import { EnabledState } from '../../domain/power.ts';
import { refreshChangeLog } from './change-log.ts';
import type { VirtualClock } from './clock.ts';
import { moveMachine, nextNode } from './cluster.ts';
import { fullName, Host, type HostSpec } from './host.ts';
import { Timeline } from './timeline.ts';
import { isLive, type VirtualMachine } from './virtual-machine.ts';

/** Something that must never happen in a good failback, noticed by the world itself. */
export interface Incident {
  /** World time, milliseconds since the epoch. */
  readonly at: number;
  /**
   * `both-sides-running`: from this moment on both copies of a pair run (also: are starting, shutting down or paused); one that runs on
   * both sides from the start is counted only when it does so again. `booted-inconsistent`: started from a copy that was not complete.
   */
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
  readonly #brokers = new Map<string, string>();
  #witness: ((incident: Incident) => void) | null = null;

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

  /** Gives a cluster's Replica Broker a name; default `<cluster>-broker`. */
  nameBroker(cluster: string, broker: string): void {
    this.#brokers.set(cluster, broker);
  }

  /** NetBIOS name of a cluster's Replica Broker. */
  brokerOf(cluster: string): string {
    return this.#brokers.get(cluster) ?? `${cluster}-broker`;
  }

  /** Who hears of every incident at the moment it happens; one at most. */
  onIncident(witness: (incident: Incident) => void): void {
    this.#witness = witness;
  }

  /** @throws RangeError for an unknown name */
  host(name: string): Host {
    const host = this.hosts.get(name);
    if (!host) throw new RangeError(`the simulated world has no host ${name}`);
    return host;
  }

  /**
   * The host a replication connection point names (NetBIOS name or FQDN, any case). Of a Replica Broker it is the node that has the
   * machine, or else any that is up.
   */
  hostByAddress(address: string, vmId: string | null = null): Host | undefined {
    const wanted = address.toLowerCase();
    const named = (name: string): boolean => name.toLowerCase() === wanted || fullName(name).toLowerCase() === wanted;
    const nodes: Host[] = [];
    for (const host of this.hosts.values()) {
      if (named(host.name)) return host;
      if (host.cluster !== null && named(this.brokerOf(host.cluster))) nodes.push(host);
    }
    return nodes.find((node) => vmId !== null && node.vms.has(vmId)) ?? nodes.find((node) => node.up) ?? nodes[0];
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

  /** Moves a machine to another host, usually a node of the same cluster. */
  move(vm: VirtualMachine, target: Host): void {
    moveMachine(this, vm, target);
  }

  /** Moves a machine to the next node of its cluster that is up. @returns false when there is none */
  moveToNextNode(vm: VirtualMachine): boolean {
    const target = nextNode(this, this.host(vm.hostName));
    if (target) moveMachine(this, vm, target);
    return target !== undefined;
  }

  /** To be called when something about a machine has changed that its replication, or its other side's, goes by. */
  touch(vm: VirtualMachine): void {
    refreshChangeLog(this, vm);
    const partner = this.partnerOf(vm);
    if (partner) refreshChangeLog(this, partner);
  }

  /** Sets a machine's power and watches for what must never happen. */
  setPower(vm: VirtualMachine, power: number): void {
    const now = this.now();
    if (vm.power === power) return;
    const before = vm.power;
    vm.power = power;
    vm.powerChangedAt = now;
    if (isLive(power)) vm.poweredSince ??= now;
    else vm.poweredSince = null;
    const partner = this.partnerOf(vm);
    if (partner && isLive(partner.power) && isLive(power) && !isLive(before)) this.#report('both-sides-running', vm);
    if (power === EnabledState.Running) {
      if (vm.remoteRunning) this.#report('both-sides-running', vm);
      if (!vm.consistent) this.#report('booted-inconsistent', vm);
    }
    this.touch(vm);
  }

  #report(kind: Incident['kind'], vm: VirtualMachine): void {
    const incident = { at: this.now(), kind, host: vm.hostName, vm: vm.id, vmName: vm.name };
    this.incidents.push(incident);
    this.#witness?.(incident);
  }
}
