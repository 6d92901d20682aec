import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/simulator/world/clock.ts';
import { randomStream } from '../../../src/simulator/world/random.ts';
import { Timeline } from '../../../src/simulator/world/timeline.ts';
import { TestWorld } from './world-kit.ts';

/** Everything an observer sees of a world in which some machines are brought home under fire. */
async function transcript(seed: number): Promise<unknown[]> {
  const test = new TestWorld({}, { hosts: 3, vms: 12, seed, faults: 'harsh' });
  const lines: unknown[] = [];
  for (const host of test.world.hosts.values()) {
    for (const vm of host.vms.values()) lines.push([vm.name, vm.id, await test.initiateFailback(vm)]);
  }
  for (let step = 0; step < 40; step += 1) {
    test.advance(60);
    for (const name of test.world.hosts.keys()) {
      lines.push(test.host(name).up, ...test.all('Msvm_ConcreteJob', name).map(({ values }) => values));
      lines.push(...test.all('Msvm_ReplicationRelationship', name).map(({ values }) => values));
    }
  }
  return lines;
}

describe('a world', () => {
  it('is the same for the same seed and the same calls', async () => {
    expect(await transcript(5)).toEqual(await transcript(5));
  });

  it('is another for another seed', async () => {
    expect(await transcript(5)).not.toEqual(await transcript(6));
  });

  it('gives a machine the same jobs whatever is done to other machines', async () => {
    const job = async (disturb: boolean) => {
      const test = new TestWorld({ vms: [{ names: ['a', 'b'] }] });
      if (disturb) await test.initiateFailback(test.vm('b'));
      return (await test.initiateFailback(test.vm('a'))).out;
    };
    expect(await job(true)).toEqual(await job(false));
  });

  it('does not change a machine when more of them are asked for', () => {
    const few = new TestWorld({}, { hosts: 2, vms: 4 });
    const many = new TestWorld({}, { hosts: 2, vms: 40 });
    const describeAll = (test: TestWorld) =>
      [...test.world.host('hv-dr-01').vms.values()].slice(0, 2).map(({ id, name, disks }) => ({ id, name, disks }));
    expect(describeAll(many)).toEqual(describeAll(few));
  });
});

describe('ten thousand machines on a hundred hosts', () => {
  it("are told apart, and one look at a host makes only that host's instances", () => {
    const test = new TestWorld({}, { hosts: 100, vms: 10_000 });
    const names = new Set<unknown>();
    let relationships = 0;
    for (const host of test.simulation.hosts) {
      for (const vm of host.instances(test.cls('Msvm_ComputerSystem'))) names.add(vm.values.Name);
      for (const _ of host.instances(test.cls('Msvm_ReplicationRelationship'))) relationships += 1;
    }
    expect([names.size, relationships]).toEqual([10_100, 10_000]);
    expect(new Set([...test.world.hosts.values()].flatMap((host) => [...host.vms.values()].map((vm) => vm.name))).size).toBe(10_000);
    const first = test.all('Msvm_ReplicationRelationship', 'hv-dr-01');
    expect(first).toHaveLength(100);
  });

  it('are pairs, too, without an event while they replicate', () => {
    const test = new TestWorld({}, { hosts: 100, vms: 10_000, strategy: 'reverse', stages: ['replicating', 'prepared', 'committed'] });
    const copies = [...test.world.hosts.values()].reduce((sum, host) => sum + host.vms.size, 0);
    expect([copies, test.world.timeline.pending]).toEqual([20_000, 0]);
  });

  it('cost nothing while nothing happens to them: no event is pending', async () => {
    const test = new TestWorld({}, { hosts: 100, vms: 10_000 });
    expect(test.world.timeline.pending).toBe(0);
    await test.initiateFailback(test.vm());
    expect(test.world.timeline.pending).toBe(1);
  });
});

describe('the timeline', () => {
  it('carries out what is due in order of time, then of scheduling, at the moment it was due', () => {
    const clock = manualClock(0);
    const timeline = new Timeline(clock);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, timeline.now()]);
    timeline.schedule(30, note('c'));
    timeline.schedule(10, note('a'));
    const called = timeline.schedule(20, note('never'));
    timeline.schedule(10, note('b'));
    timeline.schedule(15, () => timeline.schedule(18, note('inner')));
    called.cancel();
    clock.advance(29);
    timeline.settle();
    expect(seen).toEqual([
      ['a', 10],
      ['b', 10],
      ['inner', 18],
    ]);
    expect(timeline.now()).toBe(29);
  });

  it('keeps its order with many events', () => {
    const clock = manualClock(0);
    const timeline = new Timeline(clock);
    const random = randomStream(1, 'order');
    const seen: number[] = [];
    for (let event = 0; event < 1000; event += 1) {
      const at = random.between(0, 500);
      timeline.schedule(at, () => seen.push(at));
    }
    clock.advance(500);
    timeline.settle();
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect(seen).toHaveLength(1000);
  });
});
