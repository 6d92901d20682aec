import { describe, expect, it } from 'vitest';
import { canTurnBack } from '../../machines/failback-context.ts';
import { LOST } from './support/lifecycle.ts';
import { type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

const at = {
  shutdown: () => pair().stands('replicating'),
  prepare: () => at.shutdown().answer(0).stands('stopped'),
  failover: () => at.prepare().answer(0).stands('prepared'),
  start: () => at.failover().answer(0).stands('failed over home'),
  protect: () => at.start().answer(0).stands('running at home'),
};

/** Everything the way back calls, until the VM runs away again. */
function goesBack(lifecycle: PairLifecycle, from: string): readonly (string | null)[] {
  const calls: (string | null)[] = [];
  let stage = from;
  lifecycle.stands(stage);
  while (lifecycle.next) {
    const { next } = lifecycle;
    calls.push(next);
    stage =
      { 'turnOff home': 'failed over home', 'revertFailover home': 'prepared', 'revertFailover away': 'stopped' }[next] ?? 'replicating';
    lifecycle.answer(0).stands(stage);
  }
  return calls;
}

describe('a cancel while the VM runs away leaves it running there', () => {
  it.each([
    ['failed over', 'CommitFailover'],
    ['committed', 'RequestReplicationStateChangeEx (2, wait for initial replication)'],
    ['home is replica', 'ReverseReplicationRelationship'],
  ])('after the short operation under way has come to its end: %s', (stage, label) => {
    const lifecycle = pair().stands(stage).command('cancel');
    expect(lifecycle.status).toBe('working');
    const after = { 'failed over': 'committed', committed: 'home is replica', 'home is replica': 'reversed' }[stage] ?? '';
    lifecycle.answer(0).stands(after);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toContain(`${label} was complete before the cancel took effect`);
    expect(lifecycle.failure.message).toContain('sql01 runs on host hv-dr-02');
    expect(lifecycle.failure.message).not.toContain('undefined');
  });

  it('at once while data is copied, which goes on', () => {
    const lifecycle = pair().stands('copying').command('cancel');
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toMatch(/sql01 runs on host hv-dr-02, replication from hv-dr-02 to hv-dr-01 is in state 2/);
    expect(lifecycle.failure.remedy).toMatch(/^StartReplication may still be at work on host hv-dr-02/);
    expect(lifecycle.failure.message).not.toContain('the data is home');
  });

  it('at once while it waits to be in sync', () => {
    expect(pair().stands('replicating', { pendingBytes: 1e9 }).command('cancel').status).toBe('cancelled');
  });

  it('without a word when nothing was begun', () => {
    const lifecycle = pair().command('cancel');
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.context.failure).toBeNull();
  });
});

describe('a cancel between the shutdown and the reversal takes back what was done, in order', () => {
  it.each<[keyof typeof at, string, readonly string[]]>([
    ['shutdown', 'stopped', ['startVirtualMachine away']],
    ['prepare', 'prepared', ['revertFailover away', 'startVirtualMachine away']],
    ['failover', 'failed over home', ['revertFailover home', 'revertFailover away', 'startVirtualMachine away']],
    ['start', 'running at home', ['turnOff home', 'revertFailover home', 'revertFailover away', 'startVirtualMachine away']],
  ])('%s', (step, stage, calls) => {
    const lifecycle = at[step]();
    expect(canTurnBack(lifecycle.context)).toBe(true);
    lifecycle.command('cancel').answer(0).stands(stage);
    expect(goesBack(lifecycle, stage)).toEqual(calls);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toMatch(/^cancelled; the failover to hv-dr-01 was taken back and sql01 runs on host hv-dr-02 again/);
    expect(lifecycle.context.stoppedAt).toBeNull();
  });

  it('when the call is in doubt, too, and was made before a retry', () => {
    const lifecycle = at.shutdown().breaks(LOST).pass('doubt').pass('stepDeadline').pass('lastLook');
    expect(lifecycle.state).toBe('needsOperator');
    lifecycle.command('retry').command('cancel');
    expect(goesBack(lifecycle, 'stopped')).toEqual(['startVirtualMachine away']);
    expect(lifecycle.status).toBe('cancelled');
  });

  it('when the reversal was asked for and refused', () => {
    const lifecycle = at.protect().command('cancel').answer(32774);
    expect(goesBack(lifecycle, 'running at home')[0]).toBe('turnOff home');
  });

  it('but a reversal under way is finished: the VM is home', () => {
    const lifecycle = at.protect();
    expect(lifecycle.next).toBe('reverseReplication home');
    expect(lifecycle.command('cancel').answer(0).stands('home').status).toBe('completed');
  });

  it('what somebody else had done before is left as it was found', () => {
    const lifecycle = pair().stands('prepared').answer(32774).command('cancel');
    expect(goesBack(lifecycle, 'prepared')).toEqual(['revertFailover away', 'startVirtualMachine away']);
    const found = pair(pairMember({ commit: 'none' }))
      .stands('running at home')
      .command('cancel');
    expect(found.status).toBe('cancelled');
    expect(found.failure.message).toContain('sql01 runs on host hv-dr-01, its failover to hv-dr-01 is not final');
  });

  it('what somebody else had started is left running while it is proved', () => {
    const found = pair(pairMember({}, { stable: 60_000 }))
      .reaches('verify', 'running at home')
      .sees('home', 'running at home');
    expect(found.state).toBe('proving.waiting');
    expect(found.command('cancel').status).toBe('cancelled');
    expect(found.calls).toEqual([]);
  });

  it('nothing is taken back that is final', () => {
    const lifecycle = pair(pairMember({ commit: 'rollback' }))
      .stands('home, off')
      .command('cancel')
      .answer(32774);
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toContain('sql01 is off on both hosts, replication runs from hv-dr-01 to hv-dr-02');
  });
});

describe('a way back', () => {
  const back = () => at.start().command('cancel').answer(0).stands('running at home');

  it('is not cancelled by one more cancel, while it goes on by itself', () => {
    expect(back().command('cancel').next).toBe('turnOff home');
  });

  it('waits for a person where the pair stands elsewhere, who may give up halfway', () => {
    const lifecycle = back().answer(0).stands('home');
    expect(lifecycle.pass('settle').stands('home').status).toBe('attention');
    lifecycle.command('cancel');
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toMatch(
      /cancelled while the failover to hv-dr-01 was being taken back, at RequestStateChange \(3, turn off\)/,
    );
    expect(lifecycle.failure.remedy).toContain('only one copy may run');
  });

  it.each<[string, () => PairLifecycle]>([
    ['pending', () => back().answer(32769).command('retry')],
    ['holding', () => back().command('pause').answer(32774).pass('backOff').stands('running at home')],
    ['failed', () => back().answer(32773)],
    ['unseen', () => at.shutdown().command('cancel').answer(0).stands('stopped').answer(32774).pass('backOff').pass('unseen')],
  ])('is given up halfway by a cancel while nothing goes on: %s', (state, begin) => {
    const lifecycle = begin();
    expect([lifecycle.state, lifecycle.context.course]).toEqual([state, 'back']);
    lifecycle.command('cancel');
    expect(lifecycle.status).toBe('cancelled');
    expect(lifecycle.failure.message).toMatch(/^cancelled while the failover to hv-dr-01 was being taken back/);
  });

  it('begins again with a retry where it stands', () => {
    const lifecycle = back().answer(32769);
    expect(lifecycle.state).toBe('needsOperator');
    lifecycle.command('retry').command('admit');
    expect(goesBack(lifecycle, 'running at home')).toHaveLength(4);
    expect(lifecycle.status).toBe('cancelled');
  });
});
