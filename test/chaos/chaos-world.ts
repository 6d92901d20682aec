import { randomStream } from '../../src/simulator/world/random.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import { STAGE_NAMES, type StageName } from '../../src/simulator/world/stage.ts';

export const STRATEGIES = ['provider', 'reverse', 'mixed'] as const;
export type ChaosStrategy = (typeof STRATEGIES)[number];

/** A host as `failback simulate` announces it. */
export interface AnnouncedHost {
  readonly host: string;
  readonly site: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly vms: readonly { readonly id: string; readonly name: string }[];
}

/** Pairs start in each of these in turn: all from which there is a way home that is not yet behind them. */
const STAGES = STAGE_NAMES.filter((stage) => !(['home', 'extended', 'both-running'] as readonly StageName[]).includes(stage));

const HOSTS = [
  { name: 'hv-dr-01', role: 'dr' },
  { name: 'hv-dr-02', role: 'dr' },
  { name: 'hv-home-01', role: 'home' },
  { name: 'hv-home-02', role: 'home' },
] as const;
export const HOST_COUNT = HOSTS.length;

/** Simulated seconds a real second. */
export const SPEED = 600;
/** Simulated seconds between two disturbances of hosts. */
const BETWEEN = 1_500;

export interface WorldOptions {
  readonly vms: number;
  readonly seed: number;
  readonly strategy: ChaosStrategy;
  /** How often a host goes out of sight, loses its jobs, or is rebooted. */
  readonly hostEvents: number;
}

/**
 * Four hosts in two sites. Replies are lost after the effect, or late; some requests never arrive, and hosts go out of sight, forget their jobs
 * and are rebooted.
 */
export function chaosScenario({ vms, seed, strategy, hostEvents }: WorldOptions): ScenarioInput {
  const pairs = { provider: 0, mixed: Math.floor(vms / 2), reverse: vms }[strategy];
  return {
    hosts: strategy === 'provider' ? HOSTS.map(({ name }) => ({ name, role: 'dr' as const })) : [...HOSTS],
    vms: [
      ...(vms > pairs ? [{ count: vms - pairs, prefix: 'provider' }] : []),
      ...(pairs > 0 ? [{ count: pairs, prefix: 'pair', stage: [...STAGES] }] : []),
    ],
    faults: [
      { method: 'InitiateFailback', probability: 0.15, do: { drop: 'after' } },
      { method: 'RequestStateChange', probability: 0.1, do: { drop: 'after' } },
      { method: 'InitiateFailback', probability: 0.2, do: { delayAfterMs: 400 } },
      ...PAIR_METHODS.flatMap((method) => [
        { method, probability: 0.12, do: { drop: 'after' as const } },
        { method, probability: 0.05, do: { drop: 'before' as const } },
        { method, probability: 0.15, do: { delayAfterMs: 400 } },
      ]),
    ],
    events: disturbances(seed, hostEvents),
  };
}

const PAIR_METHODS = [
  'CommitFailover',
  'InitiateFailover',
  'InitiateShutdown',
  'RequestReplicationStateChangeEx',
  'Resynchronize',
  'ReverseReplicationRelationship',
  'RevertFailover',
  'StartReplication',
];

function disturbances(seed: number, count: number): NonNullable<ScenarioInput['events']> {
  const random = randomStream(seed, 'disturbances');
  return Array.from({ length: count }, (_, n) => {
    const host = HOSTS[Math.floor(random.next() * HOSTS.length)]?.name ?? HOSTS[0].name;
    const what = (['unreachable', 'service-restart', 'reboot'] as const)[n % 3] ?? 'unreachable';
    return { host, what, at: Math.round((n + 0.5 + random.next()) * BETWEEN), for: 600 + Math.round(random.next() * 1_200) };
  });
}

/** A plan for all machines of these hosts. Times are short: the hosts' time runs fast. */
export function chaosPlan(hosts: readonly AnnouncedHost[], inFlight: number, passwordFile: (host: string) => string): object {
  return {
    version: 1,
    name: 'chaos',
    ...(hosts.some(({ site }) => site === 'home') ? { home: 'home' } : {}),
    hosts: Object.fromEntries(
      hosts.map(({ host, site, url, username }) => [
        host,
        {
          address: url,
          site,
          auth: 'basic',
          allowUnencrypted: true,
          credentials: { username, password: `file:${passwordFile(host)}` },
          limits: { inFlight },
        },
      ]),
    ),
    defaults: {
      retry: { attempts: 20, delay: '200ms', max: '2s' },
      timeouts: { call: '10s', settle: '10s' },
      verify: { stable: '500ms' },
      reverse: { shutdown: { within: '10s', turnOff: true }, unseen: '20s' },
    },
    limits: { inFlight },
    members: [{ match: '*' }],
  };
}
