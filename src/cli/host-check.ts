import { FailbackError, toFailure } from '../domain/failure.ts';
import { IN_BOX_PROVIDER } from '../domain/replication.ts';
import type { HostIdentity, HostLimits, HostRights, HyperVHost, ReplicationProvider } from '../hyperv/hyperv-host.ts';
import { isRecoverySide } from '../plan/inventory.ts';
import type { PlanHost } from '../plan/plan.ts';
import { connectionFindings } from './connection-findings.ts';
import type { Finding } from './finding.ts';
import { limitFindings } from './limit-findings.ts';
import { failureFinding, rightsFindings } from './rights-findings.ts';

/** What was found out about one host. */
export interface HostCheck {
  readonly host: string;
  readonly address: string;
  readonly transport: PlanHost['access']['transport'];
  readonly auth: PlanHost['access']['auth'];
  /** No finding is an error. */
  readonly usable: boolean;
  readonly identity: HostIdentity | null;
  readonly rights: HostRights | null;
  readonly limits: HostLimits | null;
  readonly providers: readonly ReplicationProvider[] | null;
  /** Machines the account can see, and those of them that are on the recovery side. */
  readonly machines: { readonly all: number; readonly recovery: number } | null;
  readonly findings: readonly Finding[];
}

/**
 * Logs on, asks who answers, tries what the account may do and looks at what bounds the work. Makes no change, so the right to *start*
 * something is not proved. Never fails for what it finds.
 * @param connect opens and closes the connection around the work
 * @param now milliseconds of the epoch
 */
export async function checkHost(
  plan: PlanHost,
  connect: (work: (host: HyperVHost) => Promise<HostCheck>) => Promise<HostCheck>,
  { timeoutMs, now }: { readonly timeoutMs: number; readonly now: number },
): Promise<HostCheck> {
  try {
    return await connect((host) => lookAt(plan, host, timeoutMs, now));
  } catch (error) {
    return conclude(plan, {}, [failureFinding(plan, toFailure(error), accountOf(plan, null))]);
  }
}

async function lookAt(plan: PlanHost, host: HyperVHost, timeoutMs: number, now: number): Promise<HostCheck> {
  const identity = await host.identify({ timeoutMs });
  const account = accountOf(plan, identity);
  const [rights, limits] = await Promise.all([host.tryRights({ timeoutMs }), host.limits({ timeoutMs })]);
  const served = rights.services ? await lookCloser(plan, host, timeoutMs, account) : { findings: [] };
  return conclude(plan, { identity, rights, limits, ...served }, [
    ...connectionFindings(plan, identity, now),
    ...rightsFindings(plan, identity, rights, account),
    ...served.findings,
    ...limitFindings(plan, limits),
  ]);
}

type Found = Partial<Pick<HostCheck, 'identity' | 'rights' | 'limits' | 'providers' | 'machines'>>;

/** Who can move data, and which machines there are. */
async function lookCloser(
  plan: PlanHost,
  host: HyperVHost,
  timeoutMs: number,
  account: string | null,
): Promise<Pick<Found, 'providers' | 'machines'> & { readonly findings: readonly Finding[] }> {
  try {
    const [providers, { vms }, settings] = await Promise.all([
      host.replicationProviders({ timeoutMs }),
      host.observe({ jobsOfVm: true }, { timeoutMs }),
      host.replicationSettings({ timeoutMs }),
    ]);
    const all = [...vms.values()];
    const recovery = all.filter(({ mode, replication }) => isRecoverySide({ replicated: replication !== null, mode })).length;
    const seen = `the account sees ${all.length} VMs, ${recovery} of them on the recovery side, and ${settings.size} replication settings`;
    const findings = [{ severity: 'ok', message: providerWords(providers) } as const, { severity: 'ok', message: seen } as const];
    return { providers, machines: { all: all.length, recovery }, findings };
  } catch (error) {
    if (!(error instanceof FailbackError)) throw error;
    return { findings: [failureFinding(plan, toFailure(error), account)] };
  }
}

function providerWords(providers: readonly ReplicationProvider[]): string {
  const names = providers.map(({ id, name }) => (id === IN_BOX_PROVIDER ? "Hyper-V's own" : `${name ?? 'one without a name'} (${id})`));
  return names.length === 0 ? 'there is no replication provider' : `replication providers: ${names.join(', ')}`;
}

/** Whom commands on the host are about: not known of tickets and certificates. */
function accountOf({ access: { credentials } }: PlanHost, identity: HostIdentity | null): string | null {
  return identity?.logOn?.account ?? (credentials !== null && 'username' in credentials ? credentials.username : null);
}

function conclude({ name, address, access: { transport, auth } }: PlanHost, found: Found, findings: readonly Finding[]): HostCheck {
  const { identity = null, rights = null, limits = null, providers = null, machines = null } = found;
  const usable = findings.every(({ severity }) => severity !== 'error');
  return { host: name, address, transport, auth, usable, identity, rights, limits, providers, machines, findings };
}
