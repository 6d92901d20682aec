import { describe, expect, test } from 'vitest';
import { useRedis } from '../support/redis.ts';
import { ENVIRONMENT, failback, simulate, start, writePlan } from './command-line.ts';

const { url } = useRedis();
const REDIS = ['--redis', url];
const QUIET = { ...ENVIRONMENT, FAILBACK_LOG: 'silent' };

/** A run of one machine that copies for as long as a test needs, and one behind it that waits for its turn. */
async function slowRun() {
  const simulator = await simulate({ hosts: 1, speed: 1, scenario: { vms: [{ names: ['copying'] }, { names: ['waiting'] }] } });
  const plan = writePlan(simulator, { limits: { inFlight: 1 } });
  const running = start(['run', plan, '--name', 'slow', ...REDIS], QUIET);
  await running.until('copying: failback: data is on its way home');
  return { running, simulator };
}

describe('cancel', () => {
  test('says what it means for each VM and refuses to go on unasked', async () => {
    const { running } = await slowRun();
    const { code, stderr } = await failback(['cancel', 'slow', ...REDIS]);
    expect(code).toBe(2);
    expect(stderr).toContain('1 VM: QUARANTINE: a data copy that runs is stopped');
    expect(stderr).toMatch(/1 VM: cancelled at once: nothing of it has to end on a host\n {2}waiting on hv-dr-01/);
    expect(stderr).toContain('error: a cancel must be confirmed');
    const { objects } = await failback(['cancel', 'slow', '--vm', 'copying', '--json', ...REDIS]);
    expect(objects[0]).toMatchObject({ type: 'cancel-meaning', vm: 'copying', meaning: 'quarantine' });
    running.interrupt();
    await running.ended;
  });

  test('does what it said: the copy is quarantined, the rest is cancelled, the run ends with 3', async () => {
    const { running } = await slowRun();
    const cancelled = await failback(['cancel', 'slow', '--yes', '--reason', 'wrong site', '--json', ...REDIS]);
    expect(cancelled.code).toBe(0);
    expect(cancelled.objects.at(-1)).toEqual({ type: 'command', run: 'slow', command: 'cancel', members: 'all' });
    const { code, stdout } = await running.ended;
    expect(code).toBe(3);
    expect(stdout).toContain('0 of 2 home, 1 quarantined, 1 cancelled');
    expect((await failback(['history', 'slow', ...REDIS])).stdout).toContain('cancel asked for (by tester@bench: wrong site)');
    const status = await failback(['status', 'slow', ...REDIS]);
    expect(status.stdout).toMatch(/copying on hv-dr-01: failback: quarantined.*remedy {2}Do not start the VM/s);
    expect(status.stdout).toContain('failback retry slow --vm copying');
    const again = await failback(['cancel', 'slow', '--yes', ...REDIS]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('run slow is finished: cancel means nothing now')]);
  });
});

describe('pause, resume, retry', () => {
  test('a paused run starts nothing more until it is resumed', async () => {
    const { running } = await slowRun();
    expect((await failback(['pause', 'slow', ...REDIS])).stdout).toContain('slow: pause accepted');
    expect((await failback(['status', 'slow', '--json', ...REDIS])).objects[0]).toMatchObject({ counts: { pending: 1, working: 1 } });
    const held = await failback(['status', 'slow', ...REDIS]);
    expect(held.stdout).toMatch(/nothing is started until somebody resumes it\n {2}then {4}failback resume slow --redis /);
    const refused = await failback(['pause', 'slow', ...REDIS]);
    expect(refused.code).toBe(2);
    expect((await failback(['resume', 'slow', ...REDIS])).code).toBe(0);
    running.interrupt();
    await running.ended;
  });

  test('names of VMs are found without regard to case, unknown ones are refused', async () => {
    const { running } = await slowRun();
    expect((await failback(['pause', 'slow', '--vm', 'COPYING', ...REDIS])).stdout).toContain('copying: pause accepted');
    const unknown = await failback(['pause', 'slow', '--vm', 'nobody', ...REDIS]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('run slow has no VM "nobody"')]);
    running.interrupt();
    await running.ended;
  });

  test('a retry takes up what failed, keeps what is done, and says when no worker runs', async () => {
    const simulator = await simulate({
      hosts: 1,
      scenario: {
        vms: [{ names: ['good', 'denied'] }],
        faults: [{ vm: 'denied', method: 'InitiateFailback', nth: 1, do: { returnValue: 32769 } }],
      },
    });
    const plan = writePlan(simulator);
    expect((await failback(['run', plan, ...REDIS], ENVIRONMENT)).code).toBe(4);
    const retried = await failback(['retry', 'latest', '--json', ...REDIS]);
    expect(retried.code).toBe(0);
    expect(retried.objects).toEqual([expect.objectContaining({ type: 'command', command: 'retry', accepted: ['denied'], refused: [] })]);
    expect(retried.stderr).toContain('nothing moves until a worker runs');
    const { code, objects } = await failback(['run', plan, '--json', ...REDIS], ENVIRONMENT);
    expect(code).toBe(0);
    expect(objects.at(-1)).toMatchObject({ completed: 2 });
    expect((await failback(['retry', 'latest', ...REDIS])).stdout).toContain('has nothing to retry');
  });
});
