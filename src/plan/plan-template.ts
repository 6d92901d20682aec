import { Document, isNode, isSeq } from 'yaml';
import { describeReplicationHealth, describeReplicationState } from '../domain/replication.ts';
import type { HostAccess } from './host-access.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import { DEFAULT_IN_FLIGHT, DEFAULT_TRANSFERS, type PlanHost } from './plan.ts';
import { vmName } from './plan-schema.ts';
import { type ToldSites, tellSites } from './tell-sites.ts';

export interface PlanTemplateOptions {
  /** Default `my-failback`. */
  readonly name?: string;
  /** Hosts whose settings are known. A host of the inventory that is not among them gets an address made from its name. */
  readonly hosts?: readonly PlanHost[];
  /** The site that is home, when that is known; else it is told from the pairs of the inventory, if there are any. */
  readonly home?: string | null;
}

const HEADER = ` Made by \`failback plan init\`. Check the addresses and the account, take out what should stay,
 then run \`failback plan lint\` and \`failback preflight\`.
 Other keys have defaults: retry, timeouts, after, startStates, start, verify, reverse, rto under "defaults"; limits.`;

/**
 * A commented plan with every machine of the inventory that has a copy on the recovery side, once, in the inventory's order; a glob for
 * everything when there is none. Says which hosts stand at home when pairs of copies tell it. It is a valid plan as long as the names of
 * hosts are. Machines a plan cannot name (control characters) are left out and counted in a comment.
 */
export function writePlanTemplate(inventory: readonly InventoryVm[], options: PlanTemplateOptions = {}): string {
  const told = options.home == null ? tellSites(inventory) : null;
  const home = options.home ?? (told ? 'home' : null);
  const recovery = home === null ? inventory.filter(isRecoverySide) : onceEach(inventory.filter(isRecoverySide));
  const machines = recovery.filter(({ name }) => vmName.safeParse(name).success);
  const known = new Map<string, object>((options.hosts ?? []).map((host) => [host.name, hostEntry(host, told)]));
  for (const { host } of inventory) if (!known.has(host)) known.set(host, guessedHost(host, told));
  if (known.size === 0) known.set('hyperv-host', guessedHost('hyperv-host', null));

  const namesakes = groupByName(machines);
  const document = new Document({
    version: 1,
    name: options.name ?? 'my-failback',
    ...(home === null ? {} : { home }),
    hosts: Object.fromEntries(known),
    defaults: { strategy: 'auto', recoveryPoint: 'latest' },
    limits: { inFlight: 20 },
    members: machines.length === 0 ? [{ match: '*' }] : machines.map((vm) => memberEntry(vm, namesakes)),
  });
  document.commentBefore = told ? `${HEADER}\n${toldWords(told)}` : HEADER;
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

/** Both copies of a machine may be replicas for a while: one of them is enough. */
function onceEach(copies: readonly InventoryVm[]): readonly InventoryVm[] {
  const taken = new Set<string>();
  return copies.filter(({ vmId }) => !taken.has(vmId) && taken.add(vmId));
}

function toldWords({ certain }: ToldSites): string {
  return certain
    ? ' "home" and "site" are told from machines that were failed over: give the sites names of your own.'
    : ' "home" and "site" are a guess: home is where most machines send from. CHECK THEM, everything depends on it.';
}

function hostEntry({ name, address, access, limits, ...more }: PlanHost, told: ToldSites | null) {
  const { site, cluster, broker, replicaCertificate } = more;
  const place = site ?? told?.siteOf.get(name);
  return {
    address,
    ...accessEntry(access),
    ...(place && { site: place }),
    ...(cluster && { cluster }),
    ...(broker && { broker }),
    ...(replicaCertificate && { replicaCertificate }),
    limits: { ...limits },
  };
}

/** How a host is reached, as a plan says it. */
function accessEntry(access: HostAccess) {
  const auth = { auth: access.auth, ...(access.credentials && { credentials: given(access.credentials) }) };
  if (access.transport === 'powershell') {
    const { transport, executable, configurationName, sessions } = access;
    return { transport, ...auth, powershell: given({ executable, configurationName, sessions }) };
  }
  const { caFile, fingerprint } = access.tls;
  return {
    ...auth,
    ...('spn' in access && access.spn !== null ? { spn: access.spn } : {}),
    ...(caFile === null && fingerprint === null ? {} : { tls: given({ ca: caFile, fingerprint }) }),
    ...('allowUnencrypted' in access && access.allowUnencrypted ? { allowUnencrypted: true } : {}),
  };
}

/** What is not null; the default credential cache, which is null, has a name in plans. */
function given(values: Readonly<Record<string, unknown>>): object {
  const named = values.cache === null ? { ...values, cache: 'default' } : values;
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== null));
}

function guessedHost(name: string, told: ToldSites | null) {
  const place = told?.siteOf.get(name);
  return {
    address: `https://${name}:5986`,
    credentials: { username: 'CONTOSO\\svc-failback', password: 'env:HV_PASSWORD' },
    ...(place && { site: place }),
    limits: { inFlight: DEFAULT_IN_FLIGHT.host, transfers: DEFAULT_TRANSFERS },
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
