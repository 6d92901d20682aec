import type { AnyStateMachine, StateValue } from 'xstate';
import type { Request } from './effects.ts';
import { type Node, nodesOf } from './table-nodes.ts';
import { type Context, compileRow, type Op, type TableEvent, type TableRow } from './table-rows.ts';

/** What an event leads to. */
export interface Stepped {
  readonly value: StateValue;
  readonly context: Context;
  readonly done: boolean;
  readonly requests: readonly Request[];
}

/** Transitions without an event of their own that may follow one event, unless the machine says fewer. */
const MOST_STEPS = 1000;

/** A place where a machine can rest, with everything that can happen there. */
interface Place {
  readonly value: StateValue;
  readonly tags: ReadonlySet<string>;
  readonly done: boolean;
  readonly on: ReadonlyMap<string, readonly TableRow<Place>[]>;
  readonly always: readonly TableRow<Place>[];
}

/** A place whose rows are still to be made: they name other places. */
interface Draft extends Place {
  readonly on: Map<string, TableRow<Place>[]>;
  readonly always: TableRow<Place>[];
}

/** What has happened so far within one step. */
interface Progress {
  place: Place;
  context: Context;
  readonly requests: Request[];
  /** Ids of the effects that are alive. */
  readonly live: Set<string>;
}

/**
 * A machine as a table: for every place where it can rest and every event the transitions in the order in which they are tried, each with
 * what it does from the first exit to the last entry. Made from XState's own description of the machine once, and walked instead of
 * XState's `transition()`, which takes ten times as long; the tests compare both on every generated path.
 *
 * Knows what the machines here use: compound states, `always`, `after`, `invoke`, named guards and actions. Anything else (parallel states,
 * history, events raised at once) is refused when the table is made.
 */
export class TransitionTable {
  readonly #places = new Map<string, Place>();
  readonly #mostSteps: number;

  /** @throws Error for a machine that uses what the table does not know */
  constructor(machine: AnyStateMachine) {
    this.#mostSteps = Math.min(machine.options?.maxIterations ?? MOST_STEPS, MOST_STEPS);
    const leaves = nodesOf(machine).filter(({ states }) => Object.keys(states).length === 0);
    const drafts = new Map<Node, Draft>();
    for (const leaf of leaves) {
      const value = stateValueOf(leaf);
      const tags = new Set(chainOf(leaf).flatMap((node) => node.tags));
      const place: Draft = { value, tags, done: leaf.type === 'final' && leaf.parent?.parent === undefined, on: new Map(), always: [] };
      drafts.set(leaf, place);
      this.#places.set(keyOf(value), place);
    }
    const placeOf = (leaf: Node): Place => drafts.get(leaf) as Place;
    for (const [leaf, place] of drafts) {
      for (const node of chainOf(leaf)) {
        for (const transition of node.always ?? []) place.always.push(compileRow(machine, leaf, transition, placeOf));
        for (const [event, transitions] of node.transitions) {
          const rows = place.on.get(event) ?? [];
          rows.push(...transitions.map((transition) => compileRow(machine, leaf, transition, placeOf)));
          place.on.set(event, rows);
        }
      }
    }
  }

  /** True when the machine has such a state. */
  knows(value: StateValue): boolean {
    return this.#places.has(keyOf(value));
  }

  hasTag(value: StateValue, tag: string): boolean {
    return this.#place(value).tags.has(tag);
  }

  /**
   * Delivers an event.
   * @param live ids of the effects that are alive
   * @returns null when nothing happens
   * @throws Error for a state the machine does not have, and for transitions that never come to rest
   */
  step(value: StateValue, context: Context, event: TableEvent, live: Iterable<string>): Stepped | null {
    const progress: Progress = { place: this.#place(value), context, requests: [], live: new Set(live) };
    let moved = this.#take(progress, progress.place.on.get(event.type) ?? [], event) === 'changed';
    for (let steps = 0; !progress.place.done; steps++) {
      if (steps > this.#mostSteps) throw new Error(`the machine does not come to rest after ${event.type}`);
      const taken = this.#take(progress, progress.place.always, event);
      if (taken === 'changed') moved = true;
      else break;
    }
    if (!moved) return null;
    const { place, requests } = progress;
    if (place.done) for (const id of progress.live) requests.push({ kind: 'end', id });
    return { value: place.value, context: progress.context, done: place.done, requests };
  }

  /** Takes the first of the transitions whose guard holds. */
  #take(progress: Progress, rows: readonly TableRow<Place>[], event: TableEvent): 'none' | 'same' | 'changed' {
    const row = rows.find(({ guard }) => guard === null || guard({ context: progress.context, event }));
    if (!row) return 'none';
    let changed = row.to !== progress.place;
    for (const op of row.ops) if (carryOut(op, progress, event)) changed = true;
    progress.place = row.to;
    return changed ? 'changed' : 'same';
  }

  #place(value: StateValue): Place {
    const place = this.#places.get(keyOf(value));
    if (!place) throw new Error(`the machine has no state ${JSON.stringify(value)}`);
    return place;
  }
}

/** Returns whether the state of the machine is another one after it, by XState's reckoning. */
function carryOut(op: Op, progress: Progress, event: TableEvent): boolean {
  const { context, requests, live } = progress;
  switch (op.kind) {
    case 'assign':
      progress.context = { ...context, ...op.update({ context, event }) };
      return true;
    case 'start':
      live.add(op.id);
      requests.push({ kind: 'start', id: op.id, src: op.src, input: op.input({ context, event }) });
      return true;
    case 'stop':
      if (live.delete(op.id)) requests.push({ kind: 'end', id: op.id });
      return true;
    case 'arm':
      requests.push({ kind: 'arm', id: op.id, delay: op.delay({ context, event }) });
      return false;
    case 'ask':
      requests.push(...op.requests({ context, event }));
      return false;
  }
}

function chainOf(leaf: Node): readonly Node[] {
  const chain: Node[] = [];
  for (let node: Node | undefined = leaf; node; node = node.parent) chain.push(node);
  return chain;
}

function stateValueOf(leaf: Node): StateValue {
  const { parent } = leaf;
  if (!parent?.parent) return leaf.key;
  let value: StateValue = leaf.key;
  for (let node: Node | undefined = parent; node?.parent; node = node.parent) value = { [node.key]: value };
  return value;
}

function keyOf(value: StateValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
