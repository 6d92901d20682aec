import { expect, it } from 'vitest';
import { STAGE_NAMES, type StageName } from '../../../src/simulator/world/stage.ts';
import { accepted, type Pair, pairIn, reverse, shutDown } from './pair-kit.ts';

/** The next step of the way home, by what both sides show; false when there is none. */
async function step(pair: Pair): Promise<boolean> {
  const { test, away, home } = pair;
  const [awayMode, awayState, awayPower] = test.seen(away);
  const [homeMode, homeState, homePower] = test.seen(home);
  const is = (aMode: number, aState: number, hMode: number, hState: number) =>
    awayMode === aMode && awayState === aState && homeMode === hMode && homeState === hState;
  if (homeMode === 1 && awayMode === 2 && (awayState === 5 || awayState === 6)) {
    if (homePower === 2) await accepted(test.power(home, 3));
    else if (homeState === 4) await accepted(reverse(pair, away));
    else if (awayState === 5) await accepted(test.replication(away, 'CommitFailover'));
    else await accepted(test.changeState(home, 2));
  } else if (is(2, 6, 2, 2)) await accepted(reverse(pair, away));
  else if (is(1, 1, 2, 2)) await accepted(test.replication(away, 'StartReplication', { InitialReplicationType: 3 }));
  else if (is(1, 7, 2, 7)) await accepted(test.changeState(away, 3));
  else if (is(1, 9, 2, 3)) await accepted(test.replication(away, 'Resynchronize'));
  else if (is(1, 3, 2, 3) && awayPower === 2) expect((await shutDown(pair, away)).returnValue).toBe(0);
  else if (is(1, 3, 2, 3)) await accepted(test.changeState(away, 4));
  else if (is(1, 4, 2, 3)) await accepted(test.replication(home, 'InitiateFailover', { SnapshotSettingData: null }));
  else if (is(1, 4, 2, 5) && homePower === 3) await accepted(test.power(home, 2));
  else if (is(1, 4, 2, 5)) await accepted(reverse(pair, home));
  else if (is(2, 3, 1, 3) && homePower === 3) await accepted(test.power(home, 2));
  else return false;
  return true;
}

it.each(STAGE_NAMES)('from %s every pair can be brought home and protected, with one copy running', async (stage: StageName) => {
  const pair = pairIn(stage);
  const { test, away, home } = pair;
  let quiet = 0;
  for (let steps = 0; steps < 30 && quiet < 3; steps += 1) {
    quiet = (await step(pair)) ? 0 : quiet + 1;
    test.advance(150);
  }
  expect([test.seen(away), test.seen(home)]).toEqual([
    [2, 3, 3],
    [1, 3, 2],
  ]);
  expect([home.consistent, test.world.incidents]).toEqual([true, []]);
});
