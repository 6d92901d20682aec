import { setTimeout as sleep } from 'node:timers/promises';
import { FailbackError, type Failure, toFailure } from '../domain/failure.ts';
import type { HostObservation, JobObservation, VmObservation } from '../domain/observation.ts';
import type { HyperVHost, ReplicationSettings } from '../hyperv/hyperv-host.ts';
import type { InventoryVm } from '../plan/inventory.ts';
import type { Plan, PlanHost } from '../plan/plan.ts';
import type { CliContext } from './context.ts';
import { runHostOf } from './host-connection.ts';

/** What one look at all hosts of a plan brought back. */
export interface Inventory {
  /** By plan name of the host; hosts that could not be looked at are missing. */
  readonly hosts: ReadonlyMap<string, SeenHost>;
  readonly failures: readonly HostFailure[];
  /** Every machine of every host. */
  readonly machines: readonly InventoryVm[];
}

export interface SeenHost {
  readonly observation: HostObservation;
  readonly settings: ReadonlyMap<string, ReplicationSettings>;
}

export interface HostFailure {
  readonly host: string;
  readonly failure: Failure;
}

/** Looks at all hosts of a plan at once. Never throws for a host: see {@link requireAllHosts}. */
export async function lookAtHosts(context: Pick<CliContext, 'parts'>, plan: Plan): Promise<Inventory> {
  const looks = await Promise.all(plan.hosts.map((host) => look(context, host, plan)));
  const hosts = new Map(looks.flatMap(({ host, seen }) => (seen ? [[host, seen] as const] : [])));
  return {
    hosts,
    failures: looks.flatMap(({ host, failure }) => (failure ? [{ host, failure }] : [])),
    machines: [...hosts].flatMap(([host, seen]) => inventoryOf(host, seen)),
  };
}

/** @throws FailbackError of the first host that could not be looked at, naming the others */
export function requireAllHosts({ failures }: Inventory): void {
  const [first] = failures;
  if (!first) return;
  const lines = failures.map(({ host, failure }) => (failures.length === 1 ? failure.message : `${host}: ${failure.message}`));
  throw new FailbackError({ ...first.failure, message: lines.join('\n') });
}

/** Does something with one host and closes the connection. */
export async function withHost<T>(
  { parts }: Pick<CliContext, 'parts'>,
  host: PlanHost,
  work: (host: HyperVHost) => Promise<T>,
): Promise<T> {
  const connected = await parts.connectHost(runHostOf(host));
  try {
    return await work(connected);
  } finally {
    await connected.close();
  }
}

/** What was seen of one machine, and the jobs that affect it. */
export function sightOf(
  { observation }: SeenHost,
  vmId: string,
): { readonly vm: VmObservation; readonly jobs: readonly JobObservation[] } | null {
  const vm = observation.vms.get(vmId);
  if (!vm) return null;
  const ids = observation.jobsOfVm?.get(vmId) ?? [];
  return { vm, jobs: ids.flatMap((id) => observation.jobs.get(id) ?? []) };
}

/** Reads change nothing, so a connection that broke is no reason to send a person away: tries of one look, and how long they may take. */
const TRIES = 3;
const PATIENCE_MS = 5_000;
const PAUSE_MS = 300;

interface LookResult {
  readonly host: string;
  readonly seen?: SeenHost;
  readonly failure?: Failure;
}

async function look(context: Pick<CliContext, 'parts'>, host: PlanHost, plan: Plan): Promise<LookResult> {
  const begun = performance.now();
  for (let tries = 1; ; tries++) {
    const result = await lookOnce(context, host, plan.defaults.timeouts.callMs);
    const passing = result.failure?.class === 'retryable' || result.failure?.class === 'reconcile';
    if (!passing || tries === TRIES || performance.now() - begun > PATIENCE_MS) return result;
    await sleep(PAUSE_MS * tries);
  }
}

async function lookOnce(context: Pick<CliContext, 'parts'>, host: PlanHost, timeoutMs: number): Promise<LookResult> {
  try {
    const seen = await withHost(context, host, async (connected) => {
      const [observation, settings] = await Promise.all([
        connected.observe({ jobsOfVm: true }, { timeoutMs }),
        connected.replicationSettings({ timeoutMs }),
      ]);
      return { observation, settings };
    });
    return { host: host.name, seen };
  } catch (error) {
    if (!(error instanceof FailbackError)) throw error;
    return { host: host.name, failure: toFailure(error) };
  }
}

function inventoryOf(host: string, { observation, settings }: SeenHost): InventoryVm[] {
  return [...observation.vms.values()].map(({ vmId, name, mode, power, replication }) => ({
    host,
    vmId,
    name,
    replicated: replication !== null,
    mode,
    state: replication?.state ?? null,
    health: replication?.health ?? null,
    power,
    providerId: settings.get(vmId)?.providerId ?? null,
  }));
}
