import { describe, expect, it } from 'vitest';
import { failbackMachine } from '../../machines/failback.ts';
import type { EffectInput } from '../../src/domain/effect.ts';
import { ENDED_STATUSES, type MemberInput, type MemberSettings } from '../../src/domain/member.ts';
import { anything, drilling, homecoming, isRefusal, isReport, type Witness, witness } from './support/anything.ts';
import { type Explored, explore, historyOf, type Node, type Taken } from './support/explore.ts';
import { member, SETTINGS } from './support/facts.ts';
import { statusOf } from './support/position.ts';
import { assert, callsIn, inspect, inspectState } from './support/rules.ts';
import { leafPaths } from './support/structure.ts';

/** `npm run explore` */
const isFull = process.env.EXPLORE === 'full';

const retry = { ...SETTINGS.retry, attempts: 2 };

function inspectWitnessed(taken: Taken<Witness>): void {
  inspect(taken);
  const { after } = taken;
  const { step } = after.position.snapshot.context;
  if (step === 0 && after.world.mayCopy) assert(statusOf(after.position) !== 'cancelled', 'cancelled silently while data may be copied');
  if (after.world.cancelled) {
    assert(
      callsIn(taken).every(({ effect }) => effect === 'terminateJob'),
      'a call is started after a cancel',
    );
    assert(statusOf(after.position) !== 'failed', 'failed although cancelled');
  }
}

function hasEnded({ position }: Node<unknown>): boolean {
  return ENDED_STATUSES.includes(statusOf(position));
}

function run(settings: Partial<MemberSettings>, adopt = false): Explored<Witness> {
  const input: MemberInput = member({ retry, ...settings }, adopt);
  const world = { mayCopy: false, cancelled: false };
  return explore<Witness>({ input, world, moves: anything(homecoming), note: witness, inspect: inspectWitnessed, inspectState });
}

/** A test replica may be there: a call may have made it, and no look since has shown that there is none. */
function isLeft({ before, event }: Taken<boolean>): boolean {
  if (event?.type === 'host.observed' && event.vm) return event.test !== null;
  const called = (before.position.live.call?.input as EffectInput | undefined)?.effect;
  return before.world || (called === 'testReplicaSystem' && isReport(event) && !isRefusal(event));
}

/** Who gives up on the way back has been asked and told. */
function inspectDrill(node: Node<boolean>): void {
  inspectState(node);
  const isOver = [...ENDED_STATUSES, 'failed'].includes(statusOf(node.position));
  const { course } = node.position.snapshot.context;
  assert(!node.world || !isOver || course === 'back', 'a drill ends and leaves its test replica behind');
}

describe('whatever host and operator do', () => {
  const rests = new Set<string>();
  const eventTypes = new Set<string>();

  it.each<[string, Partial<MemberSettings>, boolean]>([
    ['start', {}, false],
    ...(isFull
      ? [['adopted, no start, commit', { start: false, after: 'commit' }, true] as [string, Partial<MemberSettings>, boolean]]
      : []),
  ])(
    'every rule holds on every transition: %s',
    (name, settings, adopt) => {
      const explored = run(settings, adopt);
      console.log(`anything (${name}): ${explored.states} states, ${explored.transitions} transitions`);
      for (const rest of explored.rests) rests.add(rest);
      for (const type of explored.eventTypes) eventTypes.add(type);
      expect(explored.cutOffFrom(hasEnded).map(historyOf)).toEqual([]);
    },
    300_000,
  );

  it('every rule holds on every transition of a drill, and what it made is removed', () => {
    const input = member({ retry: { ...retry, attempts: 1 }, strategy: 'drill' });
    const explored = explore<boolean>({
      input,
      world: false,
      moves: anything(drilling),
      note: isLeft,
      inspect,
      inspectState: inspectDrill,
    });
    console.log(`anything (drill): ${explored.states} states, ${explored.transitions} transitions`);
    expect(explored.cutOffFrom(hasEnded).map(historyOf)).toEqual([]);
  }, 300_000);

  it('every declared state is rested in or passed through, and every event type is taken', () => {
    const passedThrough = leafPaths(failbackMachine.root).filter((path) => !rests.has(path));
    // A member that knows only one side is never asked about the other.
    const twoSided = ['approval', 'locating', 'queued', 'scheduled', 'turning', 'unseen'];
    expect(passedThrough.sort()).toEqual(['achieved', 'adopting', 'cancelling.deciding', 'found', 'notFound', ...twoSided].sort());
    const expected = failbackMachine.events.map(String).filter((type) => /^(failback|host|slot|xstate.(after|done|error))/.test(type));
    const ofOneSide = expected.filter(
      (type) =>
        !/xstate\.(done|error)\.actor\.(watch|slot)|\.(unseen|notBefore|locating)|failback\.(approve|fence)|slot\.granted/.test(type),
    );
    expect([...eventTypes].sort()).toEqual(ofOneSide.sort());
  });
});
