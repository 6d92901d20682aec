import { MEMBER_STATUSES, type MemberInput } from '../domain/member.ts';
import { hostKeyOf, memberId, RUN_INSTANCE, type RunId } from './keys.ts';
import type { RunHost } from './run-record.ts';
import type { Runtime } from './runtime.ts';
import { runScript } from './scripts.ts';

/** A VM on its hosts that a run wants, or does not let go of. */
export type HeldVm = Pick<MemberInput, 'vm' | 'vmId' | 'host' | 'partner'>;

export interface Conflict {
  readonly vm: HeldVm;
  /** Who holds it. */
  readonly run: RunId;
}

const AT_ONCE = 500;
const OPEN = MEMBER_STATUSES.filter((status) => ['pending', 'working', 'paused', 'attention'].includes(status));

/**
 * Takes VMs for a run, on one host after the other: an unfinished run holds its VMs, and no two runs hold the same one.
 * @param lifetimeMs null = until released
 * @returns who holds one of them; nothing that was free before is held then
 */
export async function holdVms(
  runtime: Runtime,
  run: RunId,
  hosts: readonly RunHost[],
  vms: readonly HeldVm[],
  lifetimeMs: number | null,
): Promise<Conflict | null> {
  const taken: HeldVm[] = [];
  for (const part of partsOf(hosts, vms)) {
    const holders = await send(runtime, 'hold-vms', run, part, [lifetimeMs ?? 0, '']);
    const at = holders.findIndex((holder) => holder !== '' && holder !== run);
    const vm = part.vms[at];
    if (vm !== undefined) {
      await releaseVms(runtime, run, hosts, taken);
      return { vm, run: holders[at] as RunId };
    }
    taken.push(...part.vms);
  }
  return null;
}

/** Gives VMs back; those that another run holds stay with it. */
export async function releaseVms(runtime: Runtime, run: RunId, hosts: readonly RunHost[], vms: readonly HeldVm[]): Promise<void> {
  for (const part of partsOf(hosts, vms)) await send(runtime, 'release-vms', run, part, []);
}

/** Gives back everything a run holds: it has ended. */
export async function releaseRun(runtime: Runtime, run: RunId): Promise<void> {
  const { members, hosts } = await runtime.records.record(run);
  for (let from = 0; from < members; from += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, members - from) }, (_, n) => memberId(from + n));
    await releaseVms(runtime, run, hosts, await runtime.records.inputs(run, ids));
  }
}

/**
 * Makes an unfinished run hold its VMs again, for good, on hosts where it does not (a creation or a retry that was killed at its end,
 * a shard that was lost, a run of an earlier release). Costs one read a host when nothing is wrong.
 */
export async function keepHolds(runtime: Runtime, run: RunId): Promise<void> {
  const { redis, keys, records } = runtime;
  if ((await redis.hexists(keys.rows(run), RUN_INSTANCE)) === 0) return;
  const { hosts } = await records.record(run);
  const missing: RunHost[] = [];
  for (const host of hosts) if ((await redis.pttl(keys.holder(hostKeyOf(host.address), run))) !== -1) missing.push(host);
  if (missing.length === 0) return;
  const open = (await Promise.all(OPEN.map((status) => redis.smembers(keys.status(run, status))))).flat();
  // All have ended, and what they held has just been given back: the marks of the run must not come again.
  if (open.length === 0) return;
  const keysOfMissing = new Set(missing.map(({ address }) => hostKeyOf(address)));
  const parts = partsOf(hosts, await records.inputs(run, open)).filter(({ hostKey }) => keysOfMissing.has(hostKey));
  for (const part of parts) await send(runtime, 'hold-vms', run, part, [0, '1']);
  // Hosts without open members need no VMs held, only the mark.
  for (const host of missing) await redis.set(keys.holder(hostKeyOf(host.address), run), run);
}

interface Part {
  readonly hostKey: string;
  readonly vms: readonly HeldVm[];
}

/** By host, both sides of a pair, hosts always in the same order: of two runs that want the same VMs one gets them all. */
function partsOf(hosts: readonly RunHost[], vms: readonly HeldVm[]): readonly Part[] {
  const keyOf = new Map(hosts.map(({ name, address }) => [name, hostKeyOf(address)]));
  const byHost = new Map<string, HeldVm[]>();
  for (const vm of vms) {
    for (const host of vm.partner === null ? [vm.host] : [vm.host, vm.partner]) {
      const hostKey = keyOf.get(host);
      if (hostKey === undefined) throw new Error(`VM ${vm.vm} is on a host the run does not know: ${host}`);
      const list = byHost.get(hostKey);
      if (list) list.push(vm);
      else byHost.set(hostKey, [vm]);
    }
  }
  return [...byHost]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([hostKey, list]) =>
      Array.from({ length: Math.ceil(list.length / AT_ONCE) }, (_, n) => ({ hostKey, vms: list.slice(n * AT_ONCE, (n + 1) * AT_ONCE) })),
    );
}

async function send(
  { redis, keys }: Runtime,
  script: 'hold-vms' | 'release-vms',
  run: RunId,
  { hostKey, vms }: Part,
  args: readonly (string | number)[],
): Promise<readonly string[]> {
  const names = vms.map(({ vmId }) => keys.heldVm(hostKey, vmId));
  return (await runScript(redis, script, [keys.holder(hostKey, run), ...names], [run, ...args])) as string[];
}
