import type { ServedSimulatedHost } from '../../src/simulator/simulator.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import { STAGE_NAMES, type StageName } from '../../src/simulator/world/stage.ts';

export const STRATEGIES = ['provider', 'reverse', 'mixed'] as const;
export type ChaosStrategy = (typeof STRATEGIES)[number];

/** Pairs start in each of these in turn: all from which there is a way home that is not yet behind them. */
const STAGES = STAGE_NAMES.filter((stage) => !(['home', 'extended', 'both-running'] as readonly StageName[]).includes(stage));

const HOSTS = [
  { name: 'hv-dr-01', role: 'dr' },
  { name: 'hv-dr-02', role: 'dr' },
  { name: 'hv-home-01', role: 'home' },
  { name: 'hv-home-02', role: 'home' },
] as const;

/** Simulated seconds a real second. */
export const SPEED = 600;

export interface WorldOptions {
  readonly vms: number;
  readonly strategy: ChaosStrategy;
}

/** Four hosts in two sites. Replies are lost after the effect, or late; some requests never arrive. */
export function chaosScenario({ vms, strategy }: WorldOptions): ScenarioInput {
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

/** A plan for all machines of these hosts, reached at other ports than they listen on. Times are short: the hosts' time runs fast. */
export function chaosPlan(
  hosts: readonly ServedSimulatedHost[],
  inFlight: number,
  { port, passwordFile }: { readonly port: (host: string) => number; readonly passwordFile: (host: string) => string },
): object {
  return {
    version: 1,
    name: 'chaos',
    ...(hosts.some(({ site }) => site === 'home') ? { home: 'home' } : {}),
    hosts: Object.fromEntries(
      hosts.map(({ name, site, url, username }) => [
        name,
        {
          address: addressAt(url, port(name)),
          site,
          auth: 'basic',
          allowUnencrypted: true,
          credentials: { username, password: `file:${passwordFile(name)}` },
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

function addressAt(url: string, port: number): string {
  const address = new URL(url);
  address.port = String(port);
  return address.href;
}
