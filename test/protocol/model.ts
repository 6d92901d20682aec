import { Lifecycles } from './lifecycle.ts';
import type { Protocol } from './runtime-steps.ts';
import { firstState, NAMES, type State } from './state.ts';
import { type Bounds, prune, type Rules, type Step } from './step.ts';
import { workerSteps } from './worker-steps.ts';
import { worldSteps } from './world-steps.ts';

const PRODUCT: Rules = {
  claims: true,
  epochs: true,
  looksFirst: true,
  sendWindow: true,
  doubtTime: true,
  tokens: true,
  revisions: true,
  outbox: true,
  sweepsClaims: true,
  sweepsDue: true,
  unsticks: true,
  stalls: true,
  calm: 'look',
  freshTokens: true,
};

/** One member, two worker processes, one Redis, one host: what may happen next in any state. */
export class Model {
  readonly protocol: Protocol;

  constructor(bounds: Bounds, rules: Partial<Rules> = {}) {
    this.protocol = { lifecycles: new Lifecycles(), rules: { ...PRODUCT, ...rules }, bounds };
  }

  first(): State {
    return firstState(this.protocol.lifecycles.first());
  }

  *steps(state: State): Generator<Step> {
    const { bounds, rules } = this.protocol;
    const pruned = ({ next, ...step }: Step): Step => ({ ...step, next: rules.tokens ? prune(next, bounds) : next });
    for (const name of NAMES) for (const step of workerSteps(this.protocol, state, name)) yield pruned(step);
    for (const step of worldSteps(this.protocol, state)) yield pruned(step);
  }
}
