import { describe, expect, it } from 'vitest';
import { TestWorld } from './world-kit.ts';

/**
 * A simple but patient orchestrator: every minute it looks at each host that is up, calls InitiateFailback for machines in their start
 * state without a job, and gives a machine up after ten refusals or failures.
 * @returns ids of machines that did not get to 14
 */
async function bringHome(faults: 'some' | 'harsh', seed: number): Promise<{ left: string[]; hopeless: readonly string[] }> {
  const test = new TestWorld({}, { hosts: 3, vms: 60, seed, faults });
  const machines = [...test.world.hosts.values()].flatMap((host) => [...host.vms.values()]);
  const attempts = new Map<string, number>();
  for (let minute = 0; minute < 600; minute += 1) {
    for (const vm of machines) {
      const host = test.host(vm.hostName);
      const tried = attempts.get(vm.id) ?? 0;
      if (!host.up || vm.operation || tried >= 10 || ![5, 6].includes(Number(test.seen(vm)[1]))) continue;
      attempts.set(vm.id, tried + 1);
      const request = {
        kind: 'invoke',
        className: 'Msvm_ReplicationService',
        method: 'InitiateFailback',
        vmId: vm.id,
        messageId: null,
      } as const;
      if (host.disposition(request).drop !== 'before') await test.initiateFailback(vm);
    }
    test.advance(60);
    if (machines.every((vm) => vm.relationship?.state === 14 || (attempts.get(vm.id) ?? 0) >= 10)) break;
  }
  expect(test.world.incidents).toEqual([]);
  return { left: machines.filter((vm) => vm.relationship?.state !== 14).map(({ id }) => id), hopeless: test.simulation.hopeless };
}

describe('a patient orchestrator', () => {
  it('brings every machine home under some faults', async () => {
    const { left, hopeless } = await bringHome('some', 11);
    expect([left, hopeless]).toEqual([[], []]);
  });

  it('brings all but the hopeless machines home under harsh faults', async () => {
    const { left, hopeless } = await bringHome('harsh', 12);
    expect(left.sort()).toEqual([...hopeless].sort());
    expect(hopeless.length).toBeGreaterThan(0);
  });
});
