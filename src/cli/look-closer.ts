import { FailbackError, toFailure } from '../domain/failure.ts';
import type { ReplicationStatistics } from '../domain/observation.ts';
import { EnabledState } from '../domain/power.ts';
import { ReplicationMode } from '../domain/replication.ts';
import type { AuthorizationEntry, Heartbeat, HyperVHost, ReplicationServerSettings } from '../hyperv/hyperv-host.ts';
import type { Plan, PlanHost } from '../plan/plan.ts';
import type { ResolvedMember } from '../plan/resolved-member.ts';
import type { CliContext } from './context.ts';
import { type Inventory, sightOf, withHost } from './look-at-hosts.ts';

/** What only some machines and hosts are asked for. What is missing was not asked, or not to be had. */
export interface CloserLook {
  /** Of machines that send, by id. */
  readonly statistics: ReadonlyMap<string, ReplicationStatistics>;
  /** Of machines that run away from home, by id. */
  readonly heartbeats: ReadonlyMap<string, Heartbeat>;
  /** Hosts as receivers of replicas, by plan name. */
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** What could not be found out, in words. */
  readonly unknown: readonly string[];
}

export interface Receiver {
  /** Null: the host shows none. */
  readonly settings: ReplicationServerSettings | null;
  readonly entries: readonly AuthorizationEntry[];
}

/** Requests at a time on one host. */
const AT_ONCE = 4;

/**
 * Looks at what only matters between two Hyper-V hosts: how much is still to be sent, whether guests answer, and who takes replicas from
 * whom. Costs two requests a host and up to two a machine; never throws for a host that does not answer them.
 */
export async function lookCloser(
  context: Pick<CliContext, 'parts'>,
  plan: Plan,
  inventory: Inventory,
  members: readonly ResolvedMember[],
): Promise<CloserLook> {
  const found = {
    statistics: new Map<string, ReplicationStatistics>(),
    heartbeats: new Map<string, Heartbeat>(),
    receivers: new Map<string, Receiver>(),
    unknown: [] as string[],
  };
  const pairs = members.filter(({ strategy, partner }) => strategy === 'reverse' && partner !== null);
  const hosts = plan.hosts.filter(({ name }) => pairs.some(({ host, partner }) => host === name || partner === name));
  const timeoutMs = plan.defaults.timeouts.call;
  await Promise.all(
    hosts.map(async (host) => {
      const away = pairs.filter(({ partner }) => partner === host.name);
      const asks = (connected: HyperVHost): (() => Promise<void>)[] => [
        async () => {
          const [settings, entries] = await Promise.all([
            connected.replicationServerSettings({ timeoutMs }),
            connected.authorizationEntries({ timeoutMs }),
          ]);
          found.receivers.set(host.name, { settings, entries });
        },
        ...away.flatMap(({ vmId }) => asksAbout(connected, inventory, host, vmId, timeoutMs, found)),
      ];
      await guarded(found.unknown, () => withHost(context, host, (connected) => inTurn(asks(connected), found.unknown)));
    }),
  );
  return found;
}

function asksAbout(
  connected: HyperVHost,
  { hosts }: Inventory,
  host: PlanHost,
  vmId: string,
  timeoutMs: number,
  found: { readonly statistics: Map<string, ReplicationStatistics>; readonly heartbeats: Map<string, Heartbeat> },
): (() => Promise<void>)[] {
  const seen = hosts.get(host.name);
  const vm = seen && sightOf(seen, vmId)?.vm;
  const asks: (() => Promise<void>)[] = [];
  if (vm?.mode === ReplicationMode.Primary)
    asks.push(async () => {
      const { statistics } = await connected.replicationStatistics(vmId, { timeoutMs });
      if (statistics) found.statistics.set(vmId, statistics);
    });
  if (vm?.power === EnabledState.Running)
    asks.push(async () => void found.heartbeats.set(vmId, await connected.heartbeat(vmId, { timeoutMs })));
  return asks;
}

async function inTurn(asks: readonly (() => Promise<void>)[], unknown: string[]): Promise<void> {
  const queue = asks.values();
  const lane = async () => {
    for (const ask of queue) await guarded(unknown, ask);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** What a host does not tell is unknown, not wrong. */
async function guarded(unknown: string[], ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof FailbackError)) throw error;
    unknown.push(toFailure(error).message);
  }
}
