import { describe, expect, it } from 'vitest';
import type { ScenarioInput } from '../../../src/simulator/world/scenario.ts';
import type { StageName } from '../../../src/simulator/world/stage.ts';
import { AWAY, accepted } from './pair-kit.ts';
import { jobId, secondsOfData, TestWorld } from './world-kit.ts';

const [ONE, OTHER] = ['hv-home-01', 'hv-home-02'] as const;

/** A pair whose home is a cluster of two nodes. */
function clustered(stage: StageName, more: Partial<ScenarioInput> = {}) {
  const test = new TestWorld({
    hosts: [{ name: AWAY }, { name: ONE, role: 'home', cluster: 'home-cl' }, { name: OTHER, role: 'home', cluster: 'home-cl' }],
    clusters: [{ name: 'home-cl', broker: 'home-broker' }],
    vms: [{ names: ['sql01'], host: AWAY, partner: ONE, stage, ...secondsOfData(1000) }],
    ...more,
  });
  return { test, away: test.vm('sql01', AWAY), home: test.vm('sql01', ONE) };
}

describe('a pair with a cluster', () => {
  it('names the Replica Broker as connection point and the node as host', () => {
    const { away } = clustered('replicating');
    expect(away.relationship).toMatchObject({
      recoveryConnectionPoint: 'home-broker.example.net',
      recoveryHostSystem: `${ONE}.example.net`,
    });
  });

  it('is reversed to the broker, never to a node', async () => {
    const { test, away } = clustered('home-is-replica');
    const to = async (point: string) => {
      const settings = test.settings(away, { RecoveryConnectionPoint: point });
      const outcome = await accepted(test.replication(away, 'ReverseReplicationRelationship', { ReplicationSettingData: settings }));
      test.advance(5);
      return test.job(outcome, AWAY)?.values.ErrorDescription;
    };
    expect(await to(`${ONE}.example.net`)).toContain('Broker');
    expect(await to('home-broker.example.net')).toBe('');
    expect(away.relationship?.recoveryHostSystem).toBe(`${ONE}.example.net`);
  });

  it('is found on the other node after it moved, with the same id, and gone from the old one', async () => {
    const { test, away, home } = clustered('prepared', { events: [{ vm: 'sql01', host: ONE, what: 'move', at: 2 }] });
    const outcome = await accepted(test.replication(home, 'InitiateFailover', { SnapshotSettingData: null }));
    test.advance(3);
    expect([test.world.host(ONE).vms.size, test.vm('sql01', OTHER)]).toEqual([0, home]);
    expect([test.job(outcome, ONE), test.all('Msvm_ConcreteJob', OTHER)]).toEqual([undefined, []]);
    expect(away.relationship).toMatchObject({
      recoveryConnectionPoint: 'home-broker.example.net',
      recoveryHostSystem: `${OTHER}.example.net`,
    });
    test.advance(5);
    expect(test.seen(home)).toEqual([2, 5, 3]);
  });

  it('goes on replicating when it moves, and a copy to it goes on', async () => {
    const { test, away, home } = clustered('reversed');
    await accepted(test.replication(away, 'StartReplication', { InitialReplicationType: 3 }));
    test.advance(50);
    test.world.move(home, test.world.host(OTHER));
    test.advance(50);
    expect([test.seen(away), test.seen(home)]).toEqual([
      [1, 3, 2],
      [2, 3, 3],
    ]);
    expect(away.changeLog.how).toBe('sends');
  });

  it('moves at a point of an operation; the work goes on there, or fails', async () => {
    for (const workAfterMove of ['continue', 'fail'] as const) {
      const { test, home } = clustered('prepared', {
        quirks: { hosts: { workAfterMove } },
        faults: [{ method: 'InitiateFailover', nth: 1, do: { moveAtPercent: 40 } }],
      });
      const outcome = await accepted(test.replication(home, 'InitiateFailover', { SnapshotSettingData: null }));
      expect(jobId(outcome)).not.toBe('');
      test.advance(10);
      expect([home.hostName, test.seen(home)[1]]).toEqual([OTHER, workAfterMove === 'continue' ? 5 : 3]);
    }
  });

  it('runs on another node after its node went down', () => {
    const { test, home } = clustered('home');
    test.world.host(ONE).crash(null);
    expect(home.power).toBe(3);
    expect(test.world.moveToNextNode(home)).toBe(true);
    expect([home.hostName, home.power, test.world.incidents]).toEqual([OTHER, 2, []]);
    test.world.host(ONE).comeUp();
    expect([home.hostName, home.power]).toEqual([OTHER, 2]);
  });

  it('takes its test machine with it', async () => {
    const { test, home } = clustered('replicating');
    await accepted(test.replication(home, 'TestReplicaSystem'));
    test.advance(6);
    test.world.move(home, test.world.host(OTHER));
    expect([...test.world.host(OTHER).vms.values()].map(({ name }) => name).sort()).toEqual(['sql01', 'sql01 - Test']);
  });

  it('stays where it is when there is no other node', () => {
    const { test, away } = clustered('replicating');
    expect(test.world.moveToNextNode(away)).toBe(false);
  });
});
