import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicationMode, ReplicationState } from '../../src/domain/replication.ts';
import type { InventoryVm } from '../../src/plan/inventory.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { writePlanTemplate } from '../../src/plan/plan-template.ts';
import { selectMembers } from '../../src/plan/select-members.ts';

const guid = (n: number) => `6B2F0C7E-0000-4000-8000-${n.toString(16).toUpperCase().padStart(12, '0')}`;

function vm(host: string, name: string, id: number, more: Partial<InventoryVm> = {}): InventoryVm {
  const state = {
    replicated: true,
    mode: ReplicationMode.Replica,
    state: ReplicationState.Committed,
    health: 1,
    power: 3,
    providerId: null,
    extended: false,
    peer: null,
  };
  return { host, name, vmId: guid(id), ...state, ...more };
}

const primary = { mode: ReplicationMode.Primary, state: ReplicationState.Replicating };
const plain = { replicated: false, mode: ReplicationMode.None, state: null, health: null };

/** Members stand one a line from line 7 on; hosts are dr2, dr1, home in this order. */
function planOf(...members: string[]): Plan {
  const host = (name: string) => `  ${name}: { address: https://${name}, credentials: { username: u, password: env:P } }\n`;
  const text = `version: 1\nname: p\nhosts:\n${host('dr2')}${host('dr1')}${host('home')}members:\n${members.map((member) => `  - ${member}\n`).join('')}`;
  const { plan, findings } = parsePlan(text, 'p.yaml');
  if (!plan) throw new Error(JSON.stringify(findings));
  return plan;
}

const INVENTORY = [
  vm('dr1', 'DC01', 1),
  vm('home', 'DC01', 1, primary),
  vm('dr1', 'web10', 2),
  vm('dr1', 'web2', 3),
  vm('dr2', 'web1', 4, { mode: ReplicationMode.ExtendedReplica }),
  vm('dr2', 'twin', 5),
  vm('dr2', 'Twin', 6),
  vm('dr1', 'both', 7),
  vm('dr2', 'both', 8),
  vm('home', 'sender', 9, primary),
  vm('home', 'lonely', 10, plain),
  vm('dr1', 'web2 - Test', 11, { mode: ReplicationMode.TestReplica }),
  vm('elsewhere', 'web3', 12),
  vm('dr1', 'a/b (old) [1]', 13),
];

const keys = (...members: string[]) => selectMembers(planOf(...members), INVENTORY).members.map(({ host, vm: name }) => `${host}/${name}`);
function problems(...members: string[]): string[] {
  const { problems: found } = selectMembers(planOf(...members), INVENTORY);
  return found.map(({ severity, code, message, position }) => `${position.line}:${position.column} ${severity} ${code}: ${message}`);
}

describe('members by name', () => {
  it('are found without regard to case, with the host’s spelling and a stable key', () => {
    const { members, problems: none } = selectMembers(planOf('dc01'), INVENTORY);
    expect(none).toEqual([]);
    expect(members).toMatchObject([{ key: `dr1/${guid(1)}`, vm: 'DC01', vmId: guid(1), host: 'dr1', position: { line: 8, column: 5 } }]);
  });

  it('mean the replica when the other side of the replication is in the plan too', () => {
    expect(keys('dc01')).toEqual(['dr1/DC01']);
  });

  it('mean the other side when the plan says so, for pre-flight to explain', () => {
    expect(keys('{ vm: dc01, on: home }', 'sender')).toEqual(['home/DC01', 'home/sender']);
  });

  it('keep the order of the plan', () => {
    expect(keys('web2', 'web1', 'dc01')).toEqual(['dr1/web2', 'dr2/web1', 'dr1/DC01']);
  });

  it('carry their own settings', () => {
    const [member] = selectMembers(planOf('{ vm: dc01, timeouts: { call: 5s } }'), INVENTORY).members;
    expect(member?.settings.timeouts).toMatchObject({ call: 5_000, job: 14_400_000 });
  });

  it.each([
    ['on several hosts', 'both', `"both" means 2 machines: dr2 (${guid(8)}), dr1 (${guid(7)})`],
    ['twice on one host', 'twin', `"twin" means 2 machines: dr2 (${guid(5)}), dr2 (${guid(6)})`],
  ])('are ambiguous %s', (_where, name, message) => {
    expect(keys(name)).toEqual([]);
    expect(problems(name)).toEqual([`8:5 error vm.ambiguous: ${message}`]);
    expect(selectMembers(planOf(name), INVENTORY).problems[0]?.remedy).toMatch(/on: .*id: /);
  });

  it('are told apart by host or id', () => {
    expect(keys('{ vm: both, on: dr1 }', '{ vm: both, on: dr2 }', `{ vm: twin, id: ${guid(6)} }`)).toEqual([
      'dr1/both',
      'dr2/both',
      'dr2/Twin',
    ]);
  });

  it.each([
    ['web22', '"web22" is on no host of the plan; did you mean "web2"?'],
    ['nothing-like-it', '"nothing-like-it" is on no host of the plan'],
    ['{ vm: web2, on: dr2 }', '"web2" is not on host dr2; it is on dr1 (mode 2 (replica))'],
    [`{ vm: web2, id: ${guid(2)} }`, `"web2" with id ${guid(2)} is on no host of the plan; the machine with this id is "web10"`],
    ['web3', '"web3" is on no host of the plan; did you mean "web1"?'],
  ])('are not found: %s', (member, message) => {
    expect(problems(member)).toEqual([`8:5 error vm.not-found: ${message}`]);
  });

  it('must be replicated', () => {
    expect(problems('lonely')).toEqual(['8:5 error vm.not-replicated: "lonely" on home (mode 0 (none)) is not replicated']);
  });

  it('cannot mean a machine that an earlier entry means', () => {
    expect(problems('dc01', '{ vm: dc01, on: dr1 }')).toEqual([
      '9:5 error plan.invalid: "dc01" is the same machine as the member in line 8',
    ]);
  });
});

describe('members by glob', () => {
  it('come by the plan’s order of hosts, then by name with numbers as numbers', () => {
    expect(keys("{ match: 'WEB*' }")).toEqual(['dr2/web1', 'dr1/web2', 'dr1/web10']);
  });

  it('are machines on the recovery side only, of hosts of the plan only', () => {
    expect(keys("{ match: '*' }")).toEqual([
      'dr2/both',
      'dr2/twin',
      'dr2/Twin',
      'dr2/web1',
      'dr1/a/b (old) [1]',
      'dr1/both',
      'dr1/DC01',
      'dr1/web2',
      'dr1/web10',
    ]);
  });

  it('can be kept to one host and leave some out', () => {
    expect(keys("{ match: 'web*', on: dr1, except: [WEB10] }")).toEqual(['dr1/web2']);
    expect(keys("{ match: 'web*', except: ['web1?', 'web[12]'] }")).toEqual([]);
  });

  it('give way to entries that name a machine, also to later ones', () => {
    const { members, problems: none } = selectMembers(planOf("{ match: 'web*' }", '{ vm: web2, critical: true }'), INVENTORY);
    expect(none).toEqual([]);
    expect(members.map(({ vm: name, settings }) => [name, settings.critical])).toEqual([
      ['web1', false],
      ['web10', false],
      ['web2', true],
    ]);
  });

  it('are taken once when two globs match', () => {
    expect(keys("{ match: 'web1*' }", "{ match: 'web*' }")).toEqual(['dr2/web1', 'dr1/web10', 'dr1/web2']);
  });

  it('that find nothing are errors that say whether anything has the name at all', () => {
    expect(problems("{ match: 'x*' }", "{ match: 'send*' }", "{ match: 'web1', on: dr1 }")).toEqual([
      '8:5 error vm.not-found: match: "x*" finds no machine',
      '9:5 error vm.not-found: match: "send*" finds 1 machine, but none on the recovery side of a replication',
      '10:5 error vm.not-found: match: "web1" finds no machine on dr1',
    ]);
  });

  it('may find nothing that is left', () => {
    expect(problems('web1', "{ match: 'web1' }")).toEqual([]);
  });

  it('warn about an exception that leaves nothing out', () => {
    expect(problems("{ match: 'web*', except: [wbe1] }")).toEqual(['8:5 warning vm.not-found: except: "wbe1" leaves nothing out']);
  });
});

describe('selection as a whole', () => {
  it('does not depend on the order of the inventory', () => {
    const plan = planOf('dc01', "{ match: '*' }");
    fc.assert(
      fc.property(fc.shuffledSubarray(INVENTORY, { minLength: INVENTORY.length }), (shuffled) => {
        expect(selectMembers(plan, shuffled)).toEqual(selectMembers(plan, INVENTORY));
      }),
    );
  });

  it('finds 10,000 machines by name and 10,000 by glob', () => {
    const many = Array.from({ length: 20_000 }, (_, i) => vm(i % 2 === 0 ? 'dr1' : 'dr2', `vm-${i}`, i));
    const plan = planOf("{ match: 'vm-*' }", ...Array.from({ length: 10_000 }, (_, i) => `vm-${i}`));
    const { members, problems: none } = selectMembers(plan, many);
    expect([members.length, new Set(members.map(({ key }) => key)).size, none]).toEqual([20_000, 20_000, []]);
  });
});

describe('the template of a plan', () => {
  const name = fc.oneof(
    fc.constantFrom('a', 'A', 'b*', "it's", '"q"', '2024', 'null', '<&>', '# x', '- y', 'k: v', '😀', 'a\u0007b', '{x}', '\\'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  );
  const machine = fc.record({ host: fc.constantFrom('dr1', 'dr2'), name, mode: fc.constantFrom(0, 1, 2, 3, 4) });

  it('is a valid plan that selects every machine on the recovery side it can name', () => {
    fc.assert(
      fc.property(fc.array(machine, { maxLength: 12 }), (machines) => {
        const inventory = machines.map(({ host, name: called, mode }, i) => vm(host, called, i, { mode, replicated: mode !== 0 }));
        const { plan, findings } = parsePlan(writePlanTemplate(inventory), 'p.yaml');
        expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
        const nameable = inventory.filter(
          ({ mode, name: called }) => (mode === 2 || mode === 4) && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(called),
        );
        const selected = plan && nameable.length > 0 ? selectMembers(plan, inventory) : { members: [], problems: [] };
        expect(selected.problems).toEqual([]);
        expect(selected.members.map(({ vmId }) => vmId)).toEqual(nameable.map(({ vmId }) => vmId));
      }),
    );
  });

  it('keeps the settings of hosts it knows and tells the state of machines', () => {
    const [host] = planOf('x').hosts;
    const text = writePlanTemplate([vm('dr2', 'web1', 4)], { name: 'home', hosts: host ? [host] : [] });
    expect(text).toContain('- web1 # dr2: state 6 (committed), health 1 (ok)');
    const { plan } = parsePlan(text, 'p.yaml');
    expect(plan?.name).toBe('home');
    expect(plan?.hosts).toEqual([host]);
  });

  it('is a valid plan for an empty inventory', () => {
    expect(parsePlan(writePlanTemplate([]), 'p.yaml').findings).toEqual([]);
  });
});
