import { setTimeout as sleep } from 'node:timers/promises';
import { FailbackError, type Failure, toFailure } from '../domain/failure.ts';
import type { HostObservation, JobObservation, VmObservation } from '../domain/observation.ts';
import { ReplicationMode } from '../domain/replication.ts';
import type { HyperVHost, ReplicationSettings } from '../hyperv/hyperv-host.ts';
import type { InventoryVm } from '../plan/inventory.ts';
import type { Plan, PlanHost } from '../plan/plan.ts';
import { printable } from '../report/printable.ts';
import type { CliContext } from './context.ts';
import { runHostOf } from './host-connection.ts';
import { hostTroubleWords } from './host-trouble-words.ts';

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

/**
 * Looks at all hosts of a plan at once. A host that can not be looked at right now is tried again for some seconds, after a line that says so.
 * Never throws for a host: see {@link requireAllHosts}.
 */
export async function lookAtHosts(context: LookContext, plan: Plan): Promise<Inventory> {
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
  const lines = failures.map(({ failure }) => failure.message);
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

type LookContext = Pick<CliContext, 'parts' | 'output'>;

/**
 * Reads change nothing, so a connection that broke or a service that restarts is no reason to send a person away: pauses before further
 * looks at a host, and the time after which no further look is begun.
 */
const PAUSES_MS = [500, 1_000, 2_000, 4_000];
const PATIENCE_MS = 15_000;

interface LookResult {
  readonly host: string;
  readonly seen?: SeenHost;
  readonly failure?: Failure;
}

async function look(context: LookContext, host: PlanHost, plan: Plan): Promise<LookResult> {
  const begun = performance.now();
  for (let tries = 0; ; tries++) {
    const result = await lookOnce(context, host, plan.defaults.timeouts.call);
    const passing = result.failure?.class === 'retryable' || result.failure?.class === 'reconcile';
    const pause = PAUSES_MS[tries];
    if (!passing || pause === undefined || performance.now() - begun > PATIENCE_MS) return result;
    if (tries === 0) context.output.say(printable(`${result.failure?.message}; trying again for a few seconds`));
    await sleep(pause);
  }
}

async function lookOnce(context: LookContext, host: PlanHost, timeoutMs: number): Promise<LookResult> {
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
    const failure = toFailure(error);
    return { host: host.name, failure: { ...failure, message: hostTroubleWords({ host: host.name, failure }) } };
  }
}

function inventoryOf(host: string, { observation, settings }: SeenHost): InventoryVm[] {
  return [...observation.vms.values()].map(({ vmId, name, mode, power, replication, extended }) => ({
    host,
    vmId,
    name,
    replicated: replication !== null,
    mode,
    state: replication?.state ?? null,
    health: replication?.health ?? null,
    power,
    providerId: settings.get(vmId)?.providerId ?? null,
    extended,
    peer: peerOf(mode, settings.get(vmId)),
  }));
}

/** The other end of the relationship, by the name a machine is replicated by. */
function peerOf(mode: number, settings: ReplicationSettings | undefined): string | null {
  if (!settings) return null;
  const ends =
    mode === ReplicationMode.Primary
      ? [settings.recoveryConnectionPoint, settings.recoveryHostSystem]
      : [settings.primaryConnectionPoint, settings.primaryHostSystem];
  return ends.find((name) => name !== null && name !== '') ?? null;
}
