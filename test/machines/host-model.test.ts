import { describe, expect, it } from 'vitest';
import { ENDED_STATUSES } from '../../src/domain/member.ts';
import { explore, historyOf, type Node } from './support/explore.ts';
import { member, SETTINGS } from './support/facts.ts';
import { COMMITTED, type Host, hostMoves, isCopying } from './support/host-model.ts';
import { statusOf } from './support/position.ts';
import { assert, inspect, inspectState } from './support/rules.ts';

describe('with a host that behaves like one', () => {
  it('no failback runs twice, no VM starts too early, no cancel lies, and every lifecycle can still complete', () => {
    const explored = explore<Host>({
      input: member({ retry: { ...SETTINGS.retry, attempts: 2 }, stable: 0 }),
      world: COMMITTED,
      moves: hostMoves,
      inspect,
      inspectState: (node) => {
        inspectState(node);
        const { crime } = node.world;
        assert(crime === null, crime ?? '');
        const status = statusOf(node.position);
        if (status === 'completed')
          assert(node.world.state === 14 && node.world.power === 2, 'completed, but the VM is not home and running');
        if (['cancelled', 'failed', 'paused'].includes(status)) assert(!isCopying(node.world), `${status} while data is copied`);
      },
    });
    console.log(`host model: ${explored.states} states, ${explored.transitions} transitions`);
    const isCancelled = ({ position }: Node<Host>) => position.snapshot.context.cancelRequested;
    const hasCompleted = ({ position }: Node<Host>) => statusOf(position) === 'completed';
    const hasEnded = ({ position }: Node<Host>) => ENDED_STATUSES.includes(statusOf(position));
    expect(explored.cutOffFrom((node) => hasCompleted(node) || isCancelled(node)).map(historyOf)).toEqual([]);
    expect(explored.cutOffFrom(hasEnded).map(historyOf)).toEqual([]);
  }, 300_000);
});
