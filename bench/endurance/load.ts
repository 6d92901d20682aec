import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MemberSettings } from '../../src/domain/member.ts';
import { PLAN_DEFAULTS } from '../../src/plan/plan.ts';
import { archiveRun } from '../../src/runtime/archive-run.ts';
import { createRun } from '../../src/runtime/create-run.ts';
import type { RunId } from '../../src/runtime/keys.ts';
import { RunViews } from '../../src/runtime/run-view.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import type { BenchHost, BenchVm } from '../world.ts';

/** The plan's defaults, but that a VM which was seen running counts as verified at once. */
const SETTINGS: MemberSettings = { ...PLAN_DEFAULTS, strategy: 'provider', start: true, stable: 0 };

/** No limit of VMs in flight on a host: how many are is decided here. */
const UNLIMITED = 1_000_000;

interface PlacedVm extends BenchVm {
  readonly host: string;
}

export interface LoadParts {
  readonly runtime: Runtime;
  readonly hosts: readonly BenchHost[];
  /** Archives go here. */
  readonly directory: string;
  /** The hosts' word that VMs are home, and sends them away again. @returns those that were not */
  readonly sendAway: (vmIds: readonly string[]) => Promise<readonly string[]>;
}

/** Keeps VMs in flight: starts run after run, archives each that has ended and uses its VMs again. */
export class Load {
  readonly #parts: LoadParts;
  readonly #views: RunViews;
  /** VMs that are away, the one that waits longest first. */
  readonly #away: PlacedVm[];
  readonly #open = new Map<RunId, readonly PlacedVm[]>();
  /** By VM: how often it was brought home. */
  readonly broughtHome = new Map<string, number>();
  readonly notHome: string[] = [];
  /** VMs that runs say are home. */
  completed = 0;
  /** Runs that were archived. */
  archived = 0;
  /** Journal entries of theirs. */
  entries = 0;
  #started = 0;
  #inFlight = 0;

  constructor(parts: LoadParts) {
    this.#parts = parts;
    this.#views = new RunViews(parts.runtime.redis, parts.runtime.keys);
    const lists = parts.hosts.map(({ name, vms }) => vms.map((vm) => ({ ...vm, host: name })));
    const longest = Math.max(...lists.map((list) => list.length));
    this.#away = Array.from({ length: longest }, (_, n) => lists.flatMap((list) => list[n] ?? [])).flat();
  }

  /** Members of open runs that have not ended, when they were last counted. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get openRuns(): number {
    return this.#open.size;
  }

  /** VMs that can be started. */
  get away(): number {
    return this.#away.length;
  }

  /** Starts a run of so many VMs that are away. */
  async start(size: number): Promise<void> {
    const { runtime, hosts } = this.#parts;
    const vms = this.#away.splice(0, size);
    const run = `endurance-${++this.#started}`;
    await createRun(runtime, {
      run,
      plan: 'endurance',
      createdBy: 'endurance',
      hosts: hosts.map(({ name, address, connection }) => ({ name, address, connection, inFlight: UNLIMITED })),
      inFlight: vms.length,
      members: vms.map(({ name, vmId, host }) => ({ vm: name, vmId, host, partner: null, settings: SETTINGS })),
      adopt: false,
    });
    this.#open.set(run, vms);
    this.#inFlight += vms.length;
  }

  /** Counts who is in flight; archives the runs that have ended. */
  async look(): Promise<void> {
    const { redis, keys } = this.#parts.runtime;
    let inFlight = 0;
    for (const [run, vms] of this.#open) {
      const sizes = await Promise.all(
        (['pending', 'working', 'paused', 'attention'] as const).map((status) => redis.scard(keys.status(run, status))),
      );
      const open = sizes.reduce((sum, size) => sum + size, 0);
      if (open > 0 || (await redis.sismember(keys.activeRuns(), run)) === 1) inFlight += open;
      else await this.#end(run, vms);
    }
    this.#inFlight = inFlight;
  }

  async #end(run: RunId, vms: readonly PlacedVm[]): Promise<void> {
    const { runtime, directory, sendAway } = this.#parts;
    this.completed += (await this.#views.run(run)).counts.completed;
    const file = join(directory, `${run}.gz`);
    this.entries += (await archiveRun(runtime, run, file)).entries;
    rmSync(file);
    this.#open.delete(run);
    this.archived++;
    for (const { vmId } of vms) this.broughtHome.set(vmId, (this.broughtHome.get(vmId) ?? 0) + 1);
    this.notHome.push(...(await sendAway(vms.map(({ vmId }) => vmId))));
    this.#away.push(...vms);
  }
}
