import type {
  CimClass,
  CimHost,
  CimInstance,
  CimReference,
  CimValue,
  Disposition,
  MethodCall,
  MethodOutcome,
  RequestInfo,
} from '../cim.ts';
import { maySeeConfiguration, namespaceSecurity, seesInstances } from './account-rights.ts';
import { classesOf, classNamed, findInstances, instancesOf } from './catalogue.ts';
import { VIRTUALIZATION } from './classes/declare.ts';
import type { FaultScript } from './fault-script.ts';
import type { Host } from './host.ts';
import { associatorsOf } from './instances/association-instance.ts';
import type { Ledger } from './ledger.ts';
import { catalogueMethod } from './methods/catalogue.ts';
import { isReference, keyOf, Refusal, ReturnValue } from './methods/method.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** Parameters longer than this are shortened in the ledger. */
const LEDGER_TEXT = 80;

/** A host of the world behind the seam the WS-Management server serves. Every look first brings the world up to date. */
export class SimulatedHost implements CimHost {
  readonly #host: Host;
  readonly #faults: FaultScript;
  readonly #ledger: Ledger | null;

  constructor(host: Host, faults: FaultScript, ledger: Ledger | null) {
    this.#host = host;
    this.#faults = faults;
    this.#ledger = ledger;
  }

  get name(): string {
    return this.#host.name;
  }

  get username(): string {
    return this.#host.username;
  }

  get password(): string {
    return this.#host.password;
  }

  get maxEnvelopeBytes(): number {
    return this.#host.quirks.maxEnvelopeKb * 1024;
  }

  get up(): boolean {
    this.#host.world.settle();
    return this.#host.up;
  }

  onPower(listener: (up: boolean) => void): () => void {
    return this.#host.onPower(listener);
  }

  now(): number {
    return this.#host.now();
  }

  get mayReadConfiguration(): boolean {
    return maySeeConfiguration(this.#host.quirks.account);
  }

  class(namespace: string, name: string): CimClass | undefined {
    const found = classNamed(namespace, name);
    return found !== undefined && this.#hasNamespace(found.namespace) ? found : undefined;
  }

  classes(namespace: string): Iterable<CimClass> {
    return this.#hasNamespace(namespace.toLowerCase()) ? classesOf(namespace) : [];
  }

  instances(cls: CimClass): Iterable<CimInstance> {
    this.#host.world.settle();
    return this.#sees(cls) ? instancesOf(this.#host, cls) : [];
  }

  find(cls: CimClass, keys: Readonly<Record<string, string>>): readonly CimInstance[] | undefined {
    this.#host.world.settle();
    return this.#sees(cls) ? findInstances(this.#host, cls, keys) : [];
  }

  associators(source: CimReference, assocClass: string | null, resultClass: string | null): Iterable<CimInstance> {
    this.#host.world.settle();
    return associatorsOf(this.#host, source, assocClass, resultClass);
  }

  disposition(request: RequestInfo): Disposition {
    this.#host.world.settle();
    return { ...this.#faults.disposition(this.#host, request), ...namespaceSecurity(this.#host.quirks.account, request) };
  }

  async invoke(call: MethodCall): Promise<MethodOutcome> {
    const host = this.#host;
    host.world.settle();
    const vm = machineOfCall(host, call);
    const at = (): string => new Date(host.now()).toISOString();
    const entry = { host: host.name, vm: vm?.id ?? null, method: call.method };
    const n = this.#ledger?.call({
      ...entry,
      at: at(),
      vmName: vm?.name ?? null,
      class: call.target.class.name,
      messageId: call.messageId,
      args: Object.fromEntries(Object.entries(call.args).map(([name, value]) => [name, shorten(value)])),
    });
    const outcome = this.#carryOut(call, vm);
    if (vm) host.world.touch(vm);
    const job = outcome.out.Job;
    if (n !== undefined) {
      const jobId = isReference(job) ? (job.keys.InstanceID ?? null) : null;
      this.#ledger?.outcome({ ...entry, n, at: at(), returnValue: outcome.returnValue, job: jobId });
    }
    return outcome;
  }

  #hasNamespace(namespace: string): boolean {
    return namespace !== VIRTUALIZATION || this.#host.quirks.hyperVRole;
  }

  #sees(cls: CimClass): boolean {
    return seesInstances(this.#host.quirks.account, cls);
  }

  #carryOut(call: MethodCall, vm: VirtualMachine | null): MethodOutcome {
    const { returnValue, interference } = this.#faults.onCall(this.#host, vm, call.method);
    if (returnValue !== null) return { returnValue, out: {} };
    const method = catalogueMethod(call.target.class.name, call.method);
    if (!method) return { returnValue: ReturnValue.NotSupported, out: {} };
    try {
      return method({ host: this.#host, call, interference });
    } catch (thrown) {
      if (thrown instanceof Refusal) return { returnValue: thrown.returnValue, out: {} };
      throw thrown;
    }
  }
}

/** The machine a call is about: by its ComputerSystem parameter, its target, or the job it is sent to. */
function machineOfCall(host: Host, call: MethodCall): VirtualMachine | null {
  const argument = call.args.ComputerSystem ?? call.args.AffectedSystem;
  const { values } = call.target;
  const ids = [isReference(argument) ? keyOf(argument, 'Name') : null, values.Name, values.SystemName];
  for (const id of ids) {
    const vm = typeof id === 'string' ? host.vms.get(id.toUpperCase()) : undefined;
    if (vm) return vm;
  }
  return host.jobs.get(String(values.InstanceID))?.vm ?? null;
}

function shorten(value: CimValue): unknown {
  if (isReference(value)) return keyOf(value, 'Name') ?? keyOf(value, 'InstanceID') ?? value.className;
  if (typeof value === 'string' && value.length > LEDGER_TEXT) return `${value.slice(0, LEDGER_TEXT)}… (${value.length} characters)`;
  return value;
}
