import { expect, it } from 'vitest';
import { pair, pairMember } from './support/pair-lifecycle.ts';

// The lifecycles of these tests live at 1_700_000_000_000.
const COPY_AT = 1_700_003_600_000;

const tooEarly = () => pair(pairMember({ copyAt: new Date(COPY_AT).toISOString() })).stands('reversed');

it('waits for the time the plan says, and says so', () => {
  const lifecycle = tooEarly();
  expect(lifecycle.state).toBe('scheduled');
  expect(lifecycle.status).toBe('working');
  expect(lifecycle.failure.message.length).toBeGreaterThan(20);
  const wait = lifecycle.delay('notBefore') ?? 0;
  expect(wait).toBeGreaterThan(3_599_000);
  expect(wait).toBeLessThanOrEqual(3_600_000);
  expect(lifecycle.calls).toEqual([]);
});

it('looks again when the time has come, and waits on when a look is from before it', () => {
  const lifecycle = tooEarly().pass('notBefore');
  expect(lifecycle.state).toBe('checking');
  expect(lifecycle.delay('notBefore')).toBeUndefined();
  expect(lifecycle.stands('reversed').state).toBe('scheduled');
});

it('waits in a last look, too', () => {
  expect(tooEarly().pass('notBefore').pass('stepDeadline').stands('reversed').state).toBe('scheduled');
});

it('is cancelled while it waits', () => {
  const lifecycle = tooEarly().command('cancel');
  expect(lifecycle.status).toBe('cancelled');
  expect(lifecycle.context.cancelRequested).toBe(true);
});
