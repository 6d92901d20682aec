import type { Command } from 'commander';
import { describePower } from '../../domain/power.ts';
import { describeReplicationHealth, describeReplicationMode, describeReplicationState, IN_BOX_PROVIDER } from '../../domain/replication.ts';
import { isRecoverySide } from '../../plan/inventory.ts';
import { loadPlan } from '../../plan/load-plan.ts';
import type { Plan } from '../../plan/plan.ts';
import { durationWords } from '../../report/duration-words.ts';
import { printable } from '../../report/printable.ts';
import type { CliContext, Start } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import { type Inventory, lookAtHosts, sightOf } from '../look-at-hosts.ts';
import { table } from '../table.ts';

interface InventoryOptions {
  readonly all?: boolean;
}

type Machine = Inventory['machines'][number];

export function addInventory(program: Command, start: Start): void {
  program
    .command('inventory')
    .description('VMs that could be brought home, on all hosts of a plan: state, health, provider, lag')
    .argument('<plan>', 'plan file')
    .option('--all', 'every VM, replicated or not, on whichever side')
    .action((file: string, { all }: InventoryOptions, command: Command) =>
      start(command, (context) => showInventory(context, file, all ?? false)),
    );
}

async function showInventory(context: CliContext, file: string, all: boolean): Promise<number> {
  const { output, parts } = context;
  const plan = await loadPlan(file);
  const inventory = await lookAtHosts(context, plan);
  const pairs = pairedIn(plan, inventory);
  const shown = inventory.machines.filter((machine) => all || isRecoverySide(machine) || pairs.has(machine.vmId));
  const siteOf = (host: string) => plan.hosts.find(({ name }) => name === host)?.site ?? null;
  for (const machine of shown) output.emit({ ...machineObject(machine, inventory), site: siteOf(machine.host) });
  if (shown.length > 0) {
    const rows = shown.map((machine) => rowOf(machine, inventory, parts.now(), siteOf(machine.host)));
    output.print(table(['vm', 'host', 'site', 'state', 'mode', 'health', 'power', 'provider', 'last replication'], rows, output.colors));
  }
  const count = pairs.size === 0 ? shown.length : new Set(shown.map(({ vmId }) => vmId)).size;
  const hidden = inventory.machines.length - shown.length;
  output.print(`${count} VM${count === 1 ? '' : 's'}${hidden > 0 ? `, ${hidden} more that can not be brought home (--all)` : ''}`);
  for (const { host, failure } of inventory.failures) {
    output.emit({ type: 'host-failure', host, failure });
    output.error(failure.message, failure.remedy);
  }
  return inventory.failures.length === 0 ? ExitCode.Done : ExitCode.Unreachable;
}

/** Ids of machines with copies on several hosts, in a plan that can tell them apart. */
function pairedIn({ home }: Plan, { machines }: Inventory): ReadonlySet<string> {
  const seen = new Set<string>();
  const paired = new Set<string>();
  for (const { replicated, vmId } of home === null ? [] : machines) {
    if (replicated && seen.has(vmId)) paired.add(vmId);
    if (replicated) seen.add(vmId);
  }
  return paired;
}

function rowOf(machine: Machine, inventory: Inventory, now: number, site: string | null): string[] {
  const { name, host, state, mode, health, power } = machine;
  const last = lastReplication(machine, inventory);
  return [
    printable(name),
    host,
    printable(site ?? '-'),
    state === null ? '-' : describeReplicationState(state),
    describeReplicationMode(mode),
    health === null ? '-' : describeReplicationHealth(health),
    describePower(power),
    providerName(machine),
    last === null ? '-' : `${durationWords(now - Date.parse(last))} ago`,
  ];
}

function machineObject(machine: Machine, inventory: Inventory): object {
  return { type: 'vm', ...machine, lastReplicationTime: lastReplication(machine, inventory) };
}

function lastReplication({ host, vmId }: Machine, { hosts }: Inventory): string | null {
  const seen = hosts.get(host);
  return (seen && sightOf(seen, vmId)?.vm.replication?.lastReplicationTime) ?? null;
}

function providerName({ providerId, replicated }: Machine): string {
  if (providerId === null) return replicated ? 'unknown' : '-';
  return providerId.toUpperCase() === IN_BOX_PROVIDER ? 'in-box' : providerId;
}
