import { IN_BOX_PROVIDER, ReplicationMode, ReplicationState } from '../domain/replication.ts';
import type { InventoryVm } from './inventory.ts';

/** Which hosts stand together, as far as their pairs tell. */
export interface ToldSites {
  /** Site by host; hosts without pairs are missing. */
  readonly siteOf: ReadonlyMap<string, 'home' | 'away'>;
  /** True when machines that were failed over tell which side is home; else it is where most of them run. */
  readonly certain: boolean;
}

/** Two copies of one machine, and what they say about which of them is at home: so many more voices for the first. */
interface Pair {
  readonly hosts: readonly [string, string];
  readonly strong: number;
  readonly weak: number;
}

/**
 * Tells two sites from the machines that are replicated between hosts by the in-box provider: the copies of a machine stand at different
 * sites, and one that was failed over unplanned is away from home. Null when there are no pairs, or they contradict each other.
 */
export function tellSites(inventory: readonly InventoryVm[]): ToldSites | null {
  const pairs = pairsIn(inventory);
  const siteOf = new Map<string, 'home' | 'away'>();
  let certain = pairs.length > 0;
  for (const group of connected(pairs)) {
    const first = twoSides(group);
    if (!first) return null;
    const count = (kind: 'strong' | 'weak') =>
      group.reduce((sum, { hosts: [host], [kind]: voices }) => sum + (first.get(host) ? voices : -voices), 0);
    const strong = count('strong');
    const firstIsHome = (strong === 0 ? count('weak') : strong) >= 0;
    for (const [host, isFirst] of first) siteOf.set(host, isFirst === firstIsHome ? 'home' : 'away');
    certain &&= strong !== 0;
  }
  return pairs.length === 0 ? null : { siteOf, certain };
}

function pairsIn(inventory: readonly InventoryVm[]): readonly Pair[] {
  const copies = new Map<string, InventoryVm[]>();
  for (const vm of inventory)
    if (vm.replicated && vm.mode !== ReplicationMode.TestReplica && vm.providerId?.toUpperCase() === IN_BOX_PROVIDER)
      copies.set(vm.vmId, [...(copies.get(vm.vmId) ?? []), vm]);
  return [...copies.values()].flatMap(([first, second, third]) =>
    first && second && !third && first.host !== second.host ? [pairOf(first, second)] : [],
  );
}

function pairOf(first: InventoryVm, second: InventoryVm): Pair {
  const strong = Number(isAway(second, first)) - Number(isAway(first, second));
  const weak = Number(first.mode === ReplicationMode.Primary) - Number(second.mode === ReplicationMode.Primary);
  return { hosts: [first.host, second.host], strong, weak };
}

/** Failed over, and not from a prepared primary: a planned failover goes in either direction. */
function isAway(copy: InventoryVm, other: InventoryVm): boolean {
  const failedOver = copy.state === ReplicationState.Recovered || copy.state === ReplicationState.Committed;
  return copy.mode === ReplicationMode.Replica && failedOver && other.state !== ReplicationState.SyncedReplicationComplete;
}

/** Pairs that share hosts, directly or by others, in groups. */
function connected(pairs: readonly Pair[]): readonly (readonly Pair[])[] {
  let groups: { readonly hosts: ReadonlySet<string>; readonly pairs: readonly Pair[] }[] = [];
  for (const pair of pairs) {
    const touched = groups.filter(({ hosts }) => pair.hosts.some((host) => hosts.has(host)));
    const hosts = new Set([...pair.hosts, ...touched.flatMap((group) => [...group.hosts])]);
    groups = [...groups.filter((group) => !touched.includes(group)), { hosts, pairs: [...touched.flatMap((group) => group.pairs), pair] }];
  }
  return groups.map((group) => group.pairs);
}

/** True for the hosts of one side of a connected group, false for those of the other; null when some pair would be on one side. */
function twoSides(pairs: readonly Pair[]): ReadonlyMap<string, boolean> | null {
  const side = new Map<string, boolean>();
  const [start] = pairs;
  if (start) side.set(start.hosts[0], true);
  for (let before = -1; before !== side.size; ) {
    before = side.size;
    for (const { hosts } of pairs) {
      const [one, other] = hosts.map((host) => side.get(host));
      if (one !== undefined && one === other) return null;
      if (one !== undefined) side.set(hosts[1], !one);
      else if (other !== undefined) side.set(hosts[0], !other);
    }
  }
  return side;
}
