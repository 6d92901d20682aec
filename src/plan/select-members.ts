import type { FailureCode } from '../domain/failure.ts';
import type { Intent } from '../domain/intent.ts';
import { describeReplicationMode, ReplicationMode } from '../domain/replication.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import { compileGlob } from './name-glob.ts';
import { nearest } from './nearest.ts';
import { effectiveSettings, type MatchedMembers, type MemberSpec, type NamedMember, type Plan, type SourcePosition } from './plan.ts';
import { resolveCopies } from './resolve-copies.ts';
import type { ResolvedMember } from './resolved-member.ts';

/** Why an entry of the plan could not be turned into machines as written. */
export interface SelectionProblem {
  /** With an `error` the run must not start; a `warning` is worth a look. */
  readonly severity: 'error' | 'warning';
  readonly code: Extract<FailureCode, 'vm.not-found' | 'vm.ambiguous' | 'vm.not-replicated' | 'plan.invalid'>;
  readonly message: string;
  readonly remedy: string;
  /** The plan entry it is about. */
  readonly position: SourcePosition;
}

export interface Selection {
  /** In the order of the plan's entries; within a glob by the plan's order of hosts, then by name. No machine is here twice. */
  readonly members: readonly ResolvedMember[];
  readonly problems: readonly SelectionProblem[];
}

/** Suggestions cost a look at every name of the inventory, so only so many problems get one. */
const MAX_SUGGESTIONS = 50;
const byName = new Intl.Collator('en', { numeric: true });

/**
 * Finds the machines a plan means. Names compare without regard to case. All copies of a machine have the same id, and are one member.
 *
 * A name (or id) means the machine that has a copy on the recovery side (replica or extended replica) when there is one. Without one it
 * means the only replicated machine of that name, which pre-flight then explains. A glob means every machine it matches that has a copy
 * on the recovery side or, in a plan that says which site is home, several copies; except those that an entry of their own names and
 * those an earlier glob took.
 * @param inventory machines of all hosts of the plan; machines of other hosts are passed over
 */
export function selectMembers(plan: SelectedPlan, inventory: readonly InventoryVm[], intent: Intent = 'failback'): Selection {
  return new Selector(plan, inventory, intent).run();
}

type SelectedPlan = Pick<Plan, 'home' | 'hosts' | 'defaults' | 'members'>;
type Report = (problem: Omit<SelectionProblem, 'position' | 'severity'> & { readonly severity?: 'warning' }) => void;

class Selector {
  readonly #plan: SelectedPlan;
  readonly #intent: Intent;
  readonly #machines: readonly InventoryVm[];
  readonly #byName: ReadonlyMap<string, readonly InventoryVm[]>;
  readonly #byId: ReadonlyMap<string, readonly InventoryVm[]>;
  readonly #problems: SelectionProblem[] = [];
  /** What took a machine, by its id. */
  readonly #taken = new Map<string, MemberSpec>();
  #suggestions = 0;

  constructor(plan: SelectedPlan, inventory: readonly InventoryVm[], intent: Intent) {
    const order = new Map(plan.hosts.map(({ name }, index) => [name, index]));
    const rank = (vm: InventoryVm) => order.get(vm.host) ?? 0;
    this.#plan = plan;
    this.#intent = intent;
    this.#machines = inventory
      .filter(({ host }) => order.has(host))
      .sort((a, b) => rank(a) - rank(b) || byName.compare(a.name, b.name) || compareText(a.name, b.name) || compareText(a.vmId, b.vmId));
    this.#byName = groupBy(this.#machines, ({ name }) => name.toLowerCase());
    this.#byId = groupBy(this.#machines, ({ vmId }) => vmId.toUpperCase());
  }

  run(): Selection {
    // Entries that name a machine go first, wherever they stand: they win over globs.
    const named = new Map(this.#plan.members.filter((spec) => spec.kind === 'vm').map((spec) => [spec, this.#named(spec)]));
    const members = this.#plan.members.flatMap((spec) => (spec.kind === 'vm' ? (named.get(spec) ?? []) : this.#matched(spec)));
    const problems = this.#problems.sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
    return { members, problems };
  }

  #named(spec: NamedMember): ResolvedMember[] {
    const report = this.#reporter(spec);
    const everywhere = (spec.id === null ? this.#byName.get(spec.vm.toLowerCase()) : this.#byId.get(spec.id)) ?? [];
    const found = everywhere.filter(
      ({ host, name }) => (spec.on === null || host === spec.on) && name.toLowerCase() === spec.vm.toLowerCase(),
    );
    if (found.length === 0) {
      this.#reportNotFound(spec, everywhere, report);
      return [];
    }
    const recovery = found.filter(isRecoverySide);
    const replicated = recovery.length > 0 ? recovery : found.filter((vm) => vm.replicated);
    const [machine] = replicated;
    if (!machine) {
      const remedy = 'Take it out of the plan, or check that this is the host of the replica.';
      report({ code: 'vm.not-replicated', message: `${quote(spec.vm)} on ${listHosts(found)} is not replicated`, remedy });
      return [];
    }
    if (replicated.some(({ vmId }) => vmId !== machine.vmId)) {
      reportAmbiguous(spec.vm, replicated, report);
      return [];
    }
    const earlier = this.#taken.get(machine.vmId);
    if (earlier) {
      report({
        code: 'plan.invalid',
        message: `${quote(spec.vm)} is the same machine as the member in line ${earlier.position.line}`,
        remedy: 'Keep one of the two entries.',
      });
      return [];
    }
    return this.#take(machine.vmId, replicated, spec);
  }

  #matched(spec: MatchedMembers): ResolvedMember[] {
    const report = this.#reporter(spec);
    const matches = compileGlob(spec.match);
    const onHost = spec.on === null ? this.#machines : this.#machines.filter(({ host }) => host === spec.on);
    const all = onHost.filter(({ name }) => matches(name));
    const found = all.filter((vm) => isRecoverySide(vm) || this.#isPaired(vm));
    if (found.length === 0) {
      const others =
        all.length === 0
          ? 'no machine'
          : `${all.length} machine${all.length === 1 ? '' : 's'}, but none on the recovery side of a replication`;
      report({
        code: 'vm.not-found',
        message: `match: ${quote(spec.match)} finds ${others}${spec.on === null ? '' : ` on ${spec.on}`}`,
        remedy:
          'Compare the glob with `failback inventory`; [ ] { } * ? and \\ have a meaning of their own unless a backslash stands before them.',
      });
      return [];
    }
    const left = spec.except.reduce((rest, glob) => {
      const excluded = compileGlob(glob);
      if (!found.some(({ name }) => excluded(name)))
        report({
          severity: 'warning',
          code: 'vm.not-found',
          message: `except: ${quote(glob)} leaves nothing out`,
          remedy: 'Check the spelling: what it was meant to leave out may be in the run.',
        });
      return rest.filter(({ name }) => !excluded(name));
    }, found);
    const groups = groupBy(left, ({ vmId }) => vmId);
    return [...groups].filter(([vmId]) => !this.#taken.has(vmId)).flatMap(([vmId, copies]) => this.#take(vmId, copies, spec));
  }

  /** Copies of it are on several hosts of a plan that can tell them apart. */
  #isPaired({ vmId, replicated }: InventoryVm): boolean {
    return replicated && this.#plan.home !== null && this.#copiesOf(vmId).length > 1;
  }

  #copiesOf(vmId: string): readonly InventoryVm[] {
    return (this.#byId.get(vmId.toUpperCase()) ?? []).filter(({ mode }) => mode !== ReplicationMode.TestReplica);
  }

  /** @param meant the copies the entry means */
  #take(vmId: string, meant: readonly InventoryVm[], spec: MemberSpec): ResolvedMember[] {
    const settings = effectiveSettings(this.#plan.defaults, spec);
    const { doubtful, ...resolution } = resolveCopies({ copies: this.#copiesOf(vmId), meant }, this.#plan, settings, this.#intent);
    const vm = meant.find(({ host }) => host === resolution.host) ?? meant[0];
    if (!vm) return [];
    if (doubtful.length > 0) {
      reportAmbiguous(vm.name, doubtful, this.#reporter(spec));
      return [];
    }
    this.#taken.set(vmId, spec);
    return [{ key: `${resolution.host}/${vmId}`, vm: vm.name, vmId, ...resolution, settings, position: spec.position }];
  }

  #reportNotFound(spec: NamedMember, elsewhere: readonly InventoryVm[], report: Report): void {
    const where = spec.on === null ? 'on no host of the plan' : `not on host ${spec.on}`;
    const what = spec.id === null ? quote(spec.vm) : `${quote(spec.vm)} with id ${spec.id}`;
    const sameId = spec.id === null ? undefined : elsewhere.find(({ name }) => name.toLowerCase() !== spec.vm.toLowerCase());
    const hint = sameId
      ? `; the machine with this id is ${quote(sameId.name)}`
      : elsewhere.length > 0
        ? `; it is on ${listHosts(elsewhere)}`
        : this.#suggestion(spec);
    const remedy = 'Compare with `failback inventory`; was the machine renamed or moved?';
    report({ code: 'vm.not-found', message: `${what} is ${where}${hint}`, remedy });
  }

  #suggestion({ vm, on }: NamedMember): string {
    if (this.#suggestions >= MAX_SUGGESTIONS) return '';
    this.#suggestions += 1;
    const names = this.#machines.filter(({ host }) => on === null || host === on).map(({ name }) => name);
    const close = nearest(vm, names);
    return close === null ? '' : `; did you mean ${quote(close)}?`;
  }

  #reporter({ position }: MemberSpec): Report {
    return ({ severity = 'error' as const, ...problem }) => {
      this.#problems.push({ severity, ...problem, position });
    };
  }
}

function reportAmbiguous(vm: string, machines: readonly InventoryVm[], report: Report): void {
  const places = machines.slice(0, 5).map(({ host, vmId }) => `${host} (${vmId})`);
  report({
    code: 'vm.ambiguous',
    message: `${quote(vm)} means ${machines.length} machines: ${listSome(places, machines.length)}`,
    remedy: 'Say which one with on: HOST or id: GUID.',
  });
}

function groupBy(machines: readonly InventoryVm[], keyOfGroup: (vm: InventoryVm) => string): ReadonlyMap<string, readonly InventoryVm[]> {
  const groups = new Map<string, InventoryVm[]>();
  for (const vm of machines) {
    const group = groups.get(keyOfGroup(vm));
    if (group) group.push(vm);
    else groups.set(keyOfGroup(vm), [vm]);
  }
  return groups;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function listHosts(machines: readonly InventoryVm[]): string {
  const hosts = [...new Set(machines.map(({ host, mode }) => `${host} (mode ${describeReplicationMode(mode)})`))];
  return listSome(hosts.slice(0, 5), hosts.length);
}

function listSome(shown: readonly string[], total: number): string {
  return total > shown.length ? `${shown.join(', ')} and ${total - shown.length} more` : shown.join(', ');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
