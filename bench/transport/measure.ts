import { readdirSync, readFileSync } from 'node:fs';
import type { HyperVHost } from '../../src/hyperv/hyperv-host.ts';
import type { ServedSimulatedHost } from '../../src/simulator/simulator.ts';
import { cpuMs } from '../process-usage.ts';
import type { Way } from './ways.ts';

/** What calls cost the one who makes them. */
export interface Cost {
  /** Calls a second. */
  readonly rate: number;
  /** Processor time a call, milliseconds: of this process and of those it has started, but the hosts'. What killed processes used is not seen. */
  readonly cpu: number;
}

export interface Load {
  readonly calls: number;
  /** At a time. */
  readonly atOnce: number;
  /** Process whose time does not count. */
  readonly hostsPid: number;
}

/** `powerOf` one VM, a small request, on connections that are kept. */
export async function keptConnections(way: Way, served: ServedSimulatedHost, load: Load): Promise<Cost> {
  const host = way.open(served, load.atOnce);
  try {
    await inParallel(4 * load.atOnce, load.atOnce, () => ask(host, served));
    return await costOf(load, () => ask(host, served));
  } finally {
    await host.close();
  }
}

/** The same with a new connection, a new log-on, for each call. */
export async function newConnections(way: Way, served: ServedSimulatedHost, load: Load): Promise<Cost> {
  return costOf(load, async () => {
    const host = way.open(served, 1);
    try {
      await ask(host, served);
    } finally {
      await host.close();
    }
  });
}

/** A look at the whole host, the largest answers there are. */
export async function looks(way: Way, served: ServedSimulatedHost, load: Load): Promise<Cost> {
  const host = way.open(served, load.atOnce);
  try {
    await look(host, served);
    return await costOf(load, () => look(host, served));
  } finally {
    await host.close();
  }
}

async function ask(host: HyperVHost, { vms: [vm] }: ServedSimulatedHost): Promise<void> {
  const power = await host.powerOf(vm?.id ?? '');
  if (power === null) throw new Error('the host does not know its VM');
}

async function look(host: HyperVHost, { vms }: ServedSimulatedHost): Promise<void> {
  const seen = await host.observe({ jobsOfVm: false });
  if (seen.vms.size !== vms.length) throw new Error(`${seen.vms.size} VMs were seen, not ${vms.length}`);
}

async function costOf({ calls, atOnce, hostsPid }: Load, call: () => Promise<void>): Promise<Cost> {
  const [began, before] = [performance.now(), ownCpu(hostsPid)];
  await inParallel(calls, atOnce, call);
  const [wall, cpu] = [performance.now() - began, Math.max(0, ownCpu(hostsPid) - before)];
  return { rate: (calls * 1000) / wall, cpu: cpu / calls };
}

async function inParallel(calls: number, atOnce: number, call: () => Promise<void>): Promise<void> {
  let left = calls;
  const one = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Milliseconds. Children that have ended count too. */
function ownCpu(hostsPid: number): number {
  const others = descendantsOf(process.pid).filter((pid) => pid !== hostsPid);
  return [process.pid, ...others].reduce((sum, pid) => sum + cpuMs(pid), 0);
}

function descendantsOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return [...children, ...children.flatMap(descendantsOf)];
}
