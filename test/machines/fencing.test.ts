import { describe, expect, it } from 'vitest';
import type { MemberInput } from '../../src/domain/member.ts';
import { SETTINGS } from './support/facts.ts';
import { given, PARTNER_RUNNING, PARTNER_UNSEEN } from './support/lifecycle.ts';
import { type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

/** The call the pair stands ready for was refused, and is about to be made again. */
const refused = (stage: string, input?: MemberInput) => pair(input).stands(stage).answer(32774).pass('backOff');
/** The failover home has been prepared, and only home answers since. */
const unseen = (stage = 'prepared') => refused(stage).sees('home', stage).pass('unseen').sees('home', stage);
const GOING_DOWN = { home: { power: 4 } };
const fence = (lifecycle: PairLifecycle, vm: string) => lifecycle.send({ type: 'failback.fence', vm });

describe('a start or failover home, while the host of the other copy is out of sight', () => {
  it.each(['prepared', 'failed over home'])('waits for a person, who is told which host it is: %s', (stage) => {
    const lifecycle = unseen(stage);
    expect(lifecycle.state).toBe('unseen');
    expect(lifecycle.status).toBe('attention');
    expect(lifecycle.failure.code).toBe('partner.unseen');
    expect(lifecycle.failure.message).toMatch(/^host hv-dr-02 is out of sight, .*it was 3 \(off\) when it was last seen/);
    expect(lifecycle.failure.remedy).toContain("confirm that by typing the VM's name");
  });

  it('does not go on for a wrong name', () => {
    const lifecycle = fence(unseen(), 'sql02');
    expect(lifecycle.state).toBe('unseen');
    expect(fence(lifecycle, 'SQL01').state).toBe('unseen');
  });

  it('goes on with the right name, after one more look at this side, and says so to the worker', () => {
    const lifecycle = fence(unseen(), 'sql01');
    expect(lifecycle.state).toBe('checking');
    lifecycle.sees('home', 'prepared');
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'initiateFailover', side: 'home', fenced: true });
  });

  it('keeps the word of a person that comes before anybody has looked again, until a worker has had its look', () => {
    const asleep = pair().stands('prepared').answer(32774).pass('backOff').sees('home', 'prepared').pass('unseen');
    const lifecycle = fence(asleep, 'sql01');
    expect([lifecycle.state, lifecycle.status]).toEqual(['checking', 'working']);
    expect(lifecycle.calls).toHaveLength(1);
    lifecycle.sees('home', 'prepared');
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'initiateFailover', side: 'home', fenced: true });
  });

  it('asks again, about the other host, when it is its own side that stays out of sight', () => {
    const asleep = pair().stands('prepared').answer(32774).pass('backOff').sees('away', 'prepared').pass('unseen');
    const lifecycle = fence(asleep, 'sql01').sees('away', 'prepared');
    expect(lifecycle.context.fenced).toBe(false);
    expect(lifecycle.pass('unseen').failure.message).toMatch(/^host hv-dr-01 is out of sight/);
    expect(lifecycle.calls).toHaveLength(1);
  });

  it('forgets the word of the person as soon as the other side is seen again', () => {
    const lifecycle = fence(unseen(), 'sql01').sees('away', 'prepared');
    expect(lifecycle.context.fenced).toBe(false);
    lifecycle.sees('home', 'prepared');
    expect(lifecycle.calls.at(-1)).toMatchObject({ effect: 'initiateFailover', fenced: false });
  });

  it('stops when the other side is seen again and runs', () => {
    const lifecycle = fence(unseen('failed over home'), 'sql01').sees('away', 'failed over home', { away: { power: 2 } });
    lifecycle.sees('home', 'failed over home');
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.message).toMatch(/copy on hv-dr-02 is 2 \(running\)/);
  });

  it('goes on by itself when both sides are in sight again', () => {
    const lifecycle = unseen().sees('away', 'prepared');
    expect(lifecycle.state).toBe('checking');
    expect(lifecycle.context.failure).toBeNull();
    expect(lifecycle.stands('prepared').next).toBe('initiateFailover home');
  });

  it('looks for a VM on the nodes of its cluster when both sides are in sight again and one does not have it', () => {
    const cluster = { ...pairMember(), nodes: { home: ['hv-dr-01', 'hv-dr-03'], away: [] } };
    const lifecycle = refused('prepared', cluster).sees('home', 'prepared').pass('unseen');
    lifecycle.misses('home', 'prepared');
    expect(lifecycle.state).toBe('locating');
    expect(lifecycle.context.lost).toBe('home');
    expect(lifecycle.failure.message).toContain('host hv-dr-01 does not have the VM');
  });

  it('writes nothing down when nothing is new', () => {
    const lifecycle = unseen();
    const { snapshot } = lifecycle;
    expect(lifecycle.sees('home', 'prepared').snapshot).toBe(snapshot);
  });

  it('takes nobody’s word while it is its own side that is out of sight', () => {
    const lifecycle = pair()
      .stands('prepared')
      .answer(32774)
      .pass('backOff')
      .sees('away', 'prepared')
      .pass('unseen')
      .sees('away', 'prepared');
    expect(lifecycle.failure.message).toMatch(/^host hv-dr-01 is out of sight/);
    expect(lifecycle.failure.remedy).not.toContain('typing');
    expect(fence(lifecycle, 'sql01').state).toBe('unseen');
  });

  it('says which host it is when the other one goes out of sight instead', () => {
    const lifecycle = pair()
      .stands('prepared')
      .answer(32774)
      .pass('backOff')
      .sees('away', 'prepared')
      .pass('unseen')
      .sees('home', 'prepared');
    expect(lifecycle.failure.message).toMatch(/^host hv-dr-02 is out of sight/);
  });

  it('can be cancelled', () => {
    expect(unseen().command('cancel').context.course).toBe('back');
  });
});

describe('the last look of a worker before a start', () => {
  it('that sees the other copy run asks a person at once, with no attempt lost to it', () => {
    const lifecycle = pair().stands('failed over home').breaks(PARTNER_RUNNING);
    expect(lifecycle.state).toBe('needsOperator');
    expect(lifecycle.failure.code).toBe('partner.running');
    expect(lifecycle.failure.remedy).toContain('hv-dr-02');
  });

  it('that does not see the other host waits for it, then asks a person, and never fails', () => {
    const lifecycle = pair().stands('failed over home');
    for (const _ of [1, 2]) lifecycle.breaks(PARTNER_UNSEEN).pass('backOff').stands('failed over home');
    lifecycle.breaks(PARTNER_UNSEEN);
    expect(lifecycle.state).toBe('unseen');
    expect(lifecycle.failure.message).toMatch(/^host hv-dr-02 is out of sight/);
    expect(lifecycle.context.attempt).toBe(0);
  });

  it('that comes after a cancel does not swallow it', () => {
    const lifecycle = pair().stands('replicating').answer(0).stands('stopped').answer(0).stands('prepared');
    lifecycle.command('cancel').breaks(PARTNER_UNSEEN);
    expect(lifecycle.context.course).toBe('back');
  });

  it('that comes after a cancel does not swallow it when it was the last attempt, either', () => {
    const once = pair(pairMember({}, { retry: { ...SETTINGS.retry, attempts: 1 } }));
    const lifecycle = once.stands('replicating').answer(0).stands('stopped').answer(0).stands('prepared');
    lifecycle.command('cancel').breaks(PARTNER_UNSEEN);
    expect(lifecycle.context).toMatchObject({ course: 'back', because: null });
  });
});

describe('the time after which a host counts as out of sight', () => {
  it.each([
    ['a step that starts nothing', () => given.checking()],
    [
      'hosts that are in sight',
      () => refused('failed over home').sees('home', 'failed over home', GOING_DOWN).sees('away', 'failed over home'),
    ],
  ])('is of no importance for %s', (_, begin) => {
    expect(begin().pass('unseen').state).toBe('checking');
  });
});
