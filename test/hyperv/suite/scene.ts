import { randomUUID } from 'node:crypto';
import { afterEach } from 'vitest';
import type { JobObservation, VmObservation } from '../../../src/domain/observation.ts';
import type { CallControl, HyperVHost, ReplicationSettings } from '../../../src/hyperv/hyperv-host.ts';
import { type ServedSimulatedHost, type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { type ManualClock, manualClock } from '../../../src/simulator/world/clock.ts';

/** The way of access under test. */
export interface Access {
  /** What the simulator needs for it; read when a scene begins. */
  readonly simulator?: () => Partial<SimulatorOptions>;
  readonly open: (served: ServedSimulatedHost) => HyperVHost;
}

type Scenario = Exclude<SimulatorOptions['scenario'], string | undefined>;

export const HOUR = 3_600_000;
export const [AWAY, HOME] = ['hv-dr-01', 'hv-home-01'] as const;

/** Simulated hosts with a clock that stands still, and connections to them. */
export interface Scene {
  readonly simulator: Simulator;
  readonly clock: ManualClock;
  host(name?: string): HyperVHost;
  idOf(vm: string, host?: string): string;
  look(vm: string, host?: string): Promise<Look>;
  settingsOf(vm: string, host?: string): Promise<ReplicationSettings>;
}

export interface Look {
  readonly vm: VmObservation | undefined;
  readonly jobs: ReadonlyMap<string, JobObservation>;
  readonly jobsOfVm: ReadonlyMap<string, readonly string[]> | null;
}

/** Makes scenes for the tests of one file; each ends with its test. */
export function scenes({ simulator: options, open }: Access): (scenario: Scenario) => Promise<Scene> {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  return async (scenario) => {
    const clock = manualClock();
    const simulator = await startSimulator({ hosts: 1, vms: 1, seed: 7, clock, scenario, ...options?.() });
    closing.push(() => simulator.close());
    const opened = new Map<string, HyperVHost>();
    const served = (name: string): ServedSimulatedHost => {
      const found = simulator.hosts.find((each) => each.name === name);
      if (found === undefined) throw new Error(`no host ${name}`);
      return found;
    };
    const scene: Scene = {
      simulator,
      clock,
      host(name = AWAY) {
        const known = opened.get(name);
        if (known !== undefined) return known;
        const host = open(served(name));
        opened.set(name, host);
        closing.push(() => host.close());
        return host;
      },
      idOf(vm, host = AWAY) {
        const found = served(host).vms.find(({ name }) => name === vm);
        if (found === undefined) throw new Error(`no machine ${vm} on ${host}`);
        return found.id;
      },
      async look(vm, host = AWAY) {
        const { vms, jobs, jobsOfVm } = await scene.host(host).observe({ jobsOfVm: true });
        return { vm: vms.get(scene.idOf(vm, host)), jobs, jobsOfVm };
      },
      async settingsOf(vm, host = AWAY) {
        const settings = (await scene.host(host).replicationSettings()).get(scene.idOf(vm, host));
        if (settings === undefined) throw new Error(`no settings for ${vm}`);
        return settings;
      },
    };
    return scene;
  };
}

/** A pair after an unplanned failover that was committed: it runs away, its old primary at home is off. */
export function pair(more: Scenario = {}): Scenario {
  return {
    hosts: [{ name: AWAY }, { name: HOME, role: 'home' }],
    vms: [{ names: ['pair'], host: AWAY, partner: HOME, sizeGB: 10 }],
    ...more,
  };
}

/** The same pair when it replicates home: reversed, and its first copy done. */
export async function replicatingHome(scene: Scene): Promise<void> {
  const vmId = scene.idOf('pair');
  const [away, home] = [scene.host(AWAY), scene.host(HOME)];
  await home.requestReplicationStateChange(vmId, 2, soon());
  scene.clock.advance(60_000);
  const settings = await scene.settingsOf('pair');
  await away.reverseReplicationRelationship({ vmId, settings, recoveryConnectionPoint: null, certificateThumbprint: null }, soon());
  scene.clock.advance(60_000);
  await away.startReplication(vmId, { type: 3, startTime: null }, soon());
  scene.clock.advance(HOUR);
}

/** Control of a change that may leave any time soon. */
export function soon(control: Partial<CallControl> = {}): CallControl {
  return { messageId: randomUUID(), sendBy: performance.now() + 30_000, timeoutMs: 10_000, ...control };
}
