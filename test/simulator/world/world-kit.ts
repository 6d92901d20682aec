import type { CimClass, CimInstance, CimReference, CimValue, MethodOutcome } from '../../../src/simulator/cim.ts';
import { instanceOf } from '../../../src/simulator/world/classes/declare.ts';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { writeEmbeddedInstance } from '../../../src/simulator/world/embedded-instance.ts';
import type { ScenarioInput } from '../../../src/simulator/world/scenario.ts';
import type { SimulatedHost } from '../../../src/simulator/world/simulated-host.ts';
import { createSimulation, type SimulationOptions } from '../../../src/simulator/world/simulation.ts';
import type { VirtualMachine } from '../../../src/simulator/world/virtual-machine.ts';

const V2 = 'root/virtualization/v2';

/** A world with a clock of its own that stands still until it is advanced, driven through the seam the network server uses. */
export class TestWorld {
  readonly clock = manualClock();
  readonly simulation;
  #calls = 0;

  constructor(scenario: ScenarioInput = {}, options: Partial<SimulationOptions> = {}) {
    this.simulation = createSimulation({ hosts: 1, vms: 1, seed: 7, clock: this.clock, scenario, ...options });
  }

  get world() {
    return this.simulation.world;
  }

  advance(seconds: number): void {
    this.clock.advance(seconds * 1000);
    this.world.settle();
  }

  host(name?: string): SimulatedHost {
    const host = name === undefined ? this.simulation.hosts[0] : this.simulation.hosts.find((one) => one.name === name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  }

  /** The machine as the world knows it; without a name the host's first. */
  vm(name?: string, hostName?: string): VirtualMachine {
    const { vms } = this.world.host(hostName ?? this.host().name);
    const vm = name === undefined ? [...vms.values()][0] : [...vms.values()].find((one) => one.name === name);
    if (!vm) throw new Error(`no machine ${name}`);
    return vm;
  }

  cls(name: string, namespace = V2): CimClass {
    const cls = this.host().class(namespace, name);
    if (!cls) throw new Error(`no class ${name}`);
    return cls;
  }

  all(className: string, hostName?: string, namespace = V2): CimInstance[] {
    return [...this.host(hostName).instances(this.cls(className, namespace))];
  }

  /** Calls a method of the first instance the keys match. */
  async invoke(
    className: string,
    method: string,
    args: Record<string, CimValue>,
    keys: Record<string, string> = {},
    hostName?: string,
  ): Promise<MethodOutcome> {
    const matches = (instance: CimInstance): boolean =>
      Object.entries(keys).every(([name, value]) => String(instance.values[name]) === value);
    const target = this.all(className, hostName).find(matches);
    if (!target) throw new Error(`no ${className} to call ${method} of`);
    this.#calls += 1;
    return this.host(hostName).invoke({ target, method, args, messageId: `uuid:${this.#calls}`, user: 'hvadmin' });
  }

  /** Calls a method of Msvm_ReplicationService for a machine. */
  replication(vm: VirtualMachine, method: string, args: Record<string, CimValue> = {}): Promise<MethodOutcome> {
    return this.invoke('Msvm_ReplicationService', method, { ComputerSystem: vmReference(vm), ...args }, {}, vm.hostName);
  }

  initiateFailback(vm: VirtualMachine, args: Record<string, CimValue> = {}): Promise<MethodOutcome> {
    return this.replication(vm, 'InitiateFailback', { ReplicationSettingData: this.settings(vm), ...args });
  }

  changeState(vm: VirtualMachine, RequestedState: number): Promise<MethodOutcome> {
    return this.invoke('Msvm_ComputerSystem', 'RequestReplicationStateChangeEx', { RequestedState }, { Name: vm.id }, vm.hostName);
  }

  power(vm: VirtualMachine, RequestedState: number): Promise<MethodOutcome> {
    return this.invoke('Msvm_ComputerSystem', 'RequestStateChange', { RequestedState }, { Name: vm.id }, vm.hostName);
  }

  cancelJob(vm: VirtualMachine, outcome: MethodOutcome, RequestedState: number): Promise<MethodOutcome> {
    return this.invoke('Msvm_ConcreteJob', 'RequestStateChange', { RequestedState }, { InstanceID: jobId(outcome) }, vm.hostName);
  }

  /** The machine's replication settings as embedded text, with changes. */
  settings(vm: VirtualMachine, changes: Record<string, CimValue> = {}): string {
    const found = this.all('Msvm_ReplicationSettingData', vm.hostName).find((one) => one.values.VirtualSystemIdentifier === vm.id);
    if (!found) throw new Error('the machine is not replicated');
    return writeEmbeddedInstance(instanceOf(found.class, { ...found.values, ...changes }));
  }

  /** Settings for a reversal: the data goes where it came from. */
  reversed(vm: VirtualMachine): string {
    return this.settings(vm, { RecoveryConnectionPoint: vm.relationship?.primaryConnectionPoint ?? null });
  }

  /** What an observer sees: [mode, replication state, power]. */
  seen(vm: VirtualMachine): [mode: unknown, state: unknown, power: unknown] {
    const system = this.all('Msvm_ComputerSystem', vm.hostName).find((one) => one.values.Name === vm.id);
    const relationship = this.all('Msvm_ReplicationRelationship', vm.hostName).find((one) => String(one.values.InstanceID).includes(vm.id));
    return [system?.values.ReplicationMode, relationship?.values.ReplicationState, system?.values.EnabledState];
  }

  /** The job an outcome names, as the host shows it now; undefined when it is gone. */
  job(outcome: MethodOutcome, hostName?: string): CimInstance | undefined {
    return this.host(hostName).find(this.cls('Msvm_ConcreteJob'), { InstanceID: jobId(outcome) })?.[0];
  }
}

export function vmReference(vm: { id: string }): CimReference {
  return { namespace: V2, className: 'Msvm_ComputerSystem', keys: { CreationClassName: 'Msvm_ComputerSystem', Name: vm.id } };
}

export function jobId(outcome: MethodOutcome): string {
  const job = outcome.out.Job;
  if (typeof job !== 'object' || job === null || !('className' in job)) throw new Error(`no job in ${JSON.stringify(outcome)}`);
  return job.keys.InstanceID ?? '';
}

/** One machine of a given size that takes this many host seconds to copy at the default rate of 200 MB/s. */
export function secondsOfData(seconds: number): { sizeGB: number } {
  return { sizeGB: (seconds * 200) / 1000 };
}
