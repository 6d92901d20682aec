import { z } from 'zod';
import { FailbackError } from '../../domain/failure.ts';
import { runningClock, type VirtualClock } from './clock.ts';
import { type FaultPreset, presetFaults } from './fault-preset.ts';
import { FaultScript } from './fault-script.ts';
import type { Host } from './host.ts';
import { Ledger } from './ledger.ts';
import { populate, type SimulatedPair, type Sites } from './population.ts';
import { DEFAULT_HOST_QUIRKS, withQuirks } from './quirks.ts';
import { randomStream } from './random.ts';
import { type Scenario, type ScenarioInput, scenarioSchema, type VmEntry } from './scenario.ts';
import { loadScenario } from './scenario-file.ts';
import { SimulatedHost } from './simulated-host.ts';
import type { StageName } from './stage.ts';
import { World } from './world.ts';
import { scheduleEvents } from './world-event.ts';

/** `provider`: the data comes back from an external provider. `reverse`: host-to-host pairs, half of the hosts are home hosts. */
export type SimulatedStrategy = 'provider' | 'reverse' | 'mixed';

export interface SimulationOptions {
  /** Hosts in total; a scenario with hosts of its own wins. For host-to-host pairs at least 2. */
  readonly hosts: number;
  /** Machines to bring home; a scenario with machines of its own wins. */
  readonly vms: number;
  readonly seed: number;
  /** Virtual seconds a real second; default 1. Ignored with a `clock`. */
  readonly speed?: number;
  /** Default `provider`. */
  readonly strategy?: SimulatedStrategy;
  /** Starting states of host-to-host pairs, taken in turn; default: committed, the old primary off. */
  readonly stages?: readonly StageName[];
  /** Names of the two sites; default `dr` and `home`. A scenario's hosts may name theirs. */
  readonly sites?: { readonly dr: string; readonly home: string };
  /** A scenario, or the path of a scenario file. */
  readonly scenario?: ScenarioInput | string;
  /** Default `none`. Added to the scenario's own faults. */
  readonly faults?: FaultPreset;
  /** Append-only record of every method call. */
  readonly ledgerFile?: string;
  /** Default: a running clock of this `speed`. */
  readonly clock?: VirtualClock;
  /** Of every host; default `hvadmin`. */
  readonly username?: string;
  /** Of every host; default: one for each host, made from the seed. */
  readonly password?: string;
}

/** A simulated world without a network in front of it. */
export interface Simulation {
  readonly world: World;
  readonly hosts: readonly SimulatedHost[];
  /** All host-to-host pairs. */
  readonly pairs: readonly SimulatedPair[];
  /** Ids of machines the fault preset makes impossible to bring home. */
  readonly hopeless: readonly string[];
  close(): void;
}

/**
 * Builds the world.
 * @throws FailbackError `usage.invalid` for a bad scenario or numbers that do not go together
 */
export function createSimulation(options: SimulationOptions): Simulation {
  const scenario = readScenario(options.scenario);
  const strategy = options.strategy ?? 'provider';
  const world = new World(options.seed, options.clock ?? runningClock(options.speed));
  const hostEntries = scenario.hosts ?? defaultHosts(options.hosts, strategy);
  for (const { name, broker } of scenario.clusters ?? []) world.nameBroker(name, broker);
  for (const { name, role, site, cluster, quirks } of hostEntries) {
    world.addHost({
      name,
      site: site ?? options.sites?.[role] ?? role,
      cluster,
      username: options.username ?? 'hvadmin',
      password: options.password ?? randomStream(options.seed, 'password', name).guid().toLowerCase(),
      quirks: withQuirks(DEFAULT_HOST_QUIRKS, scenario.quirks?.hosts, quirks),
    });
  }
  const named = (role: 'dr' | 'home'): Host[] => hostEntries.filter((entry) => entry.role === role).map((entry) => world.host(entry.name));
  const sites = { dr: named('dr').length > 0 ? named('dr') : [...world.hosts.values()], home: named('home') };
  const entries = scenario.vms ?? defaultMachines(options.vms, strategy, sites, options.stages ?? []);
  checkHosts(entries, world, sites.home);
  const pairs = populate(world, entries, sites, {
    quirks: scenario.quirks?.vms,
    awkwardNames: scenario.awkwardNames,
  });
  const preset = presetFaults(options.faults ?? 'none', world);
  const faults = new FaultScript([...(scenario.faults ?? []), ...preset.rules], options.seed, world.now());
  scheduleEvents(world, [...(scenario.events ?? []), ...preset.events]);
  const ledger = options.ledgerFile === undefined ? null : new Ledger(options.ledgerFile);
  if (ledger) world.onIncident((incident) => ledger.incident(incident));
  return {
    world,
    hosts: [...world.hosts.values()].map((host) => new SimulatedHost(host, faults, ledger)),
    pairs,
    hopeless: preset.hopeless,
    close: () => {
      world.timeline.close();
      ledger?.close();
    },
  };
}

function readScenario(scenario: ScenarioInput | string | undefined): Scenario {
  if (typeof scenario === 'string') return loadScenario(scenario);
  const parsed = scenarioSchema.safeParse(scenario ?? {});
  if (parsed.success) return parsed.data;
  throw usage(`the scenario is not valid: ${z.prettifyError(parsed.error)}`, 'Correct the scenario.');
}

function defaultHosts(count: number, strategy: SimulatedStrategy): NonNullable<Scenario['hosts']> {
  const homes = strategy === 'provider' ? 0 : Math.floor(count / 2);
  if (count < 1 || (strategy !== 'provider' && homes < 1)) {
    throw usage(`${count} simulated hosts are too few for strategy ${strategy}`, 'Ask for at least 2 hosts (1 for strategy provider).');
  }
  const two = (number: number): string => String(number).padStart(2, '0');
  return Array.from({ length: count }, (_, index) =>
    index < count - homes
      ? { name: `hv-dr-${two(index + 1)}`, role: 'dr' as const }
      : { name: `hv-home-${two(index - (count - homes) + 1)}`, role: 'home' as const },
  );
}

/** One entry a machine, so that every host gets its share whatever the strategy; of `mixed` every other machine is a pair. */
function defaultMachines(count: number, strategy: SimulatedStrategy, sites: Sites, stages: readonly StageName[]): VmEntry[] {
  if (strategy === 'provider') return count > 0 ? [{ count }] : [];
  let pairs = 0;
  return Array.from({ length: count }, (_, index) => {
    const host = sites.dr[index % sites.dr.length]?.name;
    const partner = sites.home[index % sites.home.length]?.name;
    const pair = strategy === 'reverse' || Math.floor(index / sites.dr.length) % 2 === 1;
    const stage = pair ? stages[pairs++ % Math.max(1, stages.length)] : undefined;
    return {
      ...(host === undefined ? {} : { host }),
      ...(pair && partner !== undefined ? { partner } : {}),
      ...(stage === undefined ? {} : { stage }),
    };
  });
}

function checkHosts(entries: readonly VmEntry[], world: World, homes: readonly Host[]): void {
  for (const { host, partner, stage, third } of entries) {
    for (const name of [host, partner, third]) {
      if (name === undefined || name === '*' || world.hosts.has(name)) continue;
      throw usage(`the scenario puts machines on host ${name}, which it does not have`, `Hosts: ${[...world.hosts.keys()].join(', ')}.`);
    }
    if (homes.length === 0 && (partner === '*' || (partner === undefined && stage !== undefined))) {
      throw usage(
        'the scenario has pairs whose partner is any home host, but no home host',
        'Give a host the role home, or name the partner.',
      );
    }
    if (host !== undefined && host === partner) {
      throw usage(`the scenario puts both sides of a pair on host ${host}`, 'Name another host as partner.');
    }
  }
}

function usage(message: string, remedy: string): FailbackError {
  return new FailbackError({ class: 'permanent', code: 'usage.invalid', message, remedy });
}
