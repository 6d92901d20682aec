import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import { given, type Lifecycle, LOST } from './support/lifecycle.ts';
import { pair, pairMember } from './support/pair-lifecycle.ts';

const REFUSED: Failure = {
  class: 'permanent',
  code: 'host.fault',
  message: 'host hv-dr-01 refused the call for a reason of its own',
  remedy: 'Look into its event log and retry.',
};

const WAITING: readonly (readonly [string, () => Lifecycle])[] = [
  ['checking', () => given.checking()],
  ['lastLook', () => given.checking().pass('stepDeadline')],
  ['holding', () => given.checking().command('pause').look()],
  ['backingOff', () => given.calling().answer(32_774)],
  ['failed', () => given.calling().breaks(REFUSED)],
  ['scheduled', () => pair(pairMember({ copyAt: '2100-01-01T00:00:00Z' })).stands('reversed')],
  ['queued', () => pair().sees('home', 'reversed').sees('away', 'reversed').sees('home', 'reversed').sees('away', 'reversed')],
  ['approval', () => pair(pairMember({ commit: 'none' })).stands('running at home')],
];

describe.each(WAITING)('a cancel in %s', (state, begin) => {
  it('is honoured at once and remembered', () => {
    const lifecycle = begin();
    expect(lifecycle.state).toBe(state);
    lifecycle.command('cancel');
    expect(lifecycle.context.cancelRequested).toBe(true);
    expect(['cancelled', 'working']).toContain(lifecycle.status);
    expect(lifecycle.context.course === 'back' || lifecycle.status === 'cancelled').toBe(true);
  });
});

it('a way back is not cancelled while it waits', () => {
  const lifecycle = pair().stands('failed over home').command('cancel').answer(32_774).stands('failed over home').answer(32_774);
  expect([lifecycle.state, lifecycle.context.course]).toEqual(['backingOff', 'back']);
  expect(lifecycle.accepts('cancel')).toBe(false);
  lifecycle.pass('backOff');
  expect([lifecycle.state, lifecycle.accepts('cancel')]).toEqual(['checking', false]);
  lifecycle.pass('stepDeadline');
  expect([lifecycle.state, lifecycle.accepts('cancel')]).toEqual(['lastLook', false]);
});

it('a way back is not cancelled while a call is made, in doubt or followed', () => {
  const lifecycle = pair().stands('failed over home').command('cancel').answer(32_774).stands('failed over home');
  expect([lifecycle.state, lifecycle.accepts('cancel')]).toEqual(['calling', false]);
  const followed = pair().stands('failed over home').command('cancel').answer(32_774).stands('failed over home').answer(0);
  expect([followed.state, followed.accepts('cancel')]).toEqual(['tracking.going', false]);
  lifecycle.breaks(LOST);
  expect([lifecycle.state, lifecycle.accepts('cancel')]).toEqual(['reconciling.looking', false]);
});

it.each<[Failure['class'], string]>([
  ['retryable', 'backingOff'],
  ['operator', 'needsOperator'],
  ['permanent', 'failed'],
])('what a call reports is told: %s', (kind, state) => {
  const lifecycle = given.calling().breaks({ ...REFUSED, class: kind });
  expect(lifecycle.state).toBe(state);
  expect(lifecycle.failure.message).toContain('a reason of its own');
});

it('a pause while it is queued holds it without a word', () => {
  const lifecycle = pair()
    .sees('home', 'reversed')
    .sees('away', 'reversed')
    .sees('home', 'reversed')
    .sees('away', 'reversed')
    .command('pause');
  expect(lifecycle.state).toBe('holding');
  expect(lifecycle.context).toMatchObject({ pauseRequested: true, failure: null });
});
