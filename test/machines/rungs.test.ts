import { describe, expect, it } from 'vitest';
import { type Changes, pair, pairMember } from './support/pair-lifecycle.ts';
import { STAGES } from './support/pair-model.ts';

/** The first call from every place where people leave pairs standing. */
const FIRST: Readonly<Record<string, string | null>> = {
  'failed over': 'commitFailover away',
  'failed over as planned': 'reverseReplication away',
  committed: 'becomeReplica home',
  'home is replica': 'reverseReplication away',
  reversed: 'startReplication away',
  copying: null,
  replicating: 'shutDownGuest away',
  suspended: 'resumeReplication away',
  'resynchronisation required': 'resynchronize away',
  stopped: 'prepareFailover away',
  prepared: 'initiateFailover home',
  'failed over home': 'startVirtualMachine home',
  'running at home': 'reverseReplication home',
  'home, off': 'startVirtualMachine home',
  home: null,
};

describe('from wherever the pair stands', () => {
  it('knows every stage of the model', () => {
    expect(Object.keys(FIRST)).toEqual(Object.keys(STAGES));
  });

  it.each(Object.entries(FIRST))('the first call from "%s" is %s', (stage, call) => {
    expect(pair().stands(stage).next).toBe(call);
  });

  it.each(Object.entries(FIRST))('an adopted run waits out the time of doubt where it stands, then goes on: "%s", %s', (stage, call) => {
    const lifecycle = pair(pairMember({}, {}, true)).stands(stage);
    if (lifecycle.state === 'reconciling.looking') lifecycle.pass('doubt').stands(stage);
    expect(lifecycle.next).toBe(call);
  });

  it('a copy that is going on is followed, and its end is believed when the host shows it', () => {
    const lifecycle = pair().stands('copying');
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.watching?.sync).toEqual({ pendingBytes: 64_000_000, latency: 600_000 });
    expect(lifecycle.stands('replicating').next).toBe('shutDownGuest away');
  });

  it('a copy at home that stands protected and runs is home: nothing is called, and what was done already is on record', () => {
    const lifecycle = pair().stands('home');
    expect(lifecycle.status).toBe('completed');
    expect(lifecycle.calls).toEqual([]);
    expect(lifecycle.context.skipped).toContain('commit');
    expect(lifecycle.context.skipped).toContain('failover');
  });

  it('what was called for is not on record as skipped', () => {
    const lifecycle = pair().stands('failed over').answer(0).stands('committed').answer(0).stands('home is replica');
    expect(lifecycle.next).toBe('reverseReplication away');
    expect(lifecycle.context.skipped).toEqual([]);
  });
});

describe('the VM is only stopped when little is still to be sent', () => {
  it('waits while more is pending than the plan allows', () => {
    const lifecycle = pair().stands('replicating', { pendingBytes: 64_000_001 });
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.stands('replicating', { pendingBytes: 64_000_000 }).next).toBe('shutDownGuest away');
  });

  it.each<[string, string, string]>([
    ['suspended', 'suspended', 'resumeReplication away'],
    ['loses its tracking', 'resynchronisation required', 'resynchronize away'],
  ])('goes back when replication is %s before the shutdown', (_, stage, call) => {
    const lifecycle = pair().stands('replicating', { pendingBytes: 1e9 });
    expect(lifecycle.stands(stage).next).toBe(call);
    expect(lifecycle.context.attempt).toBe(1);
  });

  it('goes back when replication breaks while the shutdown is retried', () => {
    const lifecycle = pair().stands('replicating').answer(32774).pass('backOff').stands('suspended');
    expect(lifecycle.next).toBe('resumeReplication away');
  });

  it('starts the VM away again when replication breaks after this run has stopped it', () => {
    const lifecycle = pair().stands('replicating').answer(0).stands('stopped');
    expect(lifecycle.next).toBe('prepareFailover away');
    lifecycle
      .answer(32774)
      .pass('backOff')
      .stands('resynchronisation required', { away: { power: 3 } });
    expect(lifecycle.context.course).toBe('back');
    expect(lifecycle.next).toBe('startVirtualMachine away');
    lifecycle.answer(0).stands('resynchronisation required');
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).toMatch(/replication to hv-dr-01 broke after sql01 had been shut down on host hv-dr-02/);
    expect(lifecycle.command('retry').command('admit').stands('resynchronisation required').next).toBe('resynchronize away');
  });
});

describe('what no step knows how to go on from is left to a person, in words that name the place', () => {
  it.each<[string, string, Changes, RegExp, RegExp]>([
    [
      'a failover nobody saw working',
      'failed over',
      { away: { power: 3 } },
      /failed over to hv-dr-02, but it is 3 \(off\) there/,
      /commit or revert/,
    ],
    ['a failover away that broke', 'committed', { away: { state: 8 } }, /pair stands elsewhere/, /way-home\.md/],
    [
      'an old primary that runs',
      'committed',
      { home: { power: 9 }, away: { power: 3 } },
      /copy on hv-dr-01 is 9 \(paused\)/,
      /turn the copy on hv-dr-01 off/,
    ],
    [
      'an old primary without a relationship',
      'committed',
      { home: { mode: 0, state: 0 } },
      /no replication relationship/,
      /Enable-VMReplication/,
    ],
    [
      'a copy that can not go on',
      'replicating',
      { away: { state: 8 } },
      /replication to hv-dr-01 does not go on: hv-dr-02 8 \(critical\)/,
      /Measure-VMReplication/,
    ],
    ['a VM away that is paused', 'replicating', { away: { power: 9 } }, /VM on hv-dr-02 is 9 \(paused\)/, /then retry/],
    ['a VM at home that is paused', 'failed over home', { home: { power: 9 } }, /VM on hv-dr-01 is 9 \(paused\)/, /Bring it to off/],
    [
      'a copy away that is saved',
      'failed over home',
      { away: { power: 6 } },
      /copy on hv-dr-02 is 6 \(saved\)/,
      /Turn the copy on hv-dr-02 off/,
    ],
    ['both copies running', 'failed over', { home: { power: 2 } }, /both copies of sql01 run/, /from hv-dr-02 to hv-dr-01/],
  ])('%s', (_, stage, changes, message, remedy) => {
    const lifecycle = pair().stands(stage, changes);
    if (lifecycle.state.startsWith('tracking')) lifecycle.pass('settle').stands(stage, changes);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(message);
    expect(lifecycle.failure.remedy).toMatch(remedy);
    expect(lifecycle.calls).toEqual([]);
  });

  it.each(['failed over', 'committed', 'home is replica', 'replicating', 'prepared'])('a third host before the first call: %s', (stage) => {
    const changes = { away: { extended: true } };
    const lifecycle = pair().stands(stage, changes);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toContain('third host');
    expect(lifecycle.calls).toEqual([]);
    expect(pair(pairMember({ giveUpExtended: true })).stands(stage, changes).next).toBe(FIRST[stage]);
  });

  it('a VM that went down after it was verified is not made final', () => {
    const lifecycle = pair(pairMember({ commit: 'none' })).stands('running at home');
    expect(lifecycle.state).toBe('approval');
    lifecycle.command('approve').stands('failed over home');
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/the VM on hv-dr-01 is 3 \(off\) since it was verified/);
  });

  it('a VM that went down after its failover became final is not reported as home', () => {
    const lifecycle = pair().stands('running at home').answer(0).stands('home, off');
    expect(lifecycle.status).toBe('working');
    lifecycle.pass('settle').stands('home, off');
    expect(lifecycle.status).toBe('attention');
    lifecycle.command('retry').command('admit').stands('home, off').pass('doubt').stands('home, off');
    expect(lifecycle.failure.message).toContain('the VM is on hv-dr-01 and protected, but it is 3 (off)');
    expect(lifecycle.command('retry').command('admit').stands('home').status).toBe('completed');
  });
});
