import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, folder, PASSWORD, simulate, start, writePlan } from './command-line.ts';

const { url, redis } = useRedis();
// The server of all tests forces nothing to disk, which is a warning, not a refusal.
const REDIS = ['--redis', url];

describe('run', () => {
  test('brings all VMs home, exits 0 and prints nothing but JSON lines with --json', async () => {
    const plan = writePlan(await simulate());
    const { code, objects, stdout, stderr } = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects[0]).toMatchObject({ type: 'run', plan: 'Test plan', resumed: false });
    const transitions = objects.filter(({ type }) => type === 'transition');
    expect(new Set(transitions.map(({ vm }) => vm)).size).toBe(5);
    expect(transitions[0]).toMatchObject({ from: 'pending', to: 'failback: checking', event: 'failback.admit', status: 'working' });
    // Scripts rely on these; more may follow.
    expect(Object.keys(objects.at(-1) ?? {}).slice(0, 13)).toEqual([
      'type',
      'run',
      'plan',
      'members',
      'completed',
      'failed',
      'cancelled',
      'quarantined',
      'skipped',
      'startedAt',
      'endedAt',
      'durationMs',
      'initiateCalls',
    ]);
    expect(objects.at(-1)).toMatchObject({ type: 'summary', members: 5, completed: 5, failed: 0, skipped: 0, initiateCalls: 5 });
    expect(stdout + stderr).not.toContain(PASSWORD);
  });

  test('tells plain lines on stderr and the outcome on stdout where there is no terminal', async () => {
    const plan = writePlan(await simulate({ vms: 2, hosts: 1 }));
    const { code, stdout, stderr } = await failback(['run', plan, ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^test-plan-\d{8}-\d{6}-\w{4}: 2 of 2 home · .* · 2 InitiateFailback calls\n$/);
    expect(stderr).toContain('failback: calling the host');
    expect(stderr).not.toContain('\u001b');
  });

  test('says what it would do with --dry-run and starts nothing', async () => {
    const simulator = await simulate();
    const { code, stdout } = await failback(['run', writePlan(simulator), '--dry-run', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(stdout).toContain(': failback, start, verify');
    expect(stdout).toContain('dry run: nothing was started');
    expect((await failback(['runs', ...REDIS])).stdout).toContain('no runs yet');
  });

  test('refuses with 5 what pre-flight blocks, says why, and starts the others with --skip-blocked', async () => {
    const simulator = await simulate({ scenario: { vms: [{ names: ['fine'] }, { names: ['never-failed-over'], state: 3 }] } });
    const plan = writePlan(simulator);
    const refused = await failback(['run', plan, ...REDIS], ENVIRONMENT);
    expect(refused.code).toBe(5);
    expect(refused.stdout).toContain('replication state is 3 (replicating)');
    expect(refused.stderr).toContain('error: pre-flight blocks 1 entry');
    expect(refused.stderr).toContain('remedy:');
    const { code, objects } = await failback(['run', plan, '--skip-blocked', '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects.at(-1)).toMatchObject({ members: 1, completed: 1 });
  });

  test('ends with 4 when only people can go on, and shows who and what to press', async () => {
    const simulator = await simulate({
      vms: 2,
      hosts: 1,
      scenario: {
        vms: [{ names: ['good', "o'brien"] }],
        faults: [{ vm: "o'brien", method: 'InitiateFailback', do: { returnValue: 32769 } }],
      },
    });
    const plan = writePlan(simulator);
    const ended = await failback(['run', plan, ...REDIS], ENVIRONMENT);
    expect(ended.code).toBe(4);
    expect(ended.stdout).toContain(': 1 of 2 home, 1 waits for a person · ');
    expect(ended.stderr).toContain("o'brien on hv-dr-01: failback: waits for a person\n    why     InitiateFailback returned 32769");
    expect(ended.stderr).toMatch(/ {4}then {4}failback retry test-plan-\S+ --vm 'o'\\''brien' --redis \S+\n/);
    expect(ended.stderr).toMatch(/then go on with: failback run \S+plan\.yaml --redis /);
    const { code, objects } = await failback(['watch', 'latest', '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(4);
    expect(objects.at(-1)).toMatchObject({ type: 'summary', completed: 1, failed: 0, endedAt: null });
    const status = await failback(['status', ...REDIS]);
    expect(status.stdout).toMatch(/^test-plan-\S+ {2}waits for a person\n/);
    expect(status.stdout).toContain('workers  none, and none is needed before a person has acted');
    expect((await failback(['runs', ...REDIS])).stdout).toContain('waits for a person');
    expect(status.stdout).toContain('InitiateFailback returned 32769 (Access denied)');
    expect(status.stdout).toContain("remedy  Add the account to the host's Hyper-V Administrators group.");
    expect(status.stdout).toMatch(/failback retry test-plan-\S+ --vm 'o'\\''brien'/);
  });

  test('goes on with an unfinished run of the plan instead of starting another', async () => {
    const simulator = await simulate({ vms: 4, hosts: 1, speed: 200 });
    const plan = writePlan(simulator);
    const first = start(['run', plan, ...REDIS], ENVIRONMENT);
    await first.until('data is on its way home');
    first.interrupt();
    const stopped = await first.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(/run test-plan-\S+ is kept and resumes with: failback run /);
    const { code, objects } = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects[0]).toMatchObject({ type: 'run', resumed: true });
    expect(objects.at(-1)).toMatchObject({ completed: 4, initiateCalls: 4 });
    expect((await failback(['runs', '--json', ...REDIS])).objects).toHaveLength(1);
  });

  test('leaves the work to workers with --detach and says that there is none', async () => {
    const plan = writePlan(await simulate({ vms: 1, hosts: 1 }));
    const detached = await failback(['run', plan, '--detach', '--name', 'night-shift', ...REDIS], ENVIRONMENT);
    expect(detached.code).toBe(0);
    expect(detached.stderr).toContain('nothing moves until a worker runs: failback worker');
    expect((await failback(['status', 'night', ...REDIS])).stdout).toContain('nothing moves until a worker runs');
    const again = await failback(['run', plan, '--detach', ...REDIS], ENVIRONMENT);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('night-shift: is running already; follow it: failback watch')]);
    const worker = start(['worker', '--json', ...REDIS], { ...ENVIRONMENT, FAILBACK_LOG: 'error' });
    const watched = await failback(['watch', 'night-shift', '--json', ...REDIS], ENVIRONMENT);
    expect(watched.code).toBe(0);
    worker.interrupt();
    const { code, objects } = await worker.ended;
    expect(code).toBe(0);
    expect(objects).toEqual([expect.objectContaining({ type: 'worker', hosts: null })]);
  });

  test('says how to rebuild a run whose records were lost, and exits 6', async () => {
    const plan = writePlan(await simulate({ vms: 3, hosts: 1, speed: 60 }));
    const running = start(['run', plan, ...REDIS], { ...ENVIRONMENT, FAILBACK_LOG: 'silent' });
    await running.until('data is on its way home');
    await redis.flushdb();
    const { code, stderr } = await running.ended;
    expect(code).toBe(6);
    expect(stderr).toMatch(/error: the records of run test-plan-\S+ are gone from Redis/);
    expect(stderr).toContain('failback adopt PLAN');
  });

  test('tells of a host that can not be reached once, in words, where there is no terminal', async () => {
    const simulator = await simulate({
      vms: 1,
      hosts: 1,
      speed: 100,
      scenario: { events: [{ host: 'hv-dr-01', what: 'unreachable', at: 250, for: 300 }] },
    });
    const { code, stderr } = await failback(['run', writePlan(simulator), ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.includes('refuses connections'));
    expect(lines).toEqual([expect.stringMatching(/^waiting: Host hv-dr-01 refuses connections .*\. Check address/)]);
    expect(stderr).not.toContain('{"level"');
  });

  test('names the host whose password is missing', async () => {
    const plan = writePlan(await simulate({ vms: 1, hosts: 1 }));
    const { code, stderr } = await failback(['run', plan, ...REDIS]);
    expect(code).toBe(2);
    expect(stderr).toContain('error: Host hv-dr-01: env:HV_PASSWORD: the environment variable is not set\n  remedy: Set HV_PASSWORD');
  });

  test('refuses a name that is taken', async () => {
    const plan = writePlan(await simulate({ vms: 1, hosts: 1 }));
    expect((await failback(['run', plan, '--name', 'twice', ...REDIS], ENVIRONMENT)).code).toBe(0);
    const { code, stderr } = await failback(['run', plan, '--name', 'twice', ...REDIS], ENVIRONMENT);
    expect(code).toBe(2);
    expect(stderr).toContain('there is a finished run twice already');
  });
});

describe('adopt', () => {
  test('goes on with failbacks that are under way, calling none twice', async () => {
    const simulator = await simulate({ vms: 4, hosts: 1, speed: 200 });
    const plan = writePlan(simulator);
    const lost = start(['run', plan, ...REDIS], { ...ENVIRONMENT, FAILBACK_LOG: 'silent' });
    await lost.until('data is on its way home');
    lost.interrupt();
    await lost.ended;
    await redis.flushdb();
    const { code, objects } = await failback(['adopt', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects[0]).toMatchObject({ type: 'adopt', members: 4 });
    expect(objects[0]?.underWay).toBeGreaterThan(0);
    const summary = objects.at(-1);
    expect(summary).toMatchObject({ type: 'summary', completed: 4 });
    expect(summary?.initiateCalls).toBeLessThan(4);
  });
});

describe('looking back', () => {
  test('history and report tell the whole story of each VM', async () => {
    const awkward = `<R&D> "web" | 'x'`;
    const simulator = await simulate({ hosts: 1, scenario: { vms: [{ names: ['plain', awkward] }] } });
    const plan = writePlan(simulator);
    expect((await failback(['run', plan, ...REDIS], ENVIRONMENT)).code).toBe(0);

    const history = await failback(['history', 'latest', '--vm', 'PLAIN', ...REDIS]);
    expect(history.stdout).toContain('answered 4096 (job started), job ');
    expect(history.stdout).toContain('seen: replication state 14 (failback complete)');
    expect(history.stdout).not.toContain(awkward);
    const lines = (await failback(['history', 'latest', '--json', ...REDIS])).objects;
    expect(lines[0]).toMatchObject({ type: 'transition', vm: null, event: 'run.created' });

    const data = folder();
    const html = await failback(['report', 'latest', ...REDIS], { FAILBACK_DATA: data });
    expect(html.code).toBe(0);
    const page = readFileSync(html.stdout.trim().replace('wrote ', ''), 'utf8');
    expect(page).toContain('<strong>2 of 2 virtual machines are home</strong>');
    expect(page).toContain('&lt;R&amp;D&gt; &quot;web&quot; | &#39;x&#39;');
    expect(page).not.toContain('<R&D>');
    expect(page).not.toContain('<script');
    expect(page).toMatch(/6 → 13 → 14|6 → 14/);
    expect(page).toContain('tester@bench');

    const json = await failback(['report', 'latest', '--format', 'json', '--out', '-', '--json', ...REDIS]);
    expect(json.objects[0]).toMatchObject({ type: 'report', total: 2, counts: { completed: 2 }, calls: { initiateFailback: 2 } });
    const file = join(data, 'r.md');
    await failback(['report', 'latest', '--format', 'md', '--out', file, ...REDIS]);
    expect(readFileSync(file, 'utf8')).toContain('&lt;R&amp;D&gt; "web" \\|');
    for (const text of [page, json.stdout, history.stdout]) expect(text).not.toContain(PASSWORD);
  });

  test('finds a run by the beginning of its name and refuses what is ambiguous', async () => {
    const plan = writePlan(await simulate({ vms: 1, hosts: 1 }));
    await failback(['run', plan, '--name', 'alpha-1', ...REDIS], ENVIRONMENT);
    await failback(['run', plan, '--name', 'alpha-2', ...REDIS], ENVIRONMENT);
    expect((await failback(['status', 'alpha-1', ...REDIS])).code).toBe(0);
    const ambiguous = await failback(['status', 'alpha', ...REDIS]);
    expect([ambiguous.code, ambiguous.stderr]).toEqual([2, expect.stringContaining('is the beginning of 2 runs')]);
    const unknown = await failback(['status', 'beta', ...REDIS]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('there is no run "beta"')]);
  });
});

test('two commands that start one plan at the same moment end up with one run', async () => {
  const plan = writePlan(await simulate({ hosts: 1, vms: 3 }));
  const both = await Promise.all([1, 2].map(() => failback(['run', plan, '--json', '--redis', url], ENVIRONMENT)));
  const runs = both.map(({ objects }) => objects.find(({ type }) => type === 'run'));
  expect(runs[0]?.run).toBe(runs[1]?.run);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both[0]?.objects.at(-1)).toMatchObject({ type: 'summary', completed: 3, initiateCalls: 3 });
});
