import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { runMachine } from '../../machines/run.ts';
import { toRequests } from '../../src/runtime/effects.ts';

type Sent = 'run.pause' | 'run.resume' | 'run.cancel' | 'run.settled' | 'run.reopen' | 'done' | 'error';

function runAfter(...sent: readonly Sent[]) {
  let [snapshot, actions] = initialTransition(runMachine);
  for (const name of sent) {
    const type = name === 'done' || name === 'error' ? `xstate.${name}.actor.tell` : name;
    [snapshot, actions] = transition(runMachine, snapshot, { type, at: 0, output: { told: 1 }, error: { message: 'no' } } as never);
  }
  const told = toRequests(actions).flatMap((request) => (request.kind === 'start' ? [request.input] : []));
  return { state: snapshot.value, admitting: snapshot.tags.has('admitting'), told, status: snapshot.status };
}

describe('a run', () => {
  it('admits members from the beginning', () => {
    expect(runAfter()).toMatchObject({ state: 'running', admitting: true });
  });

  it('that is paused admits nobody, and tells those that are on their way', () => {
    expect(runAfter('run.pause')).toMatchObject({
      state: 'pausing',
      admitting: false,
      told: [{ event: 'failback.pause', to: ['working', 'attention'] }],
    });
    expect(runAfter('run.pause', 'done')).toMatchObject({ state: 'paused', admitting: false });
  });

  it('that is resumed tells everybody who may have heard of the pause', () => {
    expect(runAfter('run.pause', 'done', 'run.resume')).toMatchObject({
      state: 'resuming',
      admitting: true,
      told: [{ event: 'failback.resume', to: ['working', 'paused', 'attention'] }],
    });
    expect(runAfter('run.pause', 'run.resume', 'done')).toMatchObject({ state: 'running', admitting: true });
    expect(runAfter('run.pause', 'run.resume', 'run.pause')).toMatchObject({ state: 'pausing' });
  });

  it.each<[string, Sent[]]>([
    ['running', []],
    ['pausing', ['run.pause']],
    ['paused', ['run.pause', 'done']],
    ['resuming', ['run.pause', 'done', 'run.resume']],
  ])('that is cancelled while %s admits nobody and tells everybody who has not ended', (_, before) => {
    expect(runAfter(...before, 'run.cancel')).toMatchObject({
      state: 'cancelling',
      admitting: false,
      told: [{ event: 'failback.cancel', to: ['pending', 'working', 'paused', 'attention'] }],
    });
    expect(runAfter(...before, 'run.cancel', 'done')).toMatchObject({ state: 'cancelled', admitting: false });
  });

  it('can not be paused or resumed once it is cancelled', () => {
    for (const name of ['run.pause', 'run.resume', 'run.cancel'] as const) {
      expect(runAfter('run.cancel', name).state).toBe('cancelling');
      expect(runAfter('run.cancel', 'done', name).state).toBe('cancelled');
    }
  });

  it.each<[string, Sent[]]>([
    ['pausing', ['run.pause']],
    ['resuming', ['run.pause', 'run.resume']],
    ['cancelling', ['run.cancel']],
  ])('tells again when telling failed while %s', (state, before) => {
    expect(runAfter(...before, 'error')).toMatchObject({ state, status: 'active', told: [expect.anything()] });
  });

  it.each<[string, Sent[]]>([
    ['running', []],
    ['pausing', ['run.pause']],
    ['paused', ['run.pause', 'done']],
    ['resuming', ['run.pause', 'run.resume']],
    ['cancelling', ['run.cancel']],
    ['cancelled', ['run.cancel', 'done']],
  ])('is finished when its last member has ended while %s, and reopened by a retry', (_, before) => {
    expect(runAfter(...before, 'run.settled')).toMatchObject({ state: 'finished', admitting: false, status: 'active' });
    expect(runAfter(...before, 'run.settled', 'run.reopen')).toMatchObject({ state: 'running', admitting: true });
  });

  it('that is cancelled and still waits for members admits those that are retried', () => {
    expect(runAfter('run.cancel', 'done', 'run.reopen')).toMatchObject({ state: 'running', admitting: true });
    expect(runAfter('run.cancel', 'run.reopen').state).toBe('cancelling');
  });
});
