import { describe, expect, it } from 'vitest';
import type { RequestInfo } from '../../../src/simulator/cim.ts';
import { presetFaults } from '../../../src/simulator/world/fault-preset.ts';
import type { ScenarioInput } from '../../../src/simulator/world/scenario.ts';
import { secondsOfData, TestWorld } from './world-kit.ts';

function withFaults(faults: ScenarioInput['faults'], more: ScenarioInput = {}): TestWorld {
  return new TestWorld({ vms: [{ count: 2, ...secondsOfData(100) }], ...more, faults });
}

function invoking(vmId: string | null, method = 'InitiateFailback'): RequestInfo {
  return { kind: 'invoke', className: 'Msvm_ReplicationService', method, vmId, messageId: 'uuid:1' };
}

describe('a scripted fault inside the host', () => {
  it('answers a return value on the nth call of each machine and does nothing', async () => {
    const test = withFaults([{ method: 'InitiateFailback', nth: [1, 2], do: { returnValue: 32774 } }]);
    const [one, other] = [...test.world.host('hv-dr-01').vms.values()];
    if (!one || !other) throw new Error('two machines');
    const codes = [];
    for (const vm of [one, other, one, one]) codes.push((await test.initiateFailback(vm)).returnValue);
    expect(codes).toEqual([32774, 32774, 32774, 4096]);
    expect(test.seen(other)[1]).toBe(6);
  });

  it('hits only the machine, by name pattern or id', async () => {
    const test = withFaults([{ vm: 'sql*', do: { returnValue: 32778 } }], { vms: [{ names: ['SQL01', 'web-001'] }] });
    expect((await test.initiateFailback(test.vm('SQL01'))).returnValue).toBe(32778);
    expect((await test.initiateFailback(test.vm('web-001'))).returnValue).toBe(4096);
  });

  it('hits only in its time', async () => {
    const test = withFaults([{ from: 60, until: 120, do: { returnValue: 32777 } }]);
    const codes = [];
    for (const seconds of [0, 60, 60]) {
      test.advance(seconds);
      codes.push((await test.replication(test.vm(), 'RevertFailover')).returnValue);
    }
    expect(codes).toEqual([32775, 32777, 32775]);
  });

  it('makes the job vanish while the copy goes on', async () => {
    const test = withFaults([{ do: { jobVanishesAtPercent: 40 } }]);
    const outcome = await test.initiateFailback(test.vm());
    test.advance(42);
    expect(test.job(outcome)).toBeDefined();
    test.advance(2);
    expect(test.job(outcome)).toBeUndefined();
    expect(test.seen(test.vm())[1]).toBe(13);
    test.advance(60);
    expect(test.seen(test.vm())[1]).toBe(14);
  });

  it('stops the copy for a while, or for ever', async () => {
    const test = withFaults(
      [
        { vm: 'a', do: { stuck: { atPercent: 50, seconds: 500 } } },
        { vm: 'b', do: { stuck: { atPercent: 50 } } },
      ],
      { vms: [{ names: ['a', 'b'], ...secondsOfData(100) }] },
    );
    const outcomes = [await test.initiateFailback(test.vm('a')), await test.initiateFailback(test.vm('b'))];
    test.advance(400);
    expect(outcomes.map((outcome) => test.job(outcome)?.values.PercentComplete)).toEqual([50, 50]);
    test.advance(203);
    expect([test.seen(test.vm('a'))[1], test.seen(test.vm('b'))[1]]).toEqual([14, 13]);
    test.world.host('hv-dr-01').crash(10_000);
    test.advance(10_000);
    expect(test.seen(test.vm('b'))[1]).toBe(13);
  });

  it('ends in a wrong state', async () => {
    const test = withFaults([{ do: { endState: 9 } }]);
    const outcome = await test.initiateFailback(test.vm());
    test.advance(110);
    expect(test.job(outcome)?.values.JobState).toBe(7);
    expect(test.seen(test.vm())[1]).toBe(9);
  });
});

describe('a scripted fault on the network', () => {
  it('drops, delays and refuses requests, and the host never counts them twice', () => {
    const test = withFaults([
      { method: 'InitiateFailback', nth: 1, do: { drop: 'after' } },
      { method: 'InitiateFailback', nth: 2, do: { delayBeforeMs: 5, delayAfterMs: 7 } },
      { method: 'CommitFailover', do: { unauthorized: true } },
      { method: 'enumerate', class: 'Msvm_ConcreteJob', do: { fault: { subcode: 'wsman:TimedOut', wsmanFaultCode: 0x80338029 } } },
    ]);
    const id = test.vm().id;
    const host = test.host();
    expect(host.disposition(invoking(id.toLowerCase()))).toEqual({ drop: 'after' });
    expect(host.disposition(invoking(id))).toEqual({ delayBeforeMs: 5, delayAfterMs: 7 });
    expect(host.disposition(invoking(id))).toEqual({});
    expect(host.disposition(invoking(id, 'CommitFailover'))).toEqual({ refuse: 'unauthorized' });
    const enumerate = { kind: 'enumerate', className: 'Msvm_ConcreteJob', method: null, vmId: null, messageId: null } as const;
    expect(host.disposition(enumerate).refuse).toMatchObject({ code: 'Receiver', subcode: 'wsman:TimedOut', wsmanFaultCode: 0x80338029 });
    expect(host.disposition({ ...enumerate, className: 'Msvm_ComputerSystem' })).toEqual({});
  });

  it('without a method hits method calls only', () => {
    const test = withFaults([{ do: { drop: 'before' } }]);
    expect(test.host().disposition({ kind: 'identify', className: null, method: null, vmId: null, messageId: null })).toEqual({});
    expect(test.host().disposition(invoking(null))).toEqual({ drop: 'before' });
  });

  it('with a probability hits the same requests whatever happens to other machines', () => {
    const sequence = (disturb: boolean) => {
      const test = withFaults([{ probability: 0.5, do: { drop: 'before' } }], { vms: [{ names: ['a', 'b'] }] });
      return Array.from({ length: 20 }, () => {
        if (disturb) test.host().disposition(invoking(test.vm('b').id));
        return test.host().disposition(invoking(test.vm('a').id)).drop ?? '-';
      });
    };
    expect(sequence(true)).toEqual(sequence(false));
    expect(new Set(sequence(false))).toEqual(new Set(['before', '-']));
  });
});

describe('scripted events', () => {
  it('restart, disconnect and reboot hosts at their time', async () => {
    const test = new TestWorld({
      hosts: [{ name: 'one' }, { name: 'two' }],
      events: [
        { host: 'one', what: 'reboot', at: 60, for: 30 },
        { host: 't*', what: 'unreachable', at: 100, for: 10 },
        { host: 'two', what: 'service-restart', at: 200 },
      ],
    });
    const up = () => [test.host('one').up, test.host('two').up];
    const seen = [up()];
    for (const seconds of [60, 30, 10, 10]) {
      test.advance(seconds);
      seen.push(up());
    }
    expect(seen).toEqual([
      [true, true],
      [false, true],
      [true, true],
      [true, false],
      [true, true],
    ]);
  });
});

describe('the presets', () => {
  const world = (vms: number, hosts = 4) => new TestWorld({}, { hosts, vms }).world;

  it('none does nothing', () => {
    expect(presetFaults('none', world(50))).toEqual({ rules: [], events: [], hopeless: [] });
  });

  it('some never makes a machine hopeless, harsh does; both are the same for the same seed', () => {
    const some = presetFaults('some', world(200));
    const harsh = presetFaults('harsh', world(200));
    expect(some.hopeless).toEqual([]);
    expect(harsh.hopeless).toHaveLength(6);
    expect(some.rules.length).toBeGreaterThan(40);
    expect(harsh.rules.length).toBeGreaterThan(some.rules.length);
    expect(presetFaults('harsh', world(200))).toEqual(harsh);
  });

  it('leave a third of a small world alone', () => {
    const { rules } = presetFaults('harsh', world(6, 2));
    expect(new Set(rules.map((rule) => rule.vm).filter((vm) => vm !== undefined)).size).toBeLessThanOrEqual(4);
  });
});
