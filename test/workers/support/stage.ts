import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MemberSettings } from '../../../src/domain/member.ts';
import type { RedisConnection } from '../../../src/redis/connection.ts';
import { createRun } from '../../../src/runtime/create-run.ts';
import { Keys } from '../../../src/runtime/keys.ts';
import type { RunHost } from '../../../src/runtime/run-record.ts';
import { type MemberView, type RunView, RunViews } from '../../../src/runtime/run-view.ts';
import { Runtime } from '../../../src/runtime/runtime.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { type LedgerReading, readLedger } from '../../../src/simulator/world/ledger.ts';
import type { ScenarioInput } from '../../../src/simulator/world/scenario.ts';
import type { SimulationOptions } from '../../../src/simulator/world/simulation.ts';
import { startWorker, type WorkerHandle } from '../../../workers/worker.ts';
import { removeKeys } from '../../support/redis.ts';
import { connectHost, eventually, quickSettings, quiet, runHosts } from '../../support/system.ts';

/** Vitest's hook of one test. */
export type Defer = (end: () => Promise<void> | void) => void;

export interface StageOptions {
  readonly hosts?: number;
  readonly vms: number;
  readonly clock?: SimulationOptions['clock'];
  readonly scenario?: ScenarioInput;
}

export interface NewRunOptions {
  readonly run?: string;
  readonly settings?: Partial<MemberSettings>;
  readonly inFlight?: number;
  readonly perHost?: number;
  readonly adopt?: boolean;
  /** Where pairs run now is where they shall run in the end no more: a planned failover. */
  readonly swapped?: boolean;
  /** Only these VMs, by position; default all. */
  readonly only?: readonly number[];
  readonly hosts?: readonly RunHost[];
}

/** Small disks: a copy takes a tenth of a second. */
const SIZE_GB = 8;

/** A simulated world with a ledger, and what a command line would have to look at runs; keys of its own in the given Redis. */
export class Stage {
  readonly redis: RedisConnection;
  readonly keys: Keys;
  readonly runtime: Runtime;
  readonly views: RunViews;
  readonly simulator: Simulator;
  readonly #ledgerFile: string;
  readonly #defer: Defer;
  readonly #runs = new Set<string>();

  constructor(redis: RedisConnection, simulator: Simulator, ledgerFile: string, defer: Defer) {
    this.redis = redis;
    this.keys = new Keys(`t-${randomUUID().slice(0, 8)}`);
    this.runtime = new Runtime({ redis, keys: this.keys });
    this.views = new RunViews(redis, this.keys);
    this.simulator = simulator;
    this.#ledgerFile = ledgerFile;
    this.#defer = defer;
    defer(() => this.runtime.close());
  }

  async createRun(options: NewRunOptions = {}): Promise<string> {
    const run = options.run ?? `run-${randomUUID().slice(0, 8)}`;
    this.#runs.add(run);
    const settings = { ...quickSettings, ...options.settings };
    const { pairs, hosts } = this.simulator;
    const members =
      settings.strategy === 'provider'
        ? hosts.flatMap(({ name, vms }) => vms.map(({ id, name: vm }) => ({ vm, vmId: id, host: name, partner: null, settings })))
        : pairs.map(({ id, name, home, away }) => ({
            vm: name,
            vmId: id,
            host: options.swapped ? away : home,
            partner: settings.strategy === 'drill' ? null : options.swapped ? home : away,
            settings,
          }));
    await createRun(this.runtime, {
      run,
      plan: 'test',
      createdBy: 'test',
      hosts: options.hosts ?? runHosts(this.simulator, options.perHost),
      inFlight: options.inFlight ?? 1_000,
      members: options.only ? members.filter((_, n) => options.only?.includes(n)) : members,
      adopt: options.adopt ?? false,
    });
    return run;
  }

  /** A worker inside this process; closed when the test ends. */
  async startWorker(options: Partial<Parameters<typeof startWorker>[0]> = {}): Promise<WorkerHandle> {
    const worker = await startWorker({ redis: this.redis, keys: this.keys, connectHost, log: quiet, ...options });
    this.#defer(() => worker.close());
    return worker;
  }

  untilFinished(run: string): Promise<RunView> {
    return this.until(run, ({ state }) => state === 'finished');
  }

  until(run: string, holds: (view: RunView) => boolean): Promise<RunView> {
    return eventually(async () => {
      const view = await this.views.run(run);
      return holds(view) && view;
    });
  }

  async members(run: string): Promise<readonly MemberView[]> {
    const members: MemberView[] = [];
    for await (const member of this.views.members(run)) members.push(member);
    return members;
  }

  /** Everything Redis knows about this stage is gone. */
  async forgetEverything(): Promise<void> {
    await removeKeys(this.redis, `${this.keys.prefix}:*`);
    for (const run of this.#runs) this.runtime.forget(run);
  }

  get ledger(): LedgerReading {
    return readLedger(this.#ledgerFile);
  }

  /** InitiateFailback as the hosts saw it: for each VM how many calls came and how many were accepted. */
  failbacks(): readonly { readonly received: number; readonly accepted: number }[] {
    const { ledger } = this;
    return this.simulator.hosts.flatMap(({ vms }) => vms.map(({ id }) => ledger.count(id, 'InitiateFailback')));
  }

  /** How many VMs of a host are in state 13 now. */
  copying(hostName: string): number {
    this.simulator.world.settle();
    return [...this.simulator.world.host(hostName).vms.values()].filter((vm) => vm.relationship?.state === 13).length;
  }
}

export async function setStage(redis: RedisConnection, defer: Defer, { hosts = 2, vms, clock, scenario }: StageOptions): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'failback-test-'));
  const ledgerFile = join(directory, 'ledger.jsonl');
  const simulator = await startSimulator({
    hosts,
    vms,
    seed: 11,
    speed: 600,
    ledgerFile,
    scenario: { quirks: { hosts: { parallelTransfers: 100 } }, vms: [{ count: vms, sizeGB: SIZE_GB }], ...scenario },
    ...(clock ? { clock } : {}),
  });
  defer(async () => {
    await simulator.close();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  });
  return new Stage(redis, simulator, ledgerFile, defer);
}

/** Each VM's InitiateFailback reached its host once and was accepted. */
export const ONCE = { received: 1, accepted: 1 };
