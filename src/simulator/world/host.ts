import { EnabledState } from '../../domain/power.ts';
import { ReplicationState } from '../../domain/replication.ts';
import type { Job } from './job.ts';
import { failOperation, type Operation, pauseOperation, resumeOperation } from './operation.ts';
import type { HostQuirks } from './quirks.ts';
import { mayStart, type VirtualMachine } from './virtual-machine.ts';
import type { World } from './world.ts';

export interface HostSpec {
  readonly name: string;
  readonly username: string;
  readonly password: string;
  readonly quirks: HostQuirks;
  /** Default: the host's own name. */
  readonly site?: string | undefined;
  /** Name of the cluster it is a node of. */
  readonly cluster?: string | undefined;
}

/** The full name of a host or Replica Broker of the simulated world. */
export function fullName(name: string): string {
  return `${name}.example.net`;
}

/** `AutomaticStartupAction` of a machine; 2 is never. */
const AutomaticStart = { IfItRan: 3, Always: 4 } as const;

/** One Hyper-V host: its machines, jobs and transfers, and whether it is up. */
export class Host {
  readonly world: World;
  /** NetBIOS name. */
  readonly name: string;
  readonly username: string;
  readonly password: string;
  readonly quirks: HostQuirks;
  readonly site: string;
  /** Null: stands alone. */
  readonly cluster: string | null;
  /** By id, upper case. */
  readonly vms = new Map<string, VirtualMachine>();
  /** By InstanceID, oldest first. */
  readonly jobs = new Map<string, Job>();
  readonly transfers = new Set<Operation>();
  readonly transferQueue: Operation[] = [];
  /** Jobs without a machine started so far. */
  jobCount = 0;
  bootedAt: number;
  #running = true;
  #reachable = true;
  readonly #listeners = new Set<(up: boolean) => void>();
  readonly #wereRunning = new Map<VirtualMachine, number>();

  constructor(world: World, spec: HostSpec) {
    this.world = world;
    this.name = spec.name;
    this.username = spec.username;
    this.password = spec.password;
    this.quirks = spec.quirks;
    this.site = spec.site ?? spec.name;
    this.cluster = spec.cluster ?? null;
    this.bootedAt = world.now() - 26 * 86_400_000;
  }

  get fqdn(): string {
    return fullName(this.name);
  }

  /** Where senders send to: its own name, or its cluster's Replica Broker. */
  get connectionPoint(): string {
    return this.cluster === null ? this.fqdn : fullName(this.world.brokerOf(this.cluster));
  }

  /** False while the host is down or cannot be reached. */
  get up(): boolean {
    return this.#running && this.#reachable;
  }

  /** False while the host is down. A host that only cannot be reached goes on working. */
  get running(): boolean {
    return this.#running;
  }

  /** The host's own clock, milliseconds since the epoch. */
  now(): number {
    return this.toHostTime(this.world.now());
  }

  /** A moment of the world as this host's clock shows it. */
  toHostTime(worldTime: number): number {
    return worldTime + this.quirks.clockSkewSeconds * 1000;
  }

  onPower(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The host loses power or is rebooted: connections break, jobs are lost (unless the quirk says otherwise), machines stop.
   * It comes back after `downMs` of host time; null = only {@link comeUp} brings it back.
   */
  crash(downMs: number | null): void {
    if (!this.#running) return;
    for (const vm of this.vms.values()) {
      if (vm.power === EnabledState.Off) continue;
      this.#wereRunning.set(vm, vm.power);
      this.world.setPower(vm, EnabledState.Off);
    }
    this.#interruptWork();
    this.#change(() => {
      this.#running = false;
    });
    if (downMs !== null) this.world.timeline.schedule(this.world.now() + downMs, () => this.comeUp(), { wake: true });
  }

  /** Ends a {@link crash}: machines are started as their AutomaticStartupAction says, transfers go on as the quirk says. */
  comeUp(): void {
    if (this.#running) return;
    this.bootedAt = this.world.now();
    this.#change(() => {
      this.#running = true;
    });
    for (const vm of this.vms.values()) {
      const relationship = vm.relationship;
      if (relationship?.state === ReplicationState.FailbackComplete && !vm.quirks.completeSurvivesRestart) {
        relationship.state = relationship.startedFrom ?? ReplicationState.Committed;
        relationship.shown = null;
      }
    }
    for (const vm of this.vms.values()) {
      const before = this.#wereRunning.get(vm) ?? EnabledState.Off;
      if (!mayStart(vm)) continue;
      if (vm.automaticStartupAction === AutomaticStart.Always) this.world.setPower(vm, EnabledState.Running);
      if (vm.automaticStartupAction === AutomaticStart.IfItRan) this.world.setPower(vm, before);
    }
    this.#wereRunning.clear();
    this.#resumeWork();
  }

  /** The management service stops and starts again: jobs and transfers suffer as in a reboot, machines and connections do not. */
  restartManagementService(): void {
    this.#interruptWork();
    this.#resumeWork();
  }

  /** The network to the host is gone for `ms` of host time; nothing changes on the host itself. */
  disconnect(ms: number): void {
    if (!this.#reachable) return;
    this.#change(() => {
      this.#reachable = false;
    });
    const reconnect = (): void => {
      this.#reachable = true;
    };
    this.world.timeline.schedule(this.world.now() + ms, () => this.#change(reconnect), { wake: true });
  }

  /** Takes a machine off the host for good: another node has it now. @returns its power before the host went down, if it is down */
  release(vm: VirtualMachine): number {
    const power = this.#wereRunning.get(vm) ?? vm.power;
    this.#wereRunning.delete(vm);
    this.vms.delete(vm.id);
    for (const [id, job] of this.jobs) if (job.vm === vm) this.jobs.delete(id);
    return power;
  }

  #interruptWork(): void {
    // Those in line first: a place that becomes free now must not start one of them.
    const touched = [...this.#operationsTouched()];
    for (const operation of touched) if (operation.phase === 'queued') pauseOperation(operation);
    for (const operation of touched) pauseOperation(operation);
    if (this.quirks.jobsSurviveRestart) return;
    this.jobs.clear();
    for (const vm of this.vms.values()) if (vm.operation) vm.operation.job = null;
  }

  #resumeWork(): void {
    for (const operation of [...this.#operationsTouched()]) {
      const how = operation.host.quirks.transfersAfterRestart;
      const { transfer } = operation.plan;
      const partner = this.world.partnerOf(operation.vm);
      if (!operation.host.running || (transfer && partner && !this.world.host(partner.hostName).running)) continue;
      if (how === 'fail' && transfer && operation.host === this) {
        failOperation(operation, { errorCode: 32768, description: 'The operation was interrupted by a restart. (0x80004004)' });
      } else {
        resumeOperation(operation, transfer && how === 'restart' ? 'restart' : 'continue');
      }
    }
  }

  /** Operations on this host, and transfers of other hosts that send to or receive from it. */
  *#operationsTouched(): Iterable<Operation> {
    for (const vm of this.vms.values()) {
      if (vm.operation) yield vm.operation;
      const partner = this.world.partnerOf(vm);
      if (partner?.operation?.plan.transfer) yield partner.operation;
    }
  }

  #change(change: () => void): void {
    const before = this.up;
    change();
    if (this.up === before) return;
    for (const listener of this.#listeners) listener(this.up);
    for (const vm of this.vms.values()) this.world.touch(vm);
  }
}
