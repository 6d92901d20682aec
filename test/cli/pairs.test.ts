import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SIMULATED_STAGES } from '../../src/cli/parts.ts';
import type { MemberReport, RunReport } from '../../src/report/run-report.ts';
import { createRun } from '../../src/runtime/create-run.ts';
import { type MemberView, RunViews } from '../../src/runtime/run-view.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import type { SimulatedPair } from '../../src/simulator/world/population.ts';
import type { ScenarioInput } from '../../src/simulator/world/scenario.ts';
import { STAGE_NAMES, type StageName } from '../../src/simulator/world/stage.ts';
import { startWorker } from '../../workers/worker.ts';
import { useRedis } from '../support/redis.ts';
import { connectHost, eventually, quickSettings, quiet, runHosts } from '../support/system.ts';
import { ENVIRONMENT, failback, folder, type PlanChange, simulate, start, writePlan } from './command-line.ts';

const { url, redis } = useRedis();
const REDIS = ['--redis', url];
const QUIET = { ...ENVIRONMENT, FAILBACK_LOG: 'silent' };

/** A pair in each of these stages, named after it, between one host of either site. */
function pairsIn(stages: readonly StageName[], more: ScenarioInput = {}) {
  return simulate({
    speed: 300,
    scenario: {
      hosts: [
        { name: 'hv-dr-01', role: 'dr' },
        { name: 'hv-mi-01', role: 'home' },
      ],
      vms: stages.map((stage, n) => ({ stage, names: [stages.indexOf(stage) === n ? stage : `${stage}-${n}`], sizeGB: 8 })),
      ...more,
    },
  });
}

function planOf(simulator: Awaited<ReturnType<typeof simulate>>, defaults: PlanChange = {}): string {
  const quick = { retry: { delay: '100ms', max: '1s' }, timeouts: { call: '5s', doubt: '1s', settle: '5s' }, verify: { stable: '0s' } };
  return writePlan(simulator, {
    home: 'home',
    defaults: { ...quick, strategy: 'auto', after: { reverse: 'commit' }, reverse: { hold: '0s' }, rto: '10m', ...defaults },
  });
}

test('every stage of the simulator can be asked for', () => {
  expect(SIMULATED_STAGES).toEqual(STAGE_NAMES);
});

describe('simulated pairs', () => {
  test('stand as asked, on hosts that say their site', async () => {
    const running = start(['simulate', '--strategy', 'reverse', '--stages', 'copying, home', '--vms', '2', '--hosts', '2']);
    await running.until('hv-home-01');
    running.interrupt();
    const { objects } = await running.ended;
    expect(objects.map(({ host, site }) => [host, site])).toEqual([
      ['hv-dr-01', 'dr'],
      ['hv-home-01', 'home'],
    ]);
  });

  test('are refused in stages nobody knows, and without a second site', async () => {
    const unknown = await failback(['simulate', '--strategy', 'reverse', '--stages', 'gone']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('There is no stage "gone": failed-over,')]);
    const single = await failback(['simulate', '--stages', 'home']);
    expect([single.code, single.stderr]).toEqual([2, expect.stringContaining('Add --strategy reverse')]);
    const narrow = await failback(['demo', '--strategy', 'reverse', '--hosts', '1']);
    expect([narrow.code, narrow.stderr]).toEqual([2, expect.stringContaining('Ask for at least 2 hosts')]);
  });
});

describe('a run between two hosts', () => {
  test('ends with downtimes beside the objective, and a report that says what was done already', async () => {
    const simulator = await pairsIn(['failed-over', 'replicating', 'stopped', 'home']);
    const ran = await failback(['run', planOf(simulator), '--yes', '--name', 'pairs', '--json', ...REDIS], QUIET);
    expect([ran.code, ran.stderr]).toEqual([0, expect.anything()]);
    const summary = ran.objects.at(-1) as Record<string, unknown>;
    expect(summary).toMatchObject({ type: 'summary', completed: 4, rtoMissed: 0, downtimeMsMax: expect.any(Number), initiateCalls: 0 });
    const { stdout } = await failback(['report', 'pairs', '--format', 'json', '--out', '-', ...REDIS], QUIET);
    const report = JSON.parse(stdout) as RunReport;
    const member = (vm: string) => report.members.find((one) => one.vm === vm) as MemberReport;
    expect(report).toMatchObject({
      goal: 'home',
      strategies: { reverse: 4 },
      downtime: { measured: 2, beganBefore: 1, met: 2, missed: 0 },
    });
    expect(member('failed-over')).toMatchObject({
      downtime: { beganBefore: false, met: true, rtoMs: 600_000 },
      pointsOfNoReturn: [{ words: expect.stringContaining('committed') }, { words: expect.stringContaining('failover is final') }],
    });
    expect(member('stopped')).toMatchObject({ downtime: { beganBefore: true, stoppedAt: null, met: null } });
    expect(member('home')).toMatchObject({ downtime: null, pointsOfNoReturn: [] });
    const FAILBACK_DATA = folder();
    await failback(['report', 'pairs', ...REDIS], { ...QUIET, FAILBACK_DATA });
    const page = readFileSync(join(FAILBACK_DATA, 'reports', 'pairs.html'), 'utf8');
    for (const text of [
      '4 of 4 virtual machines are home',
      'hv-dr-01 → hv-mi-01',
      'down before the run',
      'replication was set up, VM was shut down',
    ])
      expect(page).toContain(text);
    const history = (await failback(['history', 'pairs', '--vm', 'replicating', ...REDIS], QUIET)).stdout;
    expect(history).toMatch(/shutting the VM down at hv-dr-01.*failing over to hv-mi-01.*point of no return: the failover is final/s);
    expect(history).not.toContain('is committed');
  });

  test('that is a drill passes, cleans up, and says so in figures', async () => {
    const simulator = await pairsIn(['home', 'home']);
    const plan = planOf(simulator);
    const ran = await failback(['run', plan, '--intent', 'drill', '--yes', '--name', 'trial', ...REDIS], QUIET);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('trial: 2 of 2 passed')]);
    const { stdout } = await failback(['report', 'trial', '--format', 'md', '--out', '-', ...REDIS], QUIET);
    expect(stdout).toContain('**2 of 2 VMs passed**');
    expect(stdout.match(/\| passed: up after .*, verified after .*, cleaned up \|/g)).toHaveLength(2);
    simulator.world.settle();
    expect([...simulator.world.host('hv-dr-01').vms.values()].filter(({ testOf }) => testOf !== null)).toEqual([]);
  });

  test('waits for approval where the plan says so; a cancel would take the failover back, an approval makes it final', async () => {
    const simulator = await pairsIn(['replicating', 'prepared']);
    const plan = planOf(simulator, { after: { reverse: 'none' } });
    const ran = await failback(['run', plan, '--yes', '--name', 'held', ...REDIS], QUIET);
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/then {4}failback approve held --vm (prepared --vm replicating|replicating --vm prepared) --redis /);
    const status = await failback(['status', 'held', '--json', ...REDIS], QUIET);
    expect(status.objects[0]).toMatchObject({ attention: [{ cancel: 'revert' }, { cancel: 'revert' }] });
    const shown = (await failback(['status', 'held', ...REDIS], QUIET)).stdout;
    expect(shown).toMatch(
      /running at hv-mi-01 and verified, waits for approval.*cancel {2}what runs on the host ends first, then the failover/s,
    );
    const asked = await failback(['cancel', 'held', ...REDIS], QUIET);
    expect(asked.stderr).toContain('2 VMs: what runs on the host ends first, then the failover is taken back');

    const fenced = await failback(['approve', 'held', '--fenced', 'prepared', ...REDIS], QUIET);
    expect([fenced.code, fenced.stderr]).toEqual([2, expect.stringContaining('prepared waits for approval, no host is out of sight')]);
    const one = await failback(['approve', 'held', '--vm', 'replicating', '--reason', 'users agree', '--json', ...REDIS], QUIET);
    expect(one.objects).toEqual([{ type: 'command', run: 'held', command: 'approve', accepted: ['replicating'], refused: [] }]);
    const all = await failback(['approve', 'held', ...REDIS], QUIET);
    expect(all.stdout).toBe('prepared: approve accepted\n');
    const again = await failback(['approve', 'held', ...REDIS], QUIET);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('no VM of run held waits for approval')]);
    expect((await failback(['run', plan, '--yes', ...REDIS], QUIET)).code).toBe(0);
    expect((await failback(['history', 'held', ...REDIS], QUIET)).stdout).toContain('approved (by tester@bench: users agree)');
    const late = await failback(['approve', 'held', '--vm', 'prepared', ...REDIS], QUIET);
    expect(late.stderr).toContain('prepared (running at hv-mi-01 and protected): nothing to approve');
  });

  test('goes on without a host out of sight only for a person who types the name of the VM exactly', async ({ onTestFinished }) => {
    const simulator = await pairsIn(['prepared'], {
      // A backup of the copy at home holds the failover back until the other host is gone.
      events: [{ vm: '*', host: 'hv-mi-01', what: 'backup', at: 0, for: 900 }],
    });
    const runtime = new Runtime({ redis });
    const views = new RunViews(redis, runtime.keys);
    const settings = { ...quickSettings, strategy: 'reverse', reverse: { ...quickSettings.reverse, unseen: 500 } } as const;
    const [{ id, name, home, away }] = simulator.pairs as readonly [SimulatedPair];
    const members = [{ vm: name, vmId: id, host: home, partner: away, settings }];
    const hosts = runHosts(simulator);
    await createRun(runtime, { run: 'dark', plan: 'test', createdBy: 'test', hosts, inFlight: 9, members, adopt: false });
    const worker = await startWorker({ redis, keys: runtime.keys, connectHost, log: quiet });
    onTestFinished(async () => {
      await worker.close();
      await runtime.close();
    });
    const until = (holds: (member: MemberView) => boolean) =>
      eventually(async () => {
        for await (const member of views.members('dark')) if (holds(member)) return member;
        return false;
      });
    await until(({ state, failure }) => state === 'failover: checking' && failure !== null);
    simulator.world.host(away).disconnect(3_600_000);
    await until(({ state, context }) => state === 'failover: unseen' && context.sights.fresh.includes('home'));

    const status = (await failback(['status', 'dark', ...REDIS], QUIET)).stdout;
    expect(status).toContain('waits: a host is out of sight');
    expect(status).toContain('host hv-dr-01 is out of sight, so nobody knows whether prepared runs there');
    expect(status).toMatch(/then {4}failback approve dark --fenced prepared --redis /);
    const approved = await failback(['approve', 'dark', ...REDIS], QUIET);
    expect([approved.code, approved.stderr]).toEqual([2, expect.stringContaining('failback approve dark --fenced prepared')]);
    const sloppy = await failback(['approve', 'dark', '--fenced', 'Prepared', ...REDIS], QUIET);
    expect([sloppy.code, sloppy.stderr]).toEqual([
      2,
      expect.stringContaining('"Prepared" is not exactly the name of the VM, which is "prepared"'),
    ]);
    const fenced = await failback(['approve', 'dark', '--fenced', 'prepared', '--reason', 'power cut', ...REDIS], QUIET);
    expect([fenced.code, fenced.stdout]).toEqual([0, expect.stringContaining('as if its copy on host hv-dr-01 were off')]);
    await until(({ context }) => context.homeAt !== null);
    const history = (await failback(['history', 'dark', ...REDIS], QUIET)).stdout;
    expect(history).toContain('confirmed that the copy on the host out of sight can not run (by tester@bench: power cut)');
    const late = await failback(['approve', 'dark', '--fenced', 'prepared', ...REDIS], QUIET);
    expect([late.code, late.stderr]).toEqual([2, expect.stringContaining('waits for no host that is out of sight')]);
  });
});
