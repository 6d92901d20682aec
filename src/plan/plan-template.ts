import { Document, isNode, isSeq } from 'yaml';
import { describeReplicationHealth, describeReplicationState } from '../domain/replication.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import type { PlanHost } from './plan.ts';
import { vmName } from './plan-schema.ts';

export interface PlanTemplateOptions {
  /** Default `my-failback`. */
  readonly name?: string;
  /** Hosts whose settings are known. A host of the inventory that is not among them gets an address made from its name. */
  readonly hosts?: readonly PlanHost[];
}

const HEADER = ` Made by \`failback plan init\`. Check the addresses and the account, take out what should stay,
 then run \`failback plan lint\` and \`failback preflight\`.
 Other keys have defaults: retry, timeouts, after, startStates, start, verify under "defaults"; limits.`;

/**
 * A commented plan with every machine of the inventory that is on the recovery side, in the inventory's order; a glob for
 * everything when there is none. It is a valid plan as long as the names of hosts are. Machines a plan cannot name (control
 * characters) are left out and counted in a comment.
 */
export function writePlanTemplate(inventory: readonly InventoryVm[], options: PlanTemplateOptions = {}): string {
  const recovery = inventory.filter(isRecoverySide);
  const machines = recovery.filter(({ name }) => vmName.safeParse(name).success);
  const known = new Map((options.hosts ?? []).map((host) => [host.name, hostEntry(host)]));
  for (const { host } of inventory) if (!known.has(host)) known.set(host, guessedHost(host));
  if (known.size === 0) known.set('hyperv-host', guessedHost('hyperv-host'));

  const namesakes = groupByName(machines);
  const document = new Document({
    version: 1,
    name: options.name ?? 'my-failback',
    hosts: Object.fromEntries(known),
    defaults: { strategy: 'auto', recoveryPoint: 'latest' },
    limits: { inFlight: 20 },
    members: machines.length === 0 ? [{ match: '*' }] : machines.map((vm) => memberEntry(vm, namesakes)),
  });
  document.commentBefore = HEADER;
  const members = document.get('members');
  if (isSeq(members)) {
    for (const [index, vm] of machines.entries()) {
      const item = members.items[index];
      if (isNode(item))
        item.comment = ` ${vm.host}: state ${describeReplicationState(vm.state ?? 0)}, health ${describeReplicationHealth(vm.health ?? 0)}`;
    }
    const left = recovery.length - machines.length;
    if (left > 0) members.comment = ` ${left} left out: a plan cannot hold their names (control characters).`;
    if (machines.length === 0) members.commentBefore = ' No machine on the recovery side was found.';
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function hostEntry({ address, credentials, tls, allowUnencrypted, limits }: PlanHost) {
  const { caFile, fingerprint } = tls;
  return {
    address,
    credentials: { ...credentials },
    ...(caFile === null && fingerprint === null ? {} : { tls: { ...(caFile && { ca: caFile }), ...(fingerprint && { fingerprint }) } }),
    ...(allowUnencrypted ? { allowUnencrypted } : {}),
    limits: { ...limits },
  };
}

function guessedHost(name: string) {
  return {
    address: `https://${name}:5986`,
    credentials: { username: 'CONTOSO\\svc-failback', password: 'env:HV_PASSWORD' },
    limits: { inFlight: 3 },
  };
}

/** The name alone when it is enough to find the machine, else with its host, else with its id too. */
function memberEntry({ name, host, vmId }: InventoryVm, namesakes: ReadonlyMap<string, readonly InventoryVm[]>) {
  const same = namesakes.get(name.toLowerCase()) ?? [];
  if (same.length === 1) return name;
  return same.filter((other) => other.host === host).length === 1 ? { vm: name, on: host } : { vm: name, id: vmId, on: host };
}

function groupByName(machines: readonly InventoryVm[]): ReadonlyMap<string, readonly InventoryVm[]> {
  const groups = new Map<string, InventoryVm[]>();
  for (const vm of machines) {
    const group = groups.get(vm.name.toLowerCase());
    if (group) group.push(vm);
    else groups.set(vm.name.toLowerCase(), [vm]);
  }
  return groups;
}
