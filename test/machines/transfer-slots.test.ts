import { describe, expect, it } from 'vitest';
import { type PairLifecycle, pair, pairMember } from './support/pair-lifecycle.ts';

/** Two rounds of looks: what is done is passed over in the first, the step that moves data is weighed in the second. */
function looked(lifecycle: PairLifecycle, stage: string): PairLifecycle {
  for (const side of ['home', 'away', 'home', 'away'] as const) if (!lifecycle.isQueued) lifecycle.sees(side, stage);
  return lifecycle;
}

/** Away is the primary already, and the first copy home has not begun. */
function asking(stage = 'reversed'): PairLifecycle {
  const lifecycle = looked(pair(), stage);
  expect(lifecycle.isQueued).toBe(true);
  return lifecycle;
}

describe('a step that moves data in bulk', () => {
  it.each([
    ['reversed', 'startReplication away'],
    ['resynchronisation required', 'resynchronize away'],
  ])('asks for transfer slots before its call, and looks again once it has them: %s', (stage, call) => {
    const lifecycle = asking(stage);
    expect(lifecycle.status).toBe('working');
    expect(lifecycle.failure.message).toMatch(/waiting for a transfer slot: hosts hv-dr-02 and hv-dr-01/);
    expect(lifecycle.send({ type: 'slot.granted' }).next).toBeNull();
    expect(lifecycle.sees('home', stage).next).toBeNull();
    expect(lifecycle.sees('away', stage).next).toBe(call);
    expect(lifecycle.context.transfer).toBe(true);
  });

  it('finds that somebody else has begun it meanwhile, and keeps its slots for that', () => {
    const lifecycle = asking().send({ type: 'slot.granted' }).stands('copying');
    expect(lifecycle.state).toBe('tracking.going');
    expect(lifecycle.calls).toEqual([]);
    expect(lifecycle.context.transfer).toBe(true);
  });

  it('needs none to follow a copy that goes on, and counts as one that moves data', () => {
    const lifecycle = looked(pair(), 'copying');
    expect([lifecycle.state, lifecycle.context.transfer]).toEqual(['tracking.going', true]);
    expect(lifecycle.stands('replicating').context.transfer).toBe(false);
  });

  it('asks anew when it is retried', () => {
    const lifecycle = asking()
      .send({ type: 'slot.granted' })
      .stands('committed', { home: { power: 2 } });
    expect(lifecycle.status).toBe('attention');
    expect(looked(lifecycle.command('retry').command('admit'), 'reversed').isQueued).toBe(true);
  });

  it('is paused while it waits, and asks anew when it goes on', () => {
    const lifecycle = asking().command('pause');
    expect([lifecycle.state, lifecycle.status, lifecycle.isQueued]).toEqual(['holding', 'paused', false]);
    expect(looked(lifecycle.command('resume').command('admit'), 'reversed').isQueued).toBe(true);
  });

  it('is cancelled while it waits, with nothing done', () => {
    const lifecycle = asking().command('cancel');
    expect([lifecycle.status, lifecycle.isQueued, lifecycle.calls]).toEqual(['cancelled', false, []]);
  });

  it('gives its slots back when it is paused between the grant and the call', () => {
    const lifecycle = asking().send({ type: 'slot.granted' }).command('pause').stands('reversed');
    expect([lifecycle.state, lifecycle.context.transfer]).toEqual(['holding', false]);
  });
});

it('a time to begin comes before a transfer slot: nobody holds one to wait with it', () => {
  const lifecycle = looked(pair(pairMember({ copyAt: '2100-01-01T00:00:00Z' })), 'reversed');
  expect([lifecycle.state, lifecycle.isQueued]).toEqual(['scheduled', false]);
});
