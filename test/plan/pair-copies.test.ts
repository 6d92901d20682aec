import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INTENTS, type Intent } from '../../src/domain/intent.ts';
import { IN_BOX_PROVIDER, ReplicationMode, ReplicationState } from '../../src/domain/replication.ts';
import type { InventoryVm } from '../../src/plan/inventory.ts';
import { parsePlan } from '../../src/plan/parse-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { selectMembers } from '../../src/plan/select-members.ts';

const EXTERNAL = '11111111-2222-3333-4444-555555555555';
const guid = (n: number) => `6B2F0C7E-0000-4000-8000-${n.toString(16).toUpperCase().padStart(12, '0')}`;
const FAILED_OVER = { mode: ReplicationMode.Replica, state: ReplicationState.Recovered };
const OLD_PRIMARY = { mode: ReplicationMode.Primary, state: ReplicationState.Replicating };

function copy(host: string, name: string, id: number, more: Partial<InventoryVm> = {}): InventoryVm {
  return {
    host,
    name,
    vmId: guid(id),
    replicated: true,
    health: 1,
    power: 3,
    providerId: IN_BOX_PROVIDER,
    extended: false,
    peer: null,
    ...FAILED_OVER,
    ...more,
  };
}

const pair = (name: string, id: number) => [copy('dr1', name, id), copy('mi1', name, id, OLD_PRIMARY)];

function planOf(members: readonly string[], more: { readonly home?: string; readonly defaults?: string } = {}): Plan {
  const { plan, findings } = parsed(members, more);
  if (!plan) throw new Error(JSON.stringify(findings));
  return plan;
}

function parsed(members: readonly string[], { home = 'home: mi\n', defaults = '' }) {
  const host = (name: string, more: string) =>
    `  ${name}: { address: https://${name}.example.net, credentials: { username: u, password: env:P }${more} }\n`;
  const hosts = [
    host('dr1', ', site: dr, broker: dr-broker'),
    host('dr2', ', site: dr'),
    host('mi1', ', site: mi'),
    host('mi2', ', site: mi'),
    host('lab', ''),
  ];
  const text = `version: 1\nname: p\n${home}${defaults}hosts:\n${hosts.join('')}members:\n${members.map((member) => `  - ${member}\n`).join('')}`;
  return parsePlan(text, 'p.yaml');
}

const select = (plan: Plan, inventory: readonly InventoryVm[], intent: Intent = 'failback') => selectMembers(plan, inventory, intent);

describe('both copies of a machine', () => {
  it.each([
    'sql',
    '{ vm: sql, on: dr1 }',
    '{ vm: sql, on: mi1 }',
    `{ vm: sql, id: ${guid(1)} }`,
    "{ match: '*' }",
    "{ match: 's*', on: mi1 }",
  ])('are one member for %s', (member) => {
    const { members, problems } = select(planOf([member]), pair('sql', 1));
    expect(problems).toEqual([]);
    expect(members).toMatchObject([{ vm: 'sql', host: 'mi1', partner: 'dr1', strategy: 'reverse', obstacles: [], key: `mi1/${guid(1)}` }]);
  });

  it('are told apart by their sites, wherever the relationship points', () => {
    const reversed = [copy('dr1', 'sql', 1, { mode: 1, state: 3 }), copy('mi1', 'sql', 1, { mode: 2, state: 3 })];
    const torn = [copy('dr1', 'sql', 1, { mode: 1, state: 1 }), copy('mi1', 'sql', 1, { mode: 1, state: 8 })];
    for (const copies of [reversed, torn])
      expect(select(planOf(["{ match: '*' }"]), copies).members).toMatchObject([{ host: 'mi1', partner: 'dr1' }]);
  });

  it('are still a pair when one of them lost its relationship', () => {
    const copies = [copy('dr1', 'sql', 1), copy('mi1', 'sql', 1, { replicated: false, mode: 0, state: null, providerId: null })];
    expect(select(planOf(['sql']), copies).members).toMatchObject([{ host: 'mi1', partner: 'dr1', strategy: 'reverse' }]);
  });

  it('are taken once by two entries', () => {
    const { members, problems } = select(planOf(['{ vm: sql, on: dr1 }', '{ vm: sql, on: mi1 }', "{ match: '*' }"]), pair('sql', 1));
    expect(members).toHaveLength(1);
    expect(problems).toMatchObject([{ code: 'plan.invalid', message: expect.stringContaining('is the same machine') }]);
  });

  it('change their parts in a planned failover', () => {
    const copies = [copy('dr1', 'sql', 1, { state: 3 }), copy('mi1', 'sql', 1, OLD_PRIMARY)];
    expect(select(planOf(['sql']), copies, 'planned-failover').members).toMatchObject([
      { host: 'dr1', partner: 'mi1', strategy: 'reverse' },
    ]);
  });

  it('are not both needed for a drill, which goes to the replica', () => {
    const plan = planOf(['sql'], { home: '' });
    for (const copies of [pair('sql', 1), [copy('dr1', 'sql', 1)]])
      expect(select(plan, copies, 'drill').members).toMatchObject([{ host: 'dr1', partner: null, strategy: 'drill', obstacles: [] }]);
    expect(select(plan, [copy('mi1', 'sql', 1, OLD_PRIMARY)], 'drill').members).toMatchObject([{ obstacles: [{ code: 'mode' }] }]);
  });
});

describe('strategy auto', () => {
  it('chooses reverse for the in-box provider and the provider for any other, and says why', () => {
    const inventory = [...pair('sql', 1), copy('dr1', 'web', 2, { providerId: EXTERNAL })];
    const [sql, web] = select(planOf(['sql', 'web']), inventory).members;
    expect(sql).toMatchObject({ strategy: 'reverse', host: 'mi1', partner: 'dr1' });
    expect(sql?.why).toEqual([
      'strategy auto: between hosts of the in-box provider a machine goes by reversed replication and a planned failover (dr1: replica, state 5 (recovered); mi1: primary, state 3 (replicating))',
    ]);
    expect(web).toMatchObject({ strategy: 'provider', host: 'dr1', partner: null });
    expect(web?.why).toEqual([`strategy auto: provider ${EXTERNAL} is external, so it is asked with InitiateFailback`]);
  });

  it('stops pairs where the plan says start: false, and names the key', () => {
    const inventory = [...pair('sql', 1), copy('dr1', 'web', 2, { providerId: EXTERNAL })];
    const plan = planOf(['sql', 'web'], { defaults: 'defaults: { start: false }\n' });
    for (const intent of ['failback', 'planned-failover'] as const) {
      const [sql] = select(plan, inventory, intent).members;
      expect(sql).toMatchObject({
        strategy: 'reverse',
        obstacles: [{ code: 'start', message: expect.stringContaining('start: false'), remedy: expect.stringContaining('start: true') }],
      });
    }
    expect(select(plan, inventory).members[1]).toMatchObject({ strategy: 'provider', obstacles: [] });
    expect(select(plan, inventory, 'drill').members[0]).toMatchObject({ strategy: 'drill', obstacles: [] });
    expect(select(planOf(['{ vm: sql, start: true }'], { defaults: 'defaults: { start: false }\n' }), inventory).members).toMatchObject([
      { obstacles: [] },
    ]);
  });

  it.each<[string, string, readonly string[]]>([
    ['{ vm: sql, strategy: reverse, start: false }', '', ['error members[0].start']],
    ['{ vm: sql, strategy: reverse }', '{ start: false }', ['warning defaults.start', 'error members[0].strategy']],
    ['{ vm: sql, start: false }', '{ strategy: reverse }', ['error members[0].start']],
    ['sql', '{ strategy: reverse, start: false }', ['error defaults.start']],
    ['{ vm: sql, start: false }', '', ['warning members[0].start']],
    ['{ vm: sql, strategy: provider, start: false }', '', []],
    ['{ vm: sql, strategy: reverse, start: true }', '', []],
    ['sql', '{ strategy: provider, start: false }', []],
  ])('is refused with start: false as soon as it can be told: %s with defaults %s', (member, defaults, expected) => {
    const { findings } = parsed([member], defaults === '' ? {} : { defaults: `defaults: ${defaults}\n` });
    const starts = findings.filter(({ message }) => message.includes('start: false'));
    expect(starts.map(({ severity, path }) => `${severity} ${path}`)).toEqual(expected);
    for (const { expected: valid } of starts) expect(valid).toContain('start: true');
  });

  it('lets a failback that has begun come to its end', () => {
    const copies = [copy('dr1', 'sql', 1, { state: 13 }), copy('mi1', 'sql', 1, OLD_PRIMARY)];
    expect(select(planOf(['sql']), copies).members).toMatchObject([{ strategy: 'provider', host: 'dr1', partner: null }]);
  });

  it('chooses nothing when the provider is not known', () => {
    const copies = pair('sql', 1).map((vm) => ({ ...vm, providerId: null }));
    expect(select(planOf(['{ vm: sql, on: dr1 }']), copies).members).toMatchObject([{ strategy: null, obstacles: [{ code: 'provider' }] }]);
  });

  it('gives way to the member’s own word', () => {
    const plan = planOf(['{ vm: sql, strategy: provider, on: dr1 }', '{ vm: web, strategy: reverse }']);
    const members = select(plan, [...pair('sql', 1), ...pair('web', 2).map((vm) => ({ ...vm, providerId: null }))]).members;
    expect(members).toMatchObject([
      { strategy: 'provider', host: 'dr1', partner: null },
      { strategy: 'reverse', host: 'mi1', partner: 'dr1' },
    ]);
  });
});

describe('a pair that can not be told', () => {
  const lone = (peer: string | null) => [copy('dr1', 'sql', 1, { peer })];
  const cases: readonly [why: string, copies: readonly InventoryVm[], code: string, message: string, remedy: string, home?: ''][] = [
    ['without a home in the plan', pair('sql', 1), 'site', 'the plan does not say which site is home', 'Write home: SITE', ''],
    [
      'with a host at no site',
      [copy('dr1', 'sql', 1), copy('lab', 'sql', 1, OLD_PRIMARY)],
      'site',
      'host lab',
      'Write site: NAME at host lab',
    ],
    [
      'at one site',
      [copy('dr1', 'sql', 1), copy('dr2', 'sql', 1, OLD_PRIMARY)],
      'site',
      'both copies stand at site "dr": dr1 and dr2',
      'Correct site:',
    ],
    [
      'on three hosts',
      [...pair('sql', 1), copy('mi2', 'sql', 1, { replicated: false, mode: 0 })],
      'copies',
      'on 3 hosts: dr1, mi1, mi2',
      'remove the copy that is left over',
    ],
    ['without anybody who names the other host', lone(null), 'partner', 'no host of the plan has its other copy', 'with its site:'],
    [
      'with the other host outside the plan',
      lone('hv9.example.net'),
      'partner',
      'name hv9.example.net as the host of the other copy',
      'Add hv9.example.net to hosts:',
    ],
    [
      'with the other copy gone',
      lone('MI1.example.net'),
      'partner',
      'should be on MI1.example.net (mi1 in the plan), which does not have it',
      'inventory --all',
    ],
    [
      'with the other copy on no node of a cluster',
      [copy('mi1', 'sql', 1, { ...OLD_PRIMARY, peer: 'dr-broker.example.net' })],
      'partner',
      'should be on dr-broker.example.net (dr1 in the plan)',
      'add every node',
    ],
    [
      'with extended replication',
      [copy('dr1', 'sql', 1, { extended: true }), copy('mi1', 'sql', 1, OLD_PRIMARY)],
      'extended',
      'a third host',
      'giveUpExtended: true',
    ],
    [
      'with a copy on a third host',
      [...pair('sql', 1), copy('dr2', 'sql', 1, { mode: 4 })],
      'extended',
      'a third host (dr2)',
      'giveUpExtended: true',
    ],
  ];
  it.each(cases)('%s is blocked with a remedy', (_, copies, code, message, remedy, home) => {
    const { members, problems } = select(planOf(['sql'], home === undefined ? {} : { home }), copies);
    expect(problems).toEqual([]);
    expect(members).toMatchObject([
      {
        strategy: 'reverse',
        partner: null,
        obstacles: [{ code, message: expect.stringContaining(message), remedy: expect.stringContaining(remedy) }],
      },
    ]);
  });

  it('is a pair when the plan gives up extended replication', () => {
    const plan = planOf(['{ vm: sql, reverse: { giveUpExtended: true } }']);
    const copies = [copy('dr1', 'sql', 1, { extended: true }), copy('mi1', 'sql', 1, OLD_PRIMARY), copy('dr2', 'sql', 1, { mode: 4 })];
    expect(select(plan, copies).members).toMatchObject([{ host: 'mi1', partner: 'dr1', obstacles: [] }]);
  });

  it('keeps machines of other providers out of a planned failover', () => {
    const copies = [copy('dr1', 'web', 1, { providerId: EXTERNAL })];
    expect(select(planOf(['web']), copies, 'planned-failover').members).toMatchObject([
      { strategy: 'provider', obstacles: [{ code: 'provider' }] },
    ]);
  });
});

it('the plan for two sites in examples/ is valid, for every intent', () => {
  const { plan, findings } = parsePlan(readFileSync('examples/two-sites.yaml', 'utf8'), 'examples/two-sites.yaml');
  expect(findings).toEqual([]);
  if (!plan) throw new Error('no plan');
  const inventory = ['sql01', 'web01', 'other', 'test-1'].flatMap((name, n) => [
    copy('hv-ro-01', name, n, { state: 3 }),
    copy('hv-mi-01', name, n, OLD_PRIMARY),
  ]);
  for (const intent of INTENTS)
    expect(selectMembers(plan, inventory, intent).members.map(({ vm }) => vm)).toEqual(['sql01', 'web01', 'other']);
});
