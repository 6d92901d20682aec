import type { Model } from './model.ts';
import { isAtRest, PROMISES } from './promises.ts';
import { keyOf, type State } from './state.ts';
import type { Step } from './step.ts';

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** The first promise that was broken, with the shortest way there; null when all were kept. */
  readonly broken: { readonly promise: string; readonly trace: readonly Step[] } | null;
  /** Which parts of the product took a step. */
  readonly stepsOf: ReadonlySet<string>;
}

export interface Limits {
  /** More states than this mean that something grows without bound. Default 5,000,000. */
  readonly most?: number;
}

export const STUCK = 'from everywhere the member comes to rest without further trouble';

/**
 * Breadth first over all interleavings. The promises are looked at in every state; afterwards it is followed backwards, over steps without
 * trouble, from which states the member comes to rest.
 * @throws Error when there are more states than `most`
 */
export function explore(model: Model, { most = 5_000_000 }: Limits = {}): Explored {
  const first = model.first();
  const known = new Map<string, number>([[keyOf(first), 0]]);
  const states: (State | null)[] = [first];
  const cameFrom: number[] = [-1];
  const came: number[] = [-1];
  /** Pairs of numbers: from, to. */
  const easy: number[] = [];
  const resting: number[] = [];
  const stepsOf = new Set<string>();
  let transitions = 0;
  const found = (promise: string, at: number): Explored => ({
    states: known.size,
    transitions,
    broken: { promise, trace: traceTo(model, at, cameFrom, came) },
    stepsOf,
  });
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as State;
    // Only what is still to be explored is kept; a trace is made anew from the numbers.
    states[at] = null;
    for (const [promise, holds] of Object.entries(PROMISES)) if (!holds(state)) return found(promise, at);
    if (isAtRest(state)) resting.push(at);
    let n = -1;
    for (const { by, trouble, next } of model.steps(state)) {
      n++;
      transitions++;
      stepsOf.add(by);
      const key = keyOf(next);
      let to = known.get(key);
      if (to === undefined) {
        to = states.length;
        if (to >= most) throw new Error(`more than ${most} states`);
        known.set(key, to);
        states.push(next);
        cameFrom.push(at);
        came.push(n);
      }
      if (trouble === null && to !== at) easy.push(at, to);
    }
  }
  const stuck = firstThatNeverRests(states.length, easy, resting);
  return stuck === null ? { states: known.size, transitions, broken: null, stepsOf } : found(STUCK, stuck);
}

/** The first state from which no state at rest is reached over the given steps. */
function firstThatNeverRests(count: number, easy: readonly number[], resting: readonly number[]): number | null {
  const starts = new Uint32Array(count + 1);
  for (let i = 1; i < easy.length; i += 2) starts[easy[i] as number] = (starts[easy[i] as number] ?? 0) + 1;
  for (let i = 0, sum = 0; i <= count; i++) {
    sum += starts[i] ?? 0;
    starts[i] = sum;
  }
  const into = new Uint32Array(easy.length / 2);
  for (let i = 0; i < easy.length; i += 2) {
    const to = easy[i + 1] as number;
    const place = (starts[to] ?? 0) - 1;
    starts[to] = place;
    into[place] = easy[i] as number;
  }
  const rests = new Uint8Array(count);
  const open = [...resting];
  for (const at of open) rests[at] = 1;
  while (open.length > 0) {
    const at = open.pop() as number;
    for (let i = starts[at] as number; i < (starts[at + 1] as number); i++) {
      const from = into[i] as number;
      if (rests[from] === 1) continue;
      rests[from] = 1;
      open.push(from);
    }
  }
  const stuck = rests.indexOf(0);
  return stuck < 0 ? null : stuck;
}

/** The steps from the first state to the one of this number. */
function traceTo(model: Model, at: number, cameFrom: readonly number[], came: readonly number[]): readonly Step[] {
  const choices: number[] = [];
  for (let now = at; now > 0; now = cameFrom[now] as number) choices.unshift(came[now] as number);
  const trace: Step[] = [];
  let state = model.first();
  for (const choice of choices) {
    const step = [...model.steps(state)][choice] as Step;
    trace.push(step);
    state = step.next;
  }
  return trace;
}

/** A trace as people read it. */
export function tell(trace: readonly Step[]): string {
  return trace.map(({ by, worker, what }, n) => `${String(n + 1).padStart(3)}. ${worker ?? ' '}  ${by}  ${what}`).join('\n');
}
