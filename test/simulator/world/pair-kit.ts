import { expect } from 'vitest';
import type { MethodOutcome } from '../../../src/simulator/cim.ts';
import type { HostQuirkSettings } from '../../../src/simulator/world/quirks.ts';
import type { VmEntry } from '../../../src/simulator/world/scenario.ts';
import type { SimulationOptions } from '../../../src/simulator/world/simulation.ts';
import type { StageName } from '../../../src/simulator/world/stage.ts';
import type { VirtualMachine } from '../../../src/simulator/world/virtual-machine.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

/** The host of the recovery site, and the one at home. */
export const AWAY = 'hv-dr-01';
export const HOME = 'hv-home-01';

export interface Pair {
  readonly test: TestWorld;
  readonly away: VirtualMachine;
  readonly home: VirtualMachine;
}

/** A pair in a starting state: 1,000 seconds of data, 100 of them differ. */
export function pairIn(
  stage: StageName,
  entry: Partial<VmEntry> = {},
  hosts: { away?: HostQuirkSettings; home?: HostQuirkSettings } = {},
  options: Partial<SimulationOptions> = {},
): Pair {
  const test = new TestWorld(
    {
      hosts: [
        { name: AWAY, quirks: hosts.away ?? {} },
        { name: HOME, role: 'home', quirks: hosts.home ?? {} },
      ],
      vms: [{ names: ['sql01'], host: AWAY, partner: HOME, stage, ...secondsOfData(1000), ...entry }],
    },
    options,
  );
  return { test, away: test.vm('sql01', AWAY), home: test.vm('sql01', HOME) };
}

export async function accepted(outcome: Promise<MethodOutcome>): Promise<MethodOutcome> {
  const answer = await outcome;
  expect(answer.returnValue).toBe(4096);
  return answer;
}

export function reverse({ test }: Pair, vm: VirtualMachine): Promise<MethodOutcome> {
  return test.replication(vm, 'ReverseReplicationRelationship', { ReplicationSettingData: test.reversed(vm) });
}

export function shutDown({ test }: Pair, vm: VirtualMachine): Promise<MethodOutcome> {
  return test.invoke('Msvm_ShutdownComponent', 'InitiateShutdown', { Force: false }, { SystemName: vm.id }, vm.hostName);
}

/** A number of the machine's statistics. */
export async function statistic({ test }: Pair, vm: VirtualMachine, name: string): Promise<number> {
  const { out } = await test.replication(vm, 'GetReplicationStatistics');
  const [text] = out.ReplicationStatistics as readonly string[];
  return Number(new RegExp(`NAME="${name}"[^>]*><VALUE>(\\d+)`).exec(text ?? '')?.[1]);
}
