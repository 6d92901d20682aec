import { describe, expect, it } from 'vitest';
import { stepOf } from '../../machines/failback-context.ts';
import type { MemberInput } from '../../src/domain/member.ts';
import { job, member } from './support/facts.ts';
import { given, type Lifecycle, LOST } from './support/lifecycle.ts';
import { type Changes, type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

/** Everything about a lifecycle but what the clock says. */
function shown({ state, context, calls, counted, pending }: Lifecycle): unknown {
  return JSON.parse(
    JSON.stringify({ state, context, calls, counted, pending }, (_, value) => (value > 1_600_000_000_000 ? 'a time' : value)),
  );
}

type Does<Of = PairLifecycle> = (lifecycle: Of) => unknown;

/** What is done after a deadline leads to what it leads to in time. */
function expectNoDifference<Of extends Lifecycle>(begin: () => Of, deadline: string, does: Does<Of>): Lifecycle {
  const [inTime, late] = [begin(), begin().pass(deadline)];
  expect(late.state).not.toBe(inTime.state);
  does(inTime);
  does(late);
  expect(shown(late)).toEqual(shown(inTime));
  return late;
}

/** Both hosts are looked at. */
const both =
  (stage: string, changes: Changes = {}): Does =>
  (lifecycle) =>
    lifecycle.sees('home', stage, changes).sees('away', stage, changes);
/** Home does not have the VM any more. */
const isGone: Does = (lifecycle) => lifecycle.misses('home', 'replicating');

const CLUSTER = { ...pairMember(), nodes: { home: ['hv-dr-01', 'hv-dr-03'], away: [] } };
const TURN_OFF = pairMember({ shutdown: { within: 60_000, turnOff: true } });
const ROLLBACK = pairMember({ commit: 'rollback' });
const NOT_YET = pairMember({ copyAt: '2100-01-01T00:00:00Z' });

/** A call was refused and may be made again. One look at home has come so far, which is no part of any look that begins later. */
const again = (stage: string, input?: MemberInput) => pair(input).stands(stage).answer(32774).pass('backOff').sees('home', stage);
const stopped = () => pair().stands('replicating').answer(0).stands('stopped');
const approving = () => pair(pairMember({ commit: 'none' })).reaches('protect', 'running at home');
/** The time of the guest is over, and its host still tells of a job. */
const hanging = () =>
  pair({ ...TURN_OFF, nodes: CLUSTER.nodes })
    .stands('replicating')
    .answer(4096)
    .pass('jobDeadline')
    .sees('home', 'replicating')
    .sees('away', 'replicating', { away: { power: 4 } }, job());

describe('the time to get ready is over', () => {
  it.each<[string, () => PairLifecycle, Does, string]>([
    ['the VM may be on another node', hanging, isGone, 'locating'],
    ['the VM is gone', () => again('replicating'), isGone, 'needsOperator'],
    [
      'the data is behind again',
      () => stopped().answer(32774).pass('backOff').sees('home', 'stopped'),
      both('resynchronisation required', { away: { power: 3 } }),
      'checking',
    ],
    ['an earlier rung is open', () => again('replicating'), both('suspended'), 'checking'],
    ['the step is done', () => again('replicating'), both('stopped'), 'checking'],
    ['the step is under way', () => again('prepared'), both('prepared', { home: { state: 12 } }), 'tracking.going'],
    [
      'the looks lie apart',
      () => again('prepared'),
      (lifecycle) => lifecycle.sees('home', 'prepared').wait(20_000).sees('away', 'prepared'),
      'checking',
    ],
    ['it is too early', () => pair(NOT_YET).reaches('copy', 'reversed').sees('home', 'reversed'), both('reversed'), 'scheduled'],
    ['a person must approve', () => approving().sees('home', 'running at home'), both('running at home'), 'approval'],
    ['it is paused, with a slot', () => again('reversed').command('pause'), both('reversed'), 'holding'],
    ['it has no slot', () => pair().reaches('copy', 'reversed').sees('home', 'reversed'), both('reversed'), 'queued'],
    ['it may start', () => again('prepared'), both('prepared'), 'calling'],
    ['it is to be taken back', () => again('failed over home', ROLLBACK), both('failed over home', { home: { power: 9 } }), 'checking'],
    ['a person must act', () => again('failed over home'), both('failed over home', { home: { power: 9 } }), 'needsOperator'],
  ])('and the last look shows the same as one in time: %s', (_, begin, look, state) => {
    expect(expectNoDifference(begin, 'stepDeadline', look).state).toBe(state);
  });

  it('a way back says what made it necessary', () => {
    const late = again('failed over home', ROLLBACK).pass('stepDeadline');
    both('failed over home', { home: { power: 9 } })(late);
    expect(late.context).toMatchObject({ course: 'back', because: { message: expect.stringContaining('is 9 (paused)') } });
  });

  it('a pause leaves nothing to wait for', () => {
    const late = again('reversed').command('pause').pass('stepDeadline');
    both('reversed')(late);
    expect(late.context).toMatchObject({ failure: null, transfer: false });
  });
});

describe('the time to find out what became of a call is over', () => {
  const inDoubt = (begin: PairLifecycle, stage: string) => begin.breaks(LOST).pass('doubt').sees('home', stage);
  const shuttingDown = (input?: MemberInput) => inDoubt(pair(input).stands('replicating'), 'replicating');

  it.each<[string, () => PairLifecycle, Does, string]>([
    ['the VM may be on another node', () => shuttingDown(CLUSTER), isGone, 'locating'],
    ['the VM is gone', shuttingDown, isGone, 'needsOperator'],
    ['it is done', shuttingDown, both('stopped'), 'checking'],
    ['it is under way', shuttingDown, both('replicating', { away: { power: 4 } }), 'tracking.going'],
    ['nothing of it is there', shuttingDown, both('replicating'), 'backingOff'],
    ['the data is behind again', () => inDoubt(stopped(), 'stopped'), both('suspended', { away: { power: 3 } }), 'checking'],
    ['an earlier rung is open', shuttingDown, both('suspended'), 'checking'],
    ['a person must act', shuttingDown, both('replicating', { away: { power: 9 } }), 'needsOperator'],
  ])('and the last look shows the same as one in time: %s', (_, begin, look, state) => {
    const late = expectNoDifference(begin, 'stepDeadline', look);
    expect(late.state).toBe(state);
    expect(late.context.course === 'back').toBe(_ === 'the data is behind again');
  });

  it('and nobody can tell whether the VM came home long ago', () => {
    const begin = () => given.checking(member({}, true)).pass('doubt');
    const late = expectNoDifference(begin, 'stepDeadline', (lifecycle) => lifecycle.look({ power: 2 }));
    expect(late.context).toMatchObject({ doubt: null, failure: { message: expect.stringContaining('either its failback never began') } });
  });

  it('and people are told what the host is still busy with', () => {
    const late = given.inDoubt().pass('doubt').pass('stepDeadline').look({ status: 11 });
    expect(late.state).toBe('needsOperator');
    expect(late.failure.message).toContain('holds the lock of the VM');
  });
});

describe('the time of an operation is over', () => {
  const inSync = () => pair().stands('replicating', { pendingBytes: 1e9 });
  const starting = () => pair(ROLLBACK).stands('failed over home').answer(4096);
  const failed = (errorCode: number) => [job({ jobState: 10, errorCode })];

  it.each<[string, () => PairLifecycle, Does, string]>([
    ['the VM may be on another node', () => pair(CLUSTER).stands('replicating').answer(4096), isGone, 'locating'],
    ['the VM is gone', () => pair().stands('replicating').answer(4096), isGone, 'needsOperator'],
    ['it is achieved', inSync, both('replicating'), 'checking'],
    [
      'its job failed, and it is to be taken back',
      starting,
      (lifecycle) => lifecycle.sees('away', 'failed over home').sees('home', 'failed over home', {}, failed(32773)[0]),
      'checking',
    ],
  ])('and the last look shows the same as one in time: %s', (_, begin, does, state) => {
    expect(expectNoDifference(begin, 'jobDeadline', does).state).toBe(state);
  });

  it.each([
    ['may be tried again', 32778, 'backingOff'],
    ['a person must act', 32769, 'needsOperator'],
    ['is for good', 32773, 'failed'],
  ])('and its job failed: %s', (_, errorCode, state) => {
    const late = expectNoDifference(given.copying, 'jobDeadline', (lifecycle) => lifecycle.look({ state: 6 }, failed(errorCode)));
    expect(late.state).toBe(state);
    expect(late.context).toMatchObject({ ended: 'operation', jobId: null });
  });

  it('and its job has failed on a start that is taken back, for that reason', () => {
    const late = starting().pass('jobDeadline').sees('away', 'failed over home').sees('home', 'failed over home', {}, failed(32773)[0]);
    expect(late.context).toMatchObject({ course: 'back', because: { code: 'job.failed' }, jobId: null, ended: null });
  });

  it('and the start that is not over is taken back, for what the last look shows', () => {
    const late = starting()
      .pass('jobDeadline')
      .sees('away', 'failed over home')
      .sees('home', 'failed over home', { home: { power: 10 } });
    expect(late.context).toMatchObject({ course: 'back', because: { message: expect.stringContaining('VM 10 (starting)') } });
  });

  describe.each([
    ['in time', inSync],
    ['late', () => inSync().pass('jobDeadline')],
  ])('of a step that only watches, %s', (_, begin) => {
    it('and an earlier rung is open: that one is next', () => {
      const lifecycle = begin();
      both('suspended')(lifecycle);
      expect([lifecycle.state, stepOf(lifecycle.context).name, lifecycle.context.touched]).toEqual(['checking', 'resume', false]);
    });

    it('and a cancel waits for nothing', () => {
      const { status, context } = begin().command('cancel');
      expect([status, context.cancelRequested]).toEqual(['cancelled', true]);
    });
  });

  it('and its job has ended: a cancel does not call that one', () => {
    const late = given
      .copying()
      .pass('jobDeadline')
      .look({ state: 6 }, [job({ jobState: 7 })]);
    expect(late.context.ended).toBe('job');
    expect(late.command('cancel').state).toBe('cancelling.ending');
  });

  it.each([
    ['in time', given.copying],
    ['late', () => given.copying().pass('jobDeadline')],
  ])('and its job is gone: nobody follows that one any more, %s', (_, begin) => {
    const lifecycle = begin().look({ state: 6 });
    expect(lifecycle.state).toBe('reconciling.looking');
    expect(lifecycle.context.jobId).toBeNull();
    expect(lifecycle.look({ state: 13 }).watching).toMatchObject({ jobId: null, allJobs: true });
  });
});
