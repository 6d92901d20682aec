import { expect, it } from 'vitest';
import { pair, pairMember } from './support/pair-lifecycle.ts';

const GONE = { class: 'reconcile', code: 'worker.gone', message: 'gone', remedy: '' };
const LOST = { class: 'reconcile', code: 'host.disconnected', message: 'lost', remedy: '' };

function afterDoubt(error: object, attempts = 5) {
  const lifecycle = pair(pairMember({}, { retry: { attempts, backoff: 'fixed', delay: 30_000, max: 30_000, jitter: 0 } })).stands(
    'failed over',
  );
  expect(lifecycle.next).toBe('commitFailover away');
  lifecycle.send({ type: 'xstate.error.actor.call', error }).stands('failed over').pass('doubt');
  for (const side of ['home', 'away'] as const) lifecycle.sees(side, 'failed over');
  return lifecycle;
}

it('a call whose worker died is made again as soon as the host has shown that it was not made', () => {
  const lifecycle = afterDoubt(GONE);
  expect(lifecycle.state).toBe('checking');
  expect(lifecycle.stands('failed over').next).toBe('commitFailover away');
  expect(lifecycle.context.attempt).toBe(2);
});

it('one that got lost on the way to the host waits before it is made again', () => {
  expect(afterDoubt(LOST).state).toBe('backingOff');
});

it('a step whose attempts all died with their workers is given up', () => {
  expect(afterDoubt(GONE, 1).state).toBe('failed');
});
