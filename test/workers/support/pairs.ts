import { expect } from 'vitest';
import type { SimulatedPair } from '../../../src/simulator/world/population.ts';
import type { ScenarioInput } from '../../../src/simulator/world/scenario.ts';
import type { StageName } from '../../../src/simulator/world/stage.ts';
import type { Stage } from './stage.ts';

/** Calls on the way home, in order: the side, the method, and what was asked for where that matters. */
const WAY_HOME = [
  'away CommitFailover',
  'home RequestReplicationStateChangeEx 2',
  'away ReverseReplicationRelationship',
  'away StartReplication',
  'away InitiateShutdown',
  'away RequestReplicationStateChangeEx 4',
  'home InitiateFailover',
  'home RequestStateChange 2',
  'home ReverseReplicationRelationship',
];

/** What was taken back, and the VM started where it ran. */
export const WAY_BACK = ['home RequestStateChange 3', 'home RevertFailover', 'away RevertFailover', 'away RequestStateChange 2'];

const NOTHING_TO_REPAIR = ['resume', 'resynchronize'];

/** From where a pair stands: the calls that are still to be made, and the steps that are passed over because they are done. */
export const FROM: Readonly<Partial<Record<StageName, { readonly calls: readonly string[]; readonly skipped: readonly string[] }>>> = {
  'failed-over': { calls: WAY_HOME, skipped: NOTHING_TO_REPAIR },
  'planned-failed-over': {
    calls: [...WAY_HOME.slice(2, 3), ...WAY_HOME.slice(4)],
    skipped: ['commit', 'replica', 'copy', ...NOTHING_TO_REPAIR],
  },
  committed: { calls: WAY_HOME.slice(1), skipped: ['commit', ...NOTHING_TO_REPAIR] },
  'home-is-replica': { calls: WAY_HOME.slice(2), skipped: ['commit', 'replica', ...NOTHING_TO_REPAIR] },
  reversed: { calls: WAY_HOME.slice(3), skipped: ['commit', 'replica', 'reverse', ...NOTHING_TO_REPAIR] },
  copying: { calls: WAY_HOME.slice(4), skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR] },
  replicating: { calls: WAY_HOME.slice(4), skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR] },
  suspended: {
    calls: ['away RequestReplicationStateChangeEx 3', ...WAY_HOME.slice(4)],
    skipped: ['commit', 'replica', 'reverse', 'copy', 'resynchronize'],
  },
  'resync-required': {
    calls: ['away Resynchronize', ...WAY_HOME.slice(4)],
    skipped: ['commit', 'replica', 'reverse', 'copy', 'resume'],
  },
  resynchronizing: { calls: WAY_HOME.slice(4), skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR] },
  stopped: { calls: WAY_HOME.slice(5), skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown'] },
  prepared: {
    calls: WAY_HOME.slice(6),
    skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown', 'prepare'],
  },
  'failed-over-home': {
    calls: WAY_HOME.slice(7),
    skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown', 'prepare', 'failover'],
  },
  'home-running': {
    calls: WAY_HOME.slice(8),
    skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown', 'prepare', 'failover', 'start'],
  },
  'home-reversed': {
    calls: WAY_HOME.slice(7, 8),
    skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown', 'prepare', 'failover', 'protect'],
  },
  home: {
    calls: [],
    skipped: ['commit', 'replica', 'reverse', 'copy', ...NOTHING_TO_REPAIR, 'shutdown', 'prepare', 'failover', 'start', 'protect'],
  },
};

/** Every starting state from which the way home is known. */
export const STAGES = Object.keys(FROM) as readonly StageName[];

/** Two hosts on either site, and a pair in each of these states. */
export function pairsIn(
  stages: readonly StageName[],
  more: ScenarioInput = {},
): { readonly vms: number; readonly scenario: ScenarioInput } {
  const { quirks, ...rest } = more;
  return {
    vms: stages.length,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-dr-02', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
        { name: 'hv-mi-02', role: 'home' },
      ],
      vms: stages.map((stage, n) => ({ stage, names: [`${stage}-${n}`], sizeGB: 8 })),
      ...rest,
      quirks: { ...quirks, hosts: { parallelTransfers: 100, ...quirks?.hosts } },
    },
  };
}

/** MessageIDs of calls that were sent twice; reads may be. */
export function sentTwice({ ledger: { calls } }: Stage): readonly string[] {
  const sent = calls.filter(({ method }) => !isRead(method)).map(({ messageId, method }) => `${method} ${messageId}`);
  return sent.filter((one, n) => sent.indexOf(one) !== n);
}

/** A method of WMI that changes nothing. */
function isRead(method: string): boolean {
  return method.startsWith('Get');
}

/** The calls about a pair that the hosts accepted, in order, in the words of the table. */
export function acceptedCalls({ ledger }: Stage, { id, home }: SimulatedPair): readonly string[] {
  const answers = new Map(ledger.outcomes.map(({ n, returnValue }) => [n, returnValue]));
  return ledger.calls
    .filter(({ vm, n, method }) => vm === id && !isRead(method) && [undefined, 0, 4096].includes(answers.get(n)))
    .map(({ host, method, args }) =>
      [host === home ? 'home' : 'away', method, args.RequestedState].filter((word) => word !== undefined).join(' '),
    );
}

/** How both copies of a pair stand now. */
export function standing({ simulator: { world } }: Stage, { id, home, away }: SimulatedPair) {
  world.settle();
  const side = (name: string) => {
    const vm = world.host(name).vms.get(id);
    return vm && { mode: vm.mode, state: vm.relationship?.state, power: vm.power };
  };
  return { home: side(home), away: side(away) };
}

/** Home, protected and running, the copy away off. */
export const HOME = { home: { mode: 1, state: 3, power: 2 }, away: { mode: 2, state: 3, power: 3 } };
/** The VM runs away, replicating home. */
export const AWAY = { home: { mode: 2, state: 3, power: 3 }, away: { mode: 1, state: 3, power: 2 } };

/** Every pair went home by exactly the calls it needed, none of them twice, and never ran on both sides. */
export function expectAllHome(stage: Stage, check: typeof expect = expect): void {
  const { ledger, simulator } = stage;
  for (const pair of simulator.pairs) {
    check({ pair: pair.name, stands: standing(stage, pair) }).toEqual({ pair: pair.name, stands: HOME });
    check({ pair: pair.name, calls: acceptedCalls(stage, pair) }).toEqual({
      pair: pair.name,
      calls: pair.stage && FROM[pair.stage]?.calls,
    });
  }
  check(sentTwice(stage)).toEqual([]);
  check(ledger.bothSidesRunning).toEqual([]);
  check(simulator.world.incidents).toEqual([]);
}
