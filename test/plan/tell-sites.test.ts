import { describe, expect, it } from 'vitest';
import { IN_BOX_PROVIDER, ReplicationMode, ReplicationState } from '../../src/domain/replication.ts';
import type { InventoryVm } from '../../src/plan/inventory.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import { writePlanTemplate } from '../../src/plan/plan-template.ts';
import { selectMembers } from '../../src/plan/select-members.ts';
import { tellSites } from '../../src/plan/tell-sites.ts';

const { Primary, Replica } = ReplicationMode;
const { Replicating, Recovered, SyncedReplicationComplete, Committed } = ReplicationState;

function copy(host: string, vmId: string, mode: number, state: number, providerId = IN_BOX_PROVIDER): InventoryVm {
  return { host, vmId, name: vmId, replicated: true, mode, state, health: 1, power: 3, providerId, extended: false, peer: null };
}

const failedOver = (away: string, home: string, id: string) => [copy(away, id, Replica, Recovered), copy(home, id, Primary, Replicating)];
const normal = (primary: string, replica: string, id: string) => [
  copy(primary, id, Primary, Replicating),
  copy(replica, id, Replica, Replicating),
];
const told = (...machines: InventoryVm[]) => {
  const sites = tellSites(machines);
  return sites && { ...Object.fromEntries(sites.siteOf), certain: sites.certain };
};

describe('sites', () => {
  it('are told from machines that were failed over, against any number that were not', () => {
    const many = Array.from({ length: 5 }, (_, n) => normal('b', 'a', `n${n}`)).flat();
    expect(told(...failedOver('b', 'a', 'x'), ...many)).toEqual({ a: 'home', b: 'away', certain: true });
    expect(told(copy('b', 'x', Replica, Committed), copy('a', 'x', Replica, 2))).toEqual({ a: 'home', b: 'away', certain: true });
  });

  it('are guessed from where machines send, when nothing was failed over', () => {
    expect(told(...normal('a', 'b', 'x'), ...normal('a', 'c', 'y'))).toEqual({ a: 'home', b: 'away', c: 'away', certain: false });
  });

  it('are told through chains of hosts, and for groups that share none', () => {
    expect(told(...failedOver('dr1', 'mi1', 'x'), ...normal('mi1', 'dr2', 'y'), ...failedOver('dr9', 'mi9', 'z'))).toEqual({
      dr1: 'away',
      mi1: 'home',
      dr2: 'away',
      dr9: 'away',
      mi9: 'home',
      certain: true,
    });
  });

  it('are not told by a planned failover, which goes either way', () => {
    expect(told(copy('b', 'x', Replica, Recovered), copy('a', 'x', Primary, SyncedReplicationComplete))).toMatchObject({ certain: false });
  });

  it('are not told without pairs of the in-box provider, or by pairs that contradict each other', () => {
    expect(told(copy('a', 'x', Replica, Committed))).toBeNull();
    expect(told(copy('a', 'x', Replica, Committed, 'other'), copy('b', 'x', Primary, Replicating, 'other'))).toBeNull();
    expect(told(...normal('a', 'b', 'x'), ...normal('b', 'c', 'y'), ...normal('c', 'a', 'z'))).toBeNull();
  });
});

describe('a plan written from an inventory with pairs', () => {
  it('says what is home and names every machine once', () => {
    const inventory = [...failedOver('dr1', 'mi1', 'x'), copy('dr1', 'both', Replica, Committed), copy('mi1', 'both', Replica, 2)];
    const text = writePlanTemplate(inventory);
    const { plan, findings } = parsePlan(text, 'p.yaml');
    expect(findings).toEqual([]);
    expect(plan).toMatchObject({
      home: 'home',
      hosts: [
        { name: 'dr1', site: 'away' },
        { name: 'mi1', site: 'home' },
      ],
    });
    expect(text).toContain('told from machines that were failed over');
    if (!plan) throw new Error('no plan');
    expect(selectMembers(plan, inventory).members).toMatchObject([
      { vmId: 'x', host: 'mi1', partner: 'dr1' },
      { vmId: 'both', host: 'mi1', partner: 'dr1' },
    ]);
  });

  it('says so when home is a guess, and keeps what is known', () => {
    expect(writePlanTemplate(normal('a', 'b', 'x'))).toContain('CHECK THEM');
    const { plan } = parsePlan(writePlanTemplate(failedOver('dr1', 'mi1', 'x')), 'p.yaml');
    const hosts = (plan?.hosts ?? []).map((host) => ({ ...host, site: host.name === 'mi1' ? 'Milan' : 'Rome' }));
    const again = parsePlan(writePlanTemplate(failedOver('dr1', 'mi1', 'x'), { hosts, home: 'Milan' }), 'p.yaml');
    expect(again.plan).toMatchObject({ home: 'Milan', hosts: [{ site: 'Rome' }, { site: 'Milan' }] });
  });
});
