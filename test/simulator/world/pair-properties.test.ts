import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MethodOutcome } from '../../../src/simulator/cim.ts';
import { STAGE_NAMES } from '../../../src/simulator/world/stage.ts';
import type { VirtualMachine } from '../../../src/simulator/world/virtual-machine.ts';
import { type Pair, pairIn, reverse, shutDown } from './pair-kit.ts';

type Deed = (pair: Pair, vm: VirtualMachine) => Promise<MethodOutcome>;

const replication =
  (method: string, args = {}): Deed =>
  ({ test }, vm) =>
    test.replication(vm, method, args);
const change =
  (state: number): Deed =>
  ({ test }, vm) =>
    test.changeState(vm, state);
const power =
  (state: number): Deed =>
  ({ test }, vm) =>
    test.power(vm, state);

/** Everything that can be called for a copy of a machine, sensible or not. */
const DEEDS: Readonly<Record<string, Deed>> = {
  failover: replication('InitiateFailover', { SnapshotSettingData: null }),
  commit: replication('CommitFailover'),
  revert: replication('RevertFailover'),
  reverse,
  'copy all': replication('StartReplication', { InitialReplicationType: 1 }),
  'copy differences': replication('StartReplication', { InitialReplicationType: 3 }),
  resynchronize: replication('Resynchronize'),
  'become replica': change(2),
  resume: change(3),
  prepare: change(4),
  suspend: change(7),
  'cancel resynchronisation': change(9),
  ready: change(1),
  start: power(2),
  'turn off': power(3),
  save: power(6),
  'shut down': async (pair, vm) => (vm.power === 2 ? shutDown(pair, vm) : { returnValue: 32775, out: {} }),
  test: replication('TestReplicaSystem', { SnapshotSettingData: null }),
  'end the job': async ({ test }, vm) => {
    const [job] = [...test.world.host(vm.hostName).jobs.values()].filter((one) => one.vm === vm && one.state === 4);
    if (!job) return { returnValue: 4097, out: {} };
    return test.invoke('Msvm_ConcreteJob', 'RequestStateChange', { RequestedState: 5 }, { InstanceID: job.id }, vm.hostName);
  },
};

/** What may happen to the host of a copy. */
const MISHAPS: Readonly<Record<string, (pair: Pair, vm: VirtualMachine) => void>> = {
  'a reboot': ({ test }, vm) => test.world.host(vm.hostName).crash(30_000),
  'a broken connection': ({ test }, vm) => test.world.host(vm.hostName).disconnect(30_000),
  'a restart of the service': ({ test }, vm) => test.world.host(vm.hostName).restartManagementService(),
};

interface Move {
  readonly side: 'away' | 'home';
  readonly deed: string;
  /** Host seconds until the next one. */
  readonly wait: number;
}

const move = fc.record<Move>({
  side: fc.constantFrom('away', 'home'),
  deed: fc.constantFrom(...Object.keys(DEEDS), ...Object.keys(MISHAPS)),
  wait: fc.constantFrom(0, 1, 3, 10, 60, 200),
});

async function carryOut(pair: Pair, side: Move['side'], deed: string): Promise<MethodOutcome> {
  const vm = pair[side];
  // A host that cannot be reached is not called.
  if (!pair.test.world.host(vm.hostName).up) return { returnValue: 0, out: {} };
  MISHAPS[deed]?.(pair, vm);
  if (MISHAPS[deed]) return { returnValue: 0, out: {} };
  return (await DEEDS[deed]?.(pair, vm)) ?? { returnValue: 0, out: {} };
}

/** What is wrong with a pair that works together; null when nothing is. */
function contradiction({ away, home }: Pair): string | null {
  const describeSide = (vm: VirtualMachine): string => `${vm.mode}/${vm.relationship?.state} power ${vm.power}`;
  const pair = `${describeSide(away)} and ${describeSide(home)}`;
  const [one, other] = [away, home].map((vm) => ({ mode: vm.mode, state: vm.relationship?.state ?? 0, power: vm.power, vm })) as [End, End];
  if (one.mode === 1 && other.mode === 1) return `two primaries: ${pair}`;
  const failedOver = (end: End): boolean => [5, 6, 12].includes(end.state);
  if (one.mode === 2 && other.mode === 2) {
    const waiting = (end: End): boolean => end.state === 2 || end.state === 7;
    return (failedOver(one) && waiting(other)) || (failedOver(other) && waiting(one)) ? null : `two replicas: ${pair}`;
  }
  const [primary, replica] = one.mode === 1 ? [one, other] : [other, one];
  if (replica.power === 2 && !failedOver(replica)) return `a replica that is not failed over runs: ${pair}`;
  if (primary.state === 4 && primary.power === 2) return `a prepared primary runs: ${pair}`;
  if (failedOver(replica)) return null;
  const allowed: Readonly<Record<number, readonly number[]>> = {
    1: [2, 7],
    2: [2],
    3: [3],
    4: [3],
    7: [7, 3, 2],
    8: [3, 7],
    9: [3, 7],
    10: [10],
    11: [3, 7],
  };
  return allowed[primary.state]?.includes(replica.state) ? null : `states that do not go together: ${pair}`;
}

interface End {
  readonly mode: number;
  readonly state: number;
  readonly power: number;
  readonly vm: VirtualMachine;
}

/** Everything methods can change, of both copies. */
function snapshot({ test, away, home }: Pair): string {
  const of = (vm: VirtualMachine) => [
    test.seen(vm),
    { ...vm.relationship, lastReplicationTime: null },
    [vm.consistent, vm.recoveryPoints.length, vm.extended !== null, vm.testMachine],
    [vm.operation?.plan.method, vm.operation?.phase, vm.changeLog.how],
    test.world.host(vm.hostName).vms.size,
  ];
  return JSON.stringify([of(away), of(home)]);
}

describe('a pair, whatever is called on either side', () => {
  it('never contradicts itself, and a refused call changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...STAGE_NAMES), fc.array(move, { maxLength: 40 }), async (stage, moves) => {
        const pair = pairIn(stage);
        for (const { side, deed, wait } of moves) {
          const before = snapshot(pair);
          const { returnValue } = await carryOut(pair, side, deed);
          if (returnValue !== 0 && returnValue !== 4096) expect(snapshot(pair), `${deed} refused with ${returnValue}`).toBe(before);
          expect(contradiction(pair), `after ${deed} on the ${side} side`).toBeNull();
          for (let second = 0; second < wait; second += 5) {
            pair.test.advance(Math.min(5, wait));
            expect(contradiction(pair), `some time after ${deed} on the ${side} side`).toBeNull();
          }
        }
      }),
      { numRuns: 800 },
    );
  });

  it('is never counted as running on both sides without a power-on of one while the other was live', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...STAGE_NAMES), fc.array(move, { maxLength: 20 }), async (stage, moves) => {
        const pair = pairIn(stage);
        const { test, away, home } = pair;
        const both = (): boolean => [away, home].every(({ power }) => power !== 3 && power !== 6);
        let was = both();
        let counted = 0;
        for (const { side, deed, wait } of moves) {
          await carryOut(pair, side, deed);
          for (let second = 0; second <= wait; second += 1) {
            const is = both();
            if (is && !was) counted += 1;
            was = is;
            test.advance(second < wait ? 1 : 0);
          }
        }
        test.world.settle();
        expect(test.world.incidents.filter(({ kind }) => kind === 'both-sides-running')).toHaveLength(counted);
      }),
      { numRuns: 60 },
    );
  });
});
