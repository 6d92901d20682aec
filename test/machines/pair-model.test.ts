import { describe, expect, it } from 'vitest';
import type { CommitPolicy } from '../../src/domain/member.ts';
import { explore, historyOf, type Node, type Taken } from './support/explore.ts';
import { member, SETTINGS } from './support/facts.ts';
import { isUp, pairMoves, STAGES, type Trouble, type TwoHosts } from './support/pair-model.ts';
import { statusOf } from './support/position.ts';
import { assert, callsIn, inspectState } from './support/rules.ts';

const input = (commit: CommitPolicy) => ({
  ...member({
    strategy: 'reverse',
    retry: { ...SETTINGS.retry, attempts: 2 },
    stable: 0,
    reverse: { ...SETTINGS.reverse, commit, shutdown: { within: 60_000, turnOff: true } },
  }),
  partner: 'hv-dr-02',
});

function inspectPair(taken: Taken<TwoHosts>): void {
  const { after, event } = taken;
  for (const call of callsIn(taken)) {
    assert(event?.type === 'host.observed', `${call.effect} is called without a look`);
    assert(after.position.snapshot.context.doubt === null, `${call.effect} is called while an earlier call is in doubt`);
    if (call.effect === 'reverseReplication' && call.side === 'home')
      assert(after.position.snapshot.context.homeAt !== null, 'made final before it was verified');
  }
}

function inspectPairState(node: Node<TwoHosts>): void {
  inspectState(node);
  const { home, away, crime } = node.world;
  assert(crime === null, crime ?? '');
  assert(!(isUp(home) && isUp(away)), 'both copies run');
  const status = statusOf(node.position);
  if (status === 'completed')
    assert(home.mode === 1 && home.power === 2 && away.mode === 2, 'completed, but the VM is not home, running and protected');
}

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'cancelled at any moment': { cancel: true },
  'requests that arrive late': { late: true },
  'a host out of sight': { dark: true },
  'replication that breaks': { breaks: true },
};

describe('with two hosts that behave like ones', () => {
  const cases = ['failed over home', 'running at home', 'home, off', 'home'].flatMap((stage) =>
    Object.keys(TROUBLES).map((trouble) => [stage, trouble] as const),
  );

  it.each(cases)('no copy is ever started beside the other, and every lifecycle can come home or end: %s, %s', (stage, trouble) => {
    for (const commit of ['commit', 'none', 'rollback'] as const) {
      const explored = explore<TwoHosts>({
        input: input(commit),
        world: STAGES[stage] as TwoHosts,
        moves: pairMoves(TROUBLES[trouble] as Trouble),
        inspect: inspectPair,
        inspectState: inspectPairState,
      });
      console.log(`pair model, ${stage}, ${trouble}, ${commit}: ${explored.states} states, ${explored.transitions} transitions`);
      const isHome = ({ position }: Node<TwoHosts>) => statusOf(position) === 'completed';
      const isCancelled = ({ position }: Node<TwoHosts>) => position.snapshot.context.cancelRequested;
      expect(
        explored
          .cutOffFrom((node) => isHome(node) || isCancelled(node))
          .slice(0, 1)
          .map(historyOf),
      ).toEqual([]);
    }
  });
});
