import { describe, expect, it } from 'vitest';
import type { VmObservation } from '../../src/domain/observation.ts';
import { member, SETTINGS, vm } from './support/facts.ts';
import { Lifecycle, LOST } from './support/lifecycle.ts';

const OFF = vm({ mode: 3, power: 3 });
const UP = vm({ mode: 3, power: 2 });

/** A look at a replica in state 3, with or without its test replica. */
function sees(lifecycle: Lifecycle, test: VmObservation | null, state = 3): Lifecycle {
  return lifecycle.send({
    type: 'host.observed',
    side: 'home',
    host: 'hv-dr-01',
    vm: vm({ state }),
    job: null,
    running: [],
    statistics: null,
    test,
  });
}

const drill = (attempts = SETTINGS.retry.attempts) =>
  sees(new Lifecycle(member({ strategy: 'drill', retry: { ...SETTINGS.retry, attempts } })).command('admit'), null);
const made = (attempts?: number) => sees(drill(attempts).answer(0), OFF);
const running = () => sees(made().answer(0), UP);

describe('a drill', () => {
  it('makes a test replica, starts it, sees it well for the time of the plan, removes it, and completes', () => {
    const lifecycle = running();
    expect(lifecycle.delay('proof')).toBe(60_000);
    sees(lifecycle.pass('proof'), UP);
    expect(lifecycle.calling).toBe('destroyTestSystem');
    expect(sees(lifecycle.answer(0), null).status).toBe('completed');
    expect(lifecycle.calls.map(({ effect }) => effect)).toEqual(['testReplicaSystem', 'startTestSystem', 'destroyTestSystem']);
  });

  it('is refused where there is no replica that can be tested', () => {
    expect(sees(new Lifecycle(member({ strategy: 'drill' })).command('admit'), null, 9).failure.message).toContain(
      'can be made in 3 and 7',
    );
  });

  it.each<[string, () => Lifecycle, string]>([
    ['does not start', () => sees(made().answer(32773), OFF), 'destroyTestSystem'],
    ['does not stay up', () => sees(sees(running(), OFF).pass('settle'), OFF), 'destroyTestSystem'],
    ['is refused by its host', () => sees(drill().answer(32773), null), 'testReplicaSystem'],
    [
      'was not seen to start, and that call was the last',
      () => sees(sees(made(1).breaks(LOST).pass('doubt'), OFF), OFF),
      'destroyTestSystem',
    ],
  ])('cleans up when the test replica %s, and has failed then', (_, reach, last) => {
    const lifecycle = reach();
    expect(lifecycle.calls.at(-1)?.effect).toBe(last);
    if (lifecycle.calling) sees(lifecycle.answer(0), null);
    expect(lifecycle.status).toBe('failed');
    expect(lifecycle.failure.message).not.toContain('undefined');
    expect(lifecycle.failure.message.length).toBeGreaterThan(20);
  });

  it.each<[string, () => Lifecycle]>([
    ['while the test replica is made', () => sees(drill().command('cancel').answer(0), OFF)],
    ['while it is in doubt whether it was made', () => sees(drill().breaks(LOST).command('cancel'), OFF)],
    ['while it starts', () => sees(made().command('cancel').answer(0), UP)],
    ['while it is watched', () => sees(running().command('cancel'), UP)],
  ])('cleans up when it is cancelled %s', (_, reach) => {
    const lifecycle = reach();
    if (lifecycle.watching && !lifecycle.calling) sees(lifecycle, UP);
    expect(lifecycle.calling).toBe('destroyTestSystem');
    expect(sees(lifecycle.answer(0), null).status).toBe('cancelled');
  });

  it('that was adopted with a test replica in place cleans it up as well', () => {
    const lifecycle = sees(new Lifecycle(member({ strategy: 'drill', stable: 0 }, true)).command('admit'), UP);
    for (let looks = 0; looks < 4 && !lifecycle.calling; looks++) sees(lifecycle, UP);
    expect(lifecycle.calling).toBe('destroyTestSystem');
    expect(sees(lifecycle.answer(0), null).status).toBe('completed');
  });

  it('that was cancelled before it began has nothing to remove', () => {
    expect(new Lifecycle(member({ strategy: 'drill' })).command('admit').command('cancel').status).toBe('cancelled');
  });

  it('is not cancelled while it cleans up', () => {
    const lifecycle = sees(running().command('cancel'), UP);
    expect(lifecycle.command('cancel').calling).toBe('destroyTestSystem');
  });
});
