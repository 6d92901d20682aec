import { describe, expect, it } from 'vitest';
import { job, member, type VmFacts } from './support/facts.ts';
import { given, type Lifecycle, LOST } from './support/lifecycle.ts';
import { pair } from './support/pair-lifecycle.ts';

describe('the look before the call', () => {
  it.each<[string, VmFacts]>([
    ['a committed recovery VM', { state: 6 }],
    ['a recovered one', { state: 5 }],
    ['an extended replica', { mode: 4 }],
    ['health warning, normal after a failover', { health: 2 }],
    ['a health that is not applicable', { health: 0 }],
  ])('lets the call be made: %s', (_, facts) => {
    expect(given.checking().look(facts).calling).toBe('initiateFailback');
  });

  it.each<[string, VmFacts, RegExp]>([
    ['health critical', { health: 3 }, /health is critical/],
    ['a primary', { mode: 1 }, /mode is 1 \(primary\)/],
    ['a test replica', { mode: 3 }, /mode is 3 \(test replica\)/],
    ['no replication', { mode: 0, state: null }, /mode is 0 \(none\)/],
    ['a state nobody knows', { state: 97 }, /state is 97 \(unknown\)/],
    ['replicating: never failed over', { state: 3 }, /state is 3 \(replicating\)/],
    ['critical', { state: 8 }, /state is 8 \(critical\)/],
    ['a running VM', { power: 2 }, /is 2 \(running\), it must be off/],
    ['a saved VM', { power: 6 }, /is 6 \(saved\), it must be off/],
    ['a power nobody knows', { power: 42 }, /is 42 \(unknown\), it must be off/],
  ])('asks a person: %s', (_, facts, message) => {
    const lifecycle = given.checking().look(facts);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(message);
    expect(lifecycle.failure.remedy).toBeTruthy();
    expect(lifecycle.calls).toHaveLength(0);
  });

  it.each<[string, VmFacts, RegExp]>([
    ['initial replication', { state: 2 }, /state is 2/],
    ['resynchronising', { state: 10 }, /state is 10/],
    ['failover in progress', { state: 12 }, /state is 12/],
    ['disk update', { state: 15 }, /state is 15/],
    ['repurposing', { state: 18 }, /state is 18/],
    ['another operation holds the lock', { status: 11 }, /holds the lock/],
    ['shutting down', { power: 4 }, /shutting down/],
  ])('waits, says why, and goes on by itself: %s', (_, facts, message) => {
    const lifecycle = given.checking().look(facts);
    expect(lifecycle.state).toBe('checking');
    expect(lifecycle.failure.message).toMatch(message);
    expect(lifecycle.look().calling).toBe('initiateFailback');
    expect(lifecycle.context.failure).toBeNull();
  });

  it('waits for any job on the VM, whatever its type', () => {
    const lifecycle = given.checking().look({}, [job({ jobType: 1 })]);
    expect(lifecycle.state).toBe('checking');
    expect(lifecycle.failure.message).toMatch(/^waiting: job .* \(type 1\) is running on the VM/);
  });

  it('goes by the start states of the plan', () => {
    expect(given.checking(member({ startStates: [8] })).look({ state: 8 }).calling).toBe('initiateFailback');
  });

  it('asks a person when the host does not have the VM', () => {
    const lifecycle = given.checking().look(null);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure).toMatchObject({ class: 'operator', code: 'vm.not-found' });
  });

  it('writes nothing down when nothing is new', () => {
    const lifecycle = given.checking().look({ state: 10 });
    const { snapshot } = lifecycle;
    expect(lifecycle.look({ state: 10 }).snapshot).toBe(snapshot);
  });
});

describe('a look while the copy runs', () => {
  it.each([1, 2, 3])('health %d is no obstacle', (health) => {
    expect(given.copying().look({ state: 13, health }, [job()]).state).toBe('tracking.going');
  });

  it('in a state nobody knows goes on while the job runs', () => {
    expect(given.copying().look({ state: 97 }, [job()]).state).toBe('tracking.going');
  });

  it('that does not find the VM asks a person', () => {
    const lifecycle = given.copying().look(null);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('vm.not-found');
  });

  it('that does not find the VM after a lost call goes on looking for the time of doubt, then asks a person', () => {
    const lifecycle = given.inDoubt().look(null);
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.pass('doubt').look(null).state).toBe('needsOperator');
  });
});

describe('a retry', () => {
  it('after the VM left the host during the copy looks and waits before it calls again', () => {
    const lifecycle = given.copying().look(null).command('retry').command('admit');
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.look({ state: 13 }).state).toBe('tracking.going');
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('keeps the doubt about an earlier call', () => {
    const lifecycle = given.calling().breaks(LOST).pass('doubt').look(null).command('retry').command('admit').look();
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.look({}, [job()]).counted).toEqual(['initiateFailback']);
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('of what a person had to fix calls at once', () => {
    expect(given.checking().look({ power: 2 }).command('retry').command('admit').look().calling).toBe('initiateFailback');
  });
});

describe('an operation in doubt that a look shows', () => {
  it('is in doubt no longer, and nothing is said against it', () => {
    expect(given.inDoubt().look({ state: 13 }).context).toMatchObject({ doubt: null, failure: null, ended: null });
  });

  it('was ours, also when a person had asked to try again meanwhile', () => {
    const lifecycle = pair().stands('replicating').breaks(LOST).pass('doubt').pass('stepDeadline').pass('lastLook');
    lifecycle.command('retry').command('admit').sees('home', 'stopped').sees('away', 'stopped');
    expect(lifecycle.context.stoppedAt).not.toBeNull();
    expect(lifecycle.context.skipped).not.toContain('shutdown');
  });
});

describe('while a VM is proved', () => {
  const UP = { state: 14, power: 2 };
  const proving: readonly [string, () => Lifecycle][] = [
    ['waiting', () => given.started().look(UP)],
    ['confirming', () => given.started().look(UP).pass('proof')],
    ['lastLook', () => given.started().look(UP).pass('proof').pass('stepDeadline')],
  ];

  it.each(proving)('what is seen is on record: %s', (state, begin) => {
    expect(begin().state).toBe(`proving.${state}`);
    expect(begin().look({ ...UP, health: 1 }).context.seen?.health).toBe(1);
    expect(begin().look({ ...UP, power: 3 }).context.seen?.power).toBe(3);
  });

  it('it is proved for as long as it is well', () => {
    const lifecycle = given.started().look(UP);
    const { watching } = lifecycle;
    expect(lifecycle.look({ ...UP, health: 1 }).state).toBe('proving.waiting');
    // Its time does not begin anew.
    expect(lifecycle.watching).toBe(watching);
  });

  it('nothing is said any more against one that became well', () => {
    const lifecycle = given.started().look({ ...UP, healthState: 25 });
    expect(lifecycle.failure.message).toContain('health state 25');
    expect(lifecycle.look(UP).context.failure).toBeNull();
  });
});
