import { mayBeAtWork } from '../../../machines/failback-context.ts';
import type { CommitPolicy, MemberInput } from '../../../src/domain/member.ts';
import { type Explored, explore, historyOf, type Node } from './explore.ts';
import { member, SETTINGS } from './facts.ts';
import { COPY_AT, isUp, NODES, pairKey, pairMoves, STAGES, type Trouble, type TwoHosts } from './pair-model.ts';
import { statusOf } from './position.ts';
import { assert, inspect, inspectState, isSeenRunning } from './rules.ts';

export interface PairCase {
  readonly stage: string;
  readonly trouble: Trouble;
  readonly commit: CommitPolicy;
  /** Calls a step may make before it gives up. */
  readonly attempts: number;
}

/** A member of strategy `reverse` that proves nothing over time: how long a condition holds is no matter of order. */
function input({ commit, attempts, trouble }: PairCase): MemberInput {
  const copyAt = trouble.waits ? new Date(COPY_AT).toISOString() : null;
  const reverse = { ...SETTINGS.reverse, commit, copyAt, shutdown: { within: 60_000, turnOff: commit !== 'rollback' } };
  const one = member({ strategy: 'reverse', retry: { ...SETTINGS.retry, attempts }, stable: 0, reverse });
  return { ...one, partner: 'hv-dr-02', ...(trouble.moves && { nodes: { home: NODES, away: [] } }) };
}

/** The rules of every state. `wasRunning`: the VM ran away when the lifecycle began. */
function inspectPairState(node: Node<TwoHosts>, wasRunning: boolean): void {
  inspectState(node);
  const { home, away, crime } = node.world;
  assert(crime === null, crime ?? '');
  assert(!(isUp(home) && isUp(away)), 'both copies run');
  const status = statusOf(node.position);
  if (status === 'completed')
    assert(
      home.mode === 1 && away.mode === 2 && isSeenRunning(node.position.snapshot.context),
      'completed, but the VM is not home, running and protected',
    );
  const { context } = node.position.snapshot;
  // On course `back` a person has given up halfway.
  if (status !== 'cancelled' || context.course === 'back' || !wasRunning || home.mode === 1) return;
  // Who gives up while nobody knows whether the failover became final leaves the VM at home, where it ran when it was last seen.
  const isOpen = context.homeAt !== null && mayBeAtWork(context);
  assert(away.power === 2 || isOpen, 'cancelled, but the VM that ran away when the run began does not run there');
}

/**
 * Everything that can happen to a lifecycle and two hosts from one starting stage, with one kind of trouble.
 *
 * @throws Error with the way that led there when a rule is broken, or when from some state the VM can neither come home nor a cancel come to its end
 */
export function explorePair(given: PairCase): Explored<TwoHosts> {
  const world = STAGES[given.stage];
  if (!world) throw new Error(`no stage ${given.stage}`);
  const explored = explore<TwoHosts>({
    input: input(given),
    world,
    moves: pairMoves(given.trouble),
    inspect,
    inspectState: (node) => inspectPairState(node, world.away.power === 2),
    keyOf: pairKey,
  });
  const status = ({ position }: Node<TwoHosts>) => statusOf(position);
  const isAsked = ({ position }: Node<TwoHosts>) => position.snapshot.context.cancelRequested;
  const [stuck] = explored.cutOffFrom((node) => status(node) === 'completed' || isAsked(node));
  assert(!stuck, `can not come home any more\n${stuck && historyOf(stuck)}`);
  const [unheard] = explored.cutOffFrom((node) => ['completed', 'cancelled'].includes(status(node)));
  assert(!unheard, `can neither come home nor end\n${unheard && historyOf(unheard)}`);
  return explored;
}
