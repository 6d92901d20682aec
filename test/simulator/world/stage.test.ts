import { describe, expect, it } from 'vitest';
import { STAGE_NAMES, type StageName } from '../../../src/simulator/world/stage.ts';
import { AWAY, HOME, pairIn } from './pair-kit.ts';
import { TestWorld } from './world-kit.ts';

/** [mode, state, power] of the copy on the recovery site and of the one at home. */
const EXPECTED: Readonly<Record<StageName, readonly [away: readonly number[], home: readonly number[]]>> = {
  'failed-over': [
    [2, 5, 2],
    [1, 3, 3],
  ],
  'planned-failed-over': [
    [2, 5, 2],
    [1, 4, 3],
  ],
  committed: [
    [2, 6, 2],
    [1, 8, 3],
  ],
  'home-is-replica': [
    [2, 6, 2],
    [2, 2, 3],
  ],
  reversed: [
    [1, 1, 2],
    [2, 2, 3],
  ],
  copying: [
    [1, 2, 2],
    [2, 2, 3],
  ],
  replicating: [
    [1, 3, 2],
    [2, 3, 3],
  ],
  suspended: [
    [1, 7, 2],
    [2, 7, 3],
  ],
  'resync-required': [
    [1, 9, 2],
    [2, 3, 3],
  ],
  resynchronizing: [
    [1, 10, 2],
    [2, 10, 3],
  ],
  stopped: [
    [1, 3, 3],
    [2, 3, 3],
  ],
  prepared: [
    [1, 4, 3],
    [2, 3, 3],
  ],
  'failed-over-home': [
    [1, 4, 3],
    [2, 5, 3],
  ],
  'home-running': [
    [1, 4, 3],
    [2, 5, 2],
  ],
  'home-reversed': [
    [2, 3, 3],
    [1, 3, 3],
  ],
  home: [
    [2, 3, 3],
    [1, 3, 2],
  ],
  extended: [
    [2, 5, 2],
    [1, 8, 3],
  ],
  'both-running': [
    [2, 5, 2],
    [1, 3, 2],
  ],
};

describe('a pair in a named starting state', () => {
  it.each(STAGE_NAMES)('%s: both sides show it, and agree on who sends to whom', (stage) => {
    const { test, away, home } = pairIn(stage);
    expect([test.seen(away), test.seen(home)]).toEqual(EXPECTED[stage]);
    for (const side of [away, home]) {
      const own = `${side.hostName}.example.net`;
      const point = side.mode === 1 ? side.relationship?.primaryConnectionPoint : side.relationship?.recoveryConnectionPoint;
      expect([point, side.relationship?.providerId]).toEqual([own, '22391CDC-272C-4DDF-BA88-9BEFB1A0975C']);
    }
    expect(test.world.incidents).toEqual([]);
  });

  it.each(STAGE_NAMES)('%s: stays as it is, or its copy ends, when nobody does anything', (stage) => {
    const { test, away, home } = pairIn(stage);
    test.advance(3600);
    const copied = stage === 'copying' || stage === 'resynchronizing';
    const after = copied ? EXPECTED.replicating : EXPECTED[stage];
    expect([test.seen(away), test.seen(home)]).toEqual(after);
    expect(test.world.incidents).toEqual([]);
  });

  it('knows a planned failover by its type', () => {
    expect(pairIn('planned-failed-over').away.relationship?.failedOverType).toBe(3);
    expect(pairIn('home-running').home.relationship?.failedOverType).toBe(3);
    expect(pairIn('failed-over').away.relationship?.failedOverType).toBe(1);
  });

  it('shows the job of a copy that is going on', () => {
    const { test } = pairIn('copying');
    expect(test.all('Msvm_ConcreteJob', AWAY)[0]?.values).toMatchObject({ JobState: 4, JobType: 117 });
  });

  it('extended: has a second relationship, and the third host a replica', () => {
    const test = new TestWorld({
      hosts: [{ name: AWAY }, { name: HOME, role: 'home' }, { name: 'hv-third-01' }],
      vms: [{ names: ['sql01'], host: AWAY, stage: 'extended', third: 'hv-third-01' }],
    });
    const id = test.vm('sql01', AWAY).id;
    const found = test.host(AWAY).find(test.cls('Msvm_ReplicationRelationship'), { InstanceID: `Microsoft:${id}\\HVR\\1` });
    expect(found?.[0]?.values.ReplicationState).toBe(7);
    expect(test.seen(test.vm('sql01', 'hv-third-01'))).toEqual([4, 7, 3]);
  });

  it('spreads pairs over states, hosts and sites, beside machines of an external provider', () => {
    const test = new TestWorld(
      {},
      { hosts: 4, vms: 40, strategy: 'mixed', stages: ['failed-over', 'prepared'], sites: { dr: 'berlin', home: 'bonn' } },
    );
    const sites = [...test.world.hosts.values()].map(({ name, site }) => [name, site]);
    expect(sites).toEqual([
      ['hv-dr-01', 'berlin'],
      ['hv-dr-02', 'berlin'],
      ['hv-home-01', 'bonn'],
      ['hv-home-02', 'bonn'],
    ]);
    const away = ['hv-dr-01', 'hv-dr-02'].flatMap((name) => [...test.world.host(name).vms.values()]);
    const count = (stage: string | null) => away.filter((vm) => vm.stage === stage).length;
    expect([count('failed-over'), count('prepared'), count(null)]).toEqual([10, 10, 20]);
    const one = new TestWorld({ vms: [{ count: 36, stage: [...STAGE_NAMES] }, { count: 4 }] }, { hosts: 4, strategy: 'reverse' });
    const stages = ['hv-dr-01', 'hv-dr-02'].flatMap((name) => [...one.world.host(name).vms.values()]).map((vm) => vm.stage);
    expect(new Set(stages)).toEqual(new Set([...STAGE_NAMES, null]));
  });

  it('is refused without a host to put the other side on', () => {
    expect(() => new TestWorld({ vms: [{ stage: 'home' }] })).toThrow(/no home host/);
    expect(() => new TestWorld({ vms: [{ host: 'hv-dr-01', partner: 'hv-dr-01' }] })).toThrow(/both sides/);
  });
});
