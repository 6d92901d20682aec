import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import type { StageName } from '../../src/simulator/world/stage.ts';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, type PlanChange, simulate, writePlan } from './command-line.ts';

const { url } = useRedis();
const REDIS = ['--redis', url];
const SIZE_GB = 8;
const HOSTS = [
  { name: 'hv-dr-01', role: 'dr' },
  { name: 'hv-dr-02', role: 'dr' },
  { name: 'hv-mi-01', role: 'home' },
  { name: 'hv-mi-02', role: 'home' },
] as const;

type Vms = NonNullable<ScenarioInput['vms']>;
type Hosts = NonNullable<ScenarioInput['hosts']>;

function twoSites(vms: Vms, hosts: Hosts = HOSTS.map((host) => ({ ...host })), speed = 1000): Promise<Simulator> {
  return simulate({ hosts: hosts.length, vms: vms.length, speed, scenario: { hosts, vms: vms.map((vm) => ({ sizeGB: SIZE_GB, ...vm })) } });
}

const at = (stage: StageName, more: Vms[number] = {}): Vms[number] => ({ names: [stage], stage, ...more });

/** A plan that knows both sites. */
function planOf(simulator: Simulator, change: PlanChange = {}): string {
  const hosts = Object.fromEntries(
    simulator.hosts.map(({ name, url: address, username, site, cluster }) => [
      name,
      {
        address,
        auth: 'basic',
        credentials: { username, password: 'env:HV_PASSWORD' },
        allowUnencrypted: true,
        site,
        ...(cluster ? { cluster, broker: `${cluster}-broker` } : {}),
      },
    ]),
  );
  return writePlan(simulator, { home: 'home', hosts, ...change });
}

async function preflightOf(plan: string, ...more: string[]) {
  const { code, objects } = await failback(['preflight', plan, '--json', ...more], ENVIRONMENT);
  const of = (vm: string) => {
    const found = objects.find((object) => object.type === 'preflight' && object.vm === vm);
    const steps = (found?.steps ?? []) as { readonly name: string; readonly does: string }[];
    const named = (does: string) => steps.filter((step) => step.does === does).map(({ name }) => name);
    return { ...found, do: named('do'), skip: named('skip'), watch: named('watch') };
  };
  return { code, of, summary: objects.at(-1) };
}

const HOME_STRETCH = ['shutdown', 'prepare', 'failover', 'start', 'protect'];

describe('pre-flight of a plan with pairs', () => {
  test('foretells the steps of every machine from wherever it stands, beside machines of a provider', async () => {
    const simulator = await twoSites([
      at('failed-over'),
      at('planned-failed-over'),
      at('suspended'),
      at('prepared'),
      at('home-running'),
      at('home'),
      { names: ['external'] },
    ]);
    const { code, of, summary } = await preflightOf(planOf(simulator));
    expect(code).toBe(0);
    expect(summary).toMatchObject({ intent: 'failback', members: 7, blocked: 0, alreadyDone: 1, unknown: [] });
    expect(of('failed-over')).toMatchObject({
      strategy: 'reverse',
      host: expect.stringMatching(/^hv-mi-/),
      partner: expect.stringMatching(/^hv-dr-/),
      verdict: 'ready',
      stands: expect.stringContaining('failed over, not committed'),
      do: ['commit', 'replica', 'reverse', 'copy', ...HOME_STRETCH],
      skip: ['resume', 'resynchronize'],
      pendingBytes: null,
      toMove: expect.stringContaining('unknown: what differs from the disks at hv-mi-'),
    });
    expect(of('planned-failed-over')).toMatchObject({ do: ['reverse', ...HOME_STRETCH] });
    expect(of('suspended')).toMatchObject({ do: ['resume', ...HOME_STRETCH], pendingBytes: expect.any(Number) });
    expect(of('prepared')).toMatchObject({ do: HOME_STRETCH.slice(2), pendingBytes: 0 });
    expect(of('home-running')).toMatchObject({ do: ['protect'], toMove: expect.stringContaining('nothing') });
    expect(of('home')).toMatchObject({ verdict: 'already-done', do: [] });
    expect(of('external')).toMatchObject({ strategy: 'provider', partner: null, do: ['failback', 'start'], watch: ['verify'] });
  });

  test('blocks what must not be touched, with the reason and a remedy, and exits 5', async () => {
    const simulator = await twoSites([at('both-running'), at('extended'), at('reversed', { quirks: { neverAnswers: true } })]);
    const plan = planOf(simulator);
    const { code, of } = await preflightOf(plan);
    expect(code).toBe(5);
    expect(of('both-running')).toMatchObject({
      verdict: 'blocked',
      reasons: [{ code: 'both-running', remedy: expect.stringContaining('turn that one off') }],
    });
    expect(of('extended')).toMatchObject({ reasons: [{ code: 'extended', remedy: expect.stringContaining('giveUpExtended') }] });
    expect(of('reversed')).toMatchObject({ reasons: [{ code: 'guest-services', remedy: expect.stringContaining('turnOff: true') }] });
    const permitted = planOf(simulator, { defaults: { reverse: { giveUpExtended: true, shutdown: { turnOff: true } } } });
    const relaxed = await preflightOf(permitted);
    expect(relaxed.of('extended')).toMatchObject({ verdict: 'ready', partner: expect.any(String) });
    expect(relaxed.of('reversed')).toMatchObject({ verdict: 'ready' });
    const people = await failback(['preflight', plan], ENVIRONMENT);
    expect(people.stdout).toMatch(/both-running on hv-dr-\d+ → hv-mi-\d+ is blocked/);
  });

  test('says when data begins to move, if the plan lets it wait', async () => {
    const simulator = await twoSites([at('committed'), at('replicating')]);
    const { of } = await preflightOf(
      planOf(simulator, { defaults: { reverse: { copyAt: '2099-03-01T22:00:00Z', firstCopy: 'network' } } }),
    );
    expect(of('committed')).toMatchObject({ toMove: 'unknown: all of its disks; it begins at 2099-03-01T22:00:00.000Z' });
    expect(of('replicating')).toMatchObject({ toMove: expect.not.stringContaining('2099') });
  });

  test('blocks hosts that would not take replicas, and only where one has to', async () => {
    const [dr1, dr2, mi1, mi2] = HOSTS.map((host) => ({ ...host }));
    if (!dr1 || !dr2 || !mi1 || !mi2) throw new Error('four hosts');
    const hosts: Hosts = [
      dr1,
      dr2,
      { ...mi1, quirks: { recoveryServerEnabled: false } },
      { ...mi2, quirks: { authorizedPrimaries: ['other.example.net'] } },
    ];
    const simulator = await twoSites(
      [
        { names: ['a'], stage: 'failed-over', partner: 'hv-mi-01' },
        { names: ['b'], stage: 'failed-over', partner: 'hv-mi-02' },
        { names: ['c'], stage: 'replicating', partner: 'hv-mi-01' },
      ],
      hosts,
    );
    const { of } = await preflightOf(planOf(simulator));
    expect(of('a')).toMatchObject({ reasons: [{ code: 'receiver', remedy: expect.stringContaining('Set-VMReplicationServer') }] });
    expect(of('b')).toMatchObject({
      reasons: [
        { code: 'authorization', remedy: expect.stringContaining('New-VMReplicationAuthorizationEntry -AllowedPrimaryServer hv-dr-') },
      ],
    });
    expect(of('c')).toMatchObject({ verdict: 'ready' });
  });
});

describe('run of a plan with pairs', () => {
  test('says step by step what it would do with --dry-run', async () => {
    const simulator = await twoSites([at('replicating'), { names: ['external'] }]);
    const { code, stdout } = await failback(['run', planOf(simulator), '--dry-run', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(stdout).toContain('replicating: shutdown, prepare, failover, start, verify, protect\n');
    expect(stdout).toMatch(
      / {2}skipped {2}commit, replica, reverse, copy, resume, resynchronize\n {2}to move {2}[\d.]+ MB, and what it writes/,
    );
    expect(stdout).toMatch(/prepare +RequestReplicationStateChangeEx \(4, synced replication complete\) +Start-VMFailover -Prepare\n/);
    expect(stdout).toContain('external: failback, start, verify\n');
    expect(stdout).toContain('dry run: nothing was started');
  });

  test('brings both kinds home in one run, and a second one finds nothing left to do', async () => {
    const simulator = await twoSites([at('failed-over'), at('resync-required'), at('home'), { names: ['external'] }]);
    const plan = planOf(simulator);
    const { code, objects } = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects.at(-1)).toMatchObject({ type: 'summary', members: 4, completed: 4, initiateCalls: 1 });
    const after = await preflightOf(plan);
    for (const vm of ['failed-over', 'resync-required', 'home']) expect(after.of(vm)).toMatchObject({ verdict: 'already-done', do: [] });
  });

  test('moves machines to the other site with --intent planned-failover, and back', async () => {
    const simulator = await twoSites([at('home')]);
    const plan = planOf(simulator);
    expect((await preflightOf(plan, '--intent', 'planned-failover')).of('home')).toMatchObject({
      host: expect.stringMatching(/^hv-dr-/),
      partner: expect.stringMatching(/^hv-mi-/),
      do: HOME_STRETCH,
    });
    const away = await failback(['run', plan, '--intent', 'planned-failover', '--json', ...REDIS], ENVIRONMENT);
    expect(away.code).toBe(0);
    expect((await preflightOf(plan)).of('home')).toMatchObject({ verdict: 'ready', do: HOME_STRETCH });
    const back = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(back.code).toBe(0);
    expect((await preflightOf(plan)).of('home')).toMatchObject({ verdict: 'already-done' });
  });

  test('tells hosts, not home and away, where machines go to the other site', async () => {
    const simulator = await twoSites([at('home', { names: ['sql01'] }), at('home', { names: ['web01'] })]);
    const plan = planOf(simulator, { defaults: { after: { reverse: 'none' } } });
    const intent = ['--intent', 'planned-failover'];
    const said: string[] = [];
    const tell = async (...argv: string[]) => {
      const { code, stdout, stderr } = await failback([...argv, ...REDIS], ENVIRONMENT);
      said.push(stdout, stderr);
      return code;
    };
    expect(await tell('preflight', plan, ...intent)).toBe(0);
    expect(await tell('run', plan, ...intent, '--name', 'to-dr')).toBe(4);
    expect(await tell('cancel', 'to-dr')).toBe(2);
    expect(await tell('status', 'to-dr')).toBe(0);
    expect(await tell('approve', 'to-dr', '--vm', 'sql01')).toBe(0);
    expect(await tell('cancel', 'to-dr', '--vm', 'web01', '--yes')).toBe(0);
    expect(await tell('run', plan, ...intent)).toBe(3);
    for (const command of ['status', 'history', 'runs']) await tell(command, ...(command === 'runs' ? [] : ['to-dr']));
    for (const format of ['md', 'html', 'csv']) await tell('report', 'to-dr', '--format', format, '--out', '-');
    const lines = said.join('\n').split('\n');
    expect(lines.filter((line) => /\bhv-mi-0\d to hv-dr-0\d/.test(line)).length).toBeGreaterThan(5);
    expect(lines.filter((line) => /\b(home|away)\b/i.test(line))).toEqual([]);
  });

  test('tries replicas out with --intent drill and leaves nothing behind', async () => {
    const simulator = await twoSites([at('home'), at('replicating')]);
    const plan = planOf(simulator);
    const { code, objects } = await failback(['run', plan, '--intent', 'drill', '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects.at(-1)).toMatchObject({ completed: 2, initiateCalls: 0 });
    const { of } = await preflightOf(plan, '--intent', 'drill');
    expect(of('home')).toMatchObject({ verdict: 'ready', strategy: 'drill', do: ['testReplica', 'startTest', 'removeTest'] });
  });

  test('finds the home host among the nodes of a cluster, which is replicated to by the name of its broker', async () => {
    const hosts: Hosts = HOSTS.map((host) => ({ ...host, ...(host.role === 'home' ? { cluster: 'mi' } : {}) }));
    const simulator = await twoSites([at('failed-over'), at('replicating')], hosts);
    const plan = planOf(simulator);
    const { code, objects } = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects.at(-1)).toMatchObject({ completed: 2 });
    expect((await preflightOf(plan)).summary).toMatchObject({ alreadyDone: 2 });
  });

  test('goes on only with a run of the same intent', async () => {
    const simulator = await twoSites([at('replicating')], undefined, 10);
    const plan = planOf(simulator);
    expect((await failback(['run', plan, '--detach', ...REDIS], ENVIRONMENT)).code).toBe(0);
    const { code, stderr } = await failback(['run', plan, '--intent', 'drill', ...REDIS], ENVIRONMENT);
    expect([code, stderr]).toEqual([2, expect.stringContaining('is not finished, and it is a failback, not a drill')]);
  });
});

test('inventory shows both copies of a pair and their sites, plan init writes a plan that knows them, plan show tells it', async () => {
  const simulator = await twoSites([at('failed-over'), at('replicating'), { names: ['external'] }]);
  const plan = planOf(simulator);
  const { objects, code } = await failback(['inventory', plan, '--json'], ENVIRONMENT);
  expect(code).toBe(0);
  expect(objects.filter(({ name }) => name === 'failed-over').map(({ site }) => site)).toEqual(['dr', 'home']);
  expect(objects.filter(({ name }) => name === 'external')).toHaveLength(1);
  const init = await failback(['plan', 'init', '--from', writePlan(simulator)], ENVIRONMENT);
  expect(init.stdout).toContain('home: home');
  expect(init.stdout.match(/site: away/g)).toHaveLength(2);
  const shown = await failback(['plan', 'show', plan], ENVIRONMENT);
  expect(shown.stdout).toContain('home is home');
  expect(shown.stdout).toContain('a guest has 5m 00s to shut down, then a person is asked');
});

test('adopt takes pairs over from wherever they stand, and says where that is', async () => {
  const simulator = await twoSites([at('committed'), at('prepared'), at('home'), at('extended')]);
  const { code, stdout } = await failback(['adopt', planOf(simulator), ...REDIS], ENVIRONMENT);
  expect(code).toBe(0);
  expect(stdout).toContain('found 4 VMs: 1 with their data home, 2 under way, 0 untouched, 1 to be looked at');
  expect(stdout).toMatch(/committed: failover committed, the old copy is not a replica yet · hv-mi-\d+: primary, state 8/);
  expect(stdout).toMatch(/prepared: prepared, not failed over · /);
  expect(stdout).toContain('extended: left out: the replica replicates on to a third host');
  expect(stdout).toMatch(/: 2 of 2 home/);
});
