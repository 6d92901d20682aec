import { ReplicationMode } from '../domain/replication.ts';
import { type InventoryVm, isRecoverySide } from './inventory.ts';
import type { Plan, PlanHost } from './plan.ts';
import type { PreflightReason } from './preflight-conditions.ts';

/** Where the two copies of a machine are, or why that can not be said. */
export type Pairing =
  | { readonly home: InventoryVm; readonly away: InventoryVm; readonly obstacles: readonly [] }
  | { readonly home: null; readonly away: null; readonly obstacles: readonly [PreflightReason, ...PreflightReason[]] };

type Places = Pick<Plan, 'home' | 'hosts'>;

/**
 * Tells the copy of a machine at the site that is home from the one at another site.
 * @param copies all copies of one machine on hosts of the plan; at least one
 * @param giveUpExtended a copy on a third host is passed over, because reversing ends the replication to it
 */
export function pairCopies(copies: readonly InventoryVm[], plan: Places, giveUpExtended: boolean): Pairing {
  if (plan.home === null) return stop([noHome()]);
  const beyond = copies.filter(({ mode }) => mode === ReplicationMode.ExtendedReplica);
  const pair = beyond.length < copies.length ? copies.filter((copy) => !beyond.includes(copy)) : copies;
  if (!giveUpExtended && (beyond.length > 0 || pair.some(({ extended }) => extended))) return stop([extendedReplication(beyond)]);
  const siteless = pair.filter(({ host }) => siteOf(plan, host) === null);
  if (siteless.length > 0) return stop(siteless.map(({ host }) => noSite(host)));
  if (pair.length > 2) return stop([tooMany(pair)]);
  const [home, away] = [
    pair.filter(({ host }) => siteOf(plan, host) === plan.home),
    pair.filter(({ host }) => siteOf(plan, host) !== plan.home),
  ];
  const [homeCopy, awayCopy] = [home[0], away[0]];
  if (homeCopy && awayCopy) return { home: homeCopy, away: awayCopy, obstacles: [] };
  const [one, other] = pair;
  if (one && other) return stop([sameSite(one, other, plan)]);
  return stop([noPartner(pair[0], plan)]);
}

/** The one replica among the copies, for a drill. Of a chain of replicas the nearer one. */
export function replicaAmong(copies: readonly InventoryVm[]): InventoryVm | PreflightReason {
  const replicas = copies.filter(isRecoverySide);
  const near = replicas.filter(({ mode }) => mode === ReplicationMode.Replica);
  const [replica, another] = near.length > 0 ? near : replicas;
  if (another) return tooMany(replicas);
  return (
    replica ?? {
      code: 'mode',
      message: 'no host of the plan has a replica of the machine, and a test replica is made from one',
      remedy: 'Add the host of its replica to the plan, or take the machine out of it.',
    }
  );
}

function stop(obstacles: readonly PreflightReason[]): Pairing {
  return { home: null, away: null, obstacles: obstacles as [PreflightReason, ...PreflightReason[]] };
}

function siteOf({ hosts }: Places, name: string): string | null {
  return hosts.find((host) => host.name === name)?.site ?? null;
}

function noHome(): PreflightReason {
  return {
    code: 'site',
    message: 'the machine is replicated between two Hyper-V hosts, and the plan does not say which site is home',
    remedy: 'Write home: SITE at the top of the plan and site: NAME at every host.',
  };
}

function noSite(host: string): PreflightReason {
  return {
    code: 'site',
    message: `the plan does not say at which site host ${host} stands`,
    remedy: `Write site: NAME at host ${host}.`,
  };
}

function tooMany(copies: readonly InventoryVm[]): PreflightReason {
  const places = copies.map(({ host }) => host).join(', ');
  return {
    code: 'copies',
    message: `the machine is replicated on ${copies.length} hosts: ${places}; its two copies can not be told from others`,
    remedy: 'Take hosts that have no part in it out of the plan, or remove the copy that is left over from its host.',
  };
}

function extendedReplication(beyond: readonly InventoryVm[]): PreflightReason {
  const third = beyond.map(({ host }) => host).join(', ');
  return {
    code: 'extended',
    message: `the replica replicates on to a third host${third === '' ? '' : ` (${third})`}: a machine has one outgoing relationship, so reversing the replication ends the one to the third host`,
    remedy:
      'If that may end, write reverse: { giveUpExtended: true } for this machine, and set up extended replication again once it has moved. If not, leave the machine where it is.',
  };
}

function sameSite(one: InventoryVm, other: InventoryVm, plan: Places): PreflightReason {
  return {
    code: 'site',
    message: `both copies stand at site ${JSON.stringify(siteOf(plan, one.host))}: ${one.host} and ${other.host}`,
    remedy: 'Correct site: of these hosts in the plan; one of them must be home, the other must not.',
  };
}

function noPartner(copy: InventoryVm | undefined, plan: Places): PreflightReason {
  const peer = copy?.peer ?? null;
  const seen = copy ? `only seen on ${copy.host}` : 'not seen';
  if (peer === null)
    return {
      code: 'partner',
      message: `the machine is ${seen}; no host of the plan has its other copy`,
      remedy: 'Add the host of its other copy to the plan, with its site:.',
    };
  const known = plan.hosts.filter((host) => isCalled(host, peer));
  if (known.length > 0) {
    const names = known.map(({ name }) => name).join(', ');
    return {
      code: 'partner',
      message: `the machine is ${seen}; its other copy should be on ${peer} (${names} in the plan), which does not have it`,
      remedy: `Compare with "failback inventory --all". On a cluster add every node to the plan. If the copy was deleted on ${peer}, replication must be set up again by hand.`,
    };
  }
  return {
    code: 'partner',
    message: `the machine is ${seen}; its replication settings name ${peer} as the host of the other copy, which is not in the plan`,
    remedy: `Add ${peer} to hosts: of the plan, with its site: (and cluster: and broker: if that is the name of a Replica Broker).`,
  };
}

/** A host is called by its name in the plan, its address or its cluster's broker, with or without its domain. */
function isCalled({ name, address, broker }: PlanHost, peer: string): boolean {
  const wanted = peer.toLowerCase();
  const names = [name, new URL(address).hostname, ...(broker === null ? [] : [broker])].map((one) => one.toLowerCase());
  return names.some((one) => one === wanted || first(one) === wanted || one === first(wanted));
}

function first(name: string): string {
  return name.split('.')[0] ?? name;
}
