import type { MemberInput } from '../../../src/domain/member.ts';
import type { Request } from '../../../src/runtime/effects.ts';
import { type Advance, advance, begin, type Event, type Position, statePath } from './position.ts';

/** One thing that may happen next: to the world, to the lifecycle (`event`), or to both. */
export interface Move<World> {
  readonly label: string;
  readonly event: Event | null;
  readonly world: World;
}

export interface Node<World> {
  readonly position: Position;
  readonly world: World;
  readonly cameFrom: Node<World> | null;
  readonly label: string;
}

export interface Taken<World> {
  readonly before: Node<World>;
  readonly event: Event | null;
  readonly after: Node<World>;
  readonly requests: readonly Request[];
  /** The machine took a transition. */
  readonly moved: boolean;
}

export interface Exploration<World> {
  readonly input: MemberInput;
  readonly world: World;
  moves(node: Node<World>): Iterable<Move<World>>;
  /** What else the world notes about a step, e.g. that a call was started; the result is part of the state. */
  note?(taken: Taken<World>): World;
  /** Throws when a step breaks a rule. */
  inspect(taken: Taken<World>): void;
  /** Throws when a state breaks a rule. */
  inspectState(node: Node<World>): void;
  /** Nodes of one key are one state; absent: those that differ only in what is shown to people. */
  keyOf?(node: Node<World>): string;
  /** From here another exploration goes on. */
  isLeftToOthers?(node: Node<World>): boolean;
}

export interface Explored<World> {
  readonly states: number;
  readonly transitions: number;
  /** Paths of all states the machine rested in. */
  readonly rests: ReadonlySet<string>;
  readonly eventTypes: ReadonlySet<string>;
  /** States from which no state that meets the goal can be reached, whatever happens. */
  cutOffFrom(goal: (node: Node<World>) => boolean): readonly Node<World>[];
}

const AT = 1_700_000_000_000;
/** More states than this mean that something grows without bound. */
const MOST_STATES = 400_000;

/** Breadth first over everything that can happen. States that differ only in what is shown to people are one state. */
export function explore<World>(exploration: Exploration<World>): Explored<World> {
  const { input, moves, inspect, inspectState, note, keyOf = shownKeyOf, isLeftToOthers = () => false } = exploration;
  const first: Node<World> = { position: begin(input).position, world: exploration.world, cameFrom: null, label: 'begin' };
  const nodes = new Map<string, Node<World>>([[keyOf(first), first]]);
  const into = new Map<string, string[]>();
  const rests = new Set<string>();
  const eventTypes = new Set<string>();
  let transitions = 0;
  for (const [key, before] of nodes) {
    rests.add(statePath(before.position.snapshot.value));
    if (nodes.size > MOST_STATES) throw new Error(`more than ${MOST_STATES} states\n${historyOf(before)}`);
    judge(before, () => inspectState(before));
    if (isLeftToOthers(before)) continue;
    for (const { label, event, world } of moves(before)) {
      const { position, requests } = event ? attempt(before, label, event) : { position: before.position, requests: [] };
      const moved = position.snapshot !== before.position.snapshot;
      let after: Node<World> = { position, world, cameFrom: before, label };
      if (note) after = { ...after, world: note({ before, event, after, requests, moved }) };
      transitions++;
      if (event && moved) eventTypes.add(event.type);
      judge(after, () => inspect({ before, event, after, requests, moved }));
      if (position === before.position && after.world === before.world) continue;
      const afterKey = keyOf(after);
      if (!nodes.has(afterKey)) nodes.set(afterKey, after);
      const sources = into.get(afterKey);
      if (sources) sources.push(key);
      else into.set(afterKey, [key]);
    }
  }
  const cutOffFrom = (goal: (node: Node<World>) => boolean) => {
    const reaching = new Set([...nodes].filter(([, node]) => goal(node)).map(([key]) => key));
    for (const key of reaching) for (const source of into.get(key) ?? []) reaching.add(source);
    return [...nodes].filter(([key]) => !reaching.has(key)).map(([, node]) => node);
  };
  return { states: nodes.size, transitions, rests, eventTypes, cutOffFrom };
}

function attempt<World>(before: Node<World>, label: string, event: Event) {
  let result: Advance | null = null;
  judge({ ...before, label, cameFrom: before }, () => {
    result = advance(before.position, event, AT);
  });
  return result as unknown as Advance;
}

/** Adds to an error how the lifecycle got there. */
function judge<World>(node: Node<World>, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${historyOf(node)}`);
  }
}

function shownKeyOf<World>({ position: { snapshot, live, timers }, world }: Node<World>): string {
  const { member: _, seen, failure, ...context } = snapshot.context;
  const shown = [seen === null, failure?.class, failure?.code];
  return JSON.stringify([snapshot.value, context, shown, live, Object.keys(timers), world]);
}

/** The way to a node, for messages. */
export function historyOf<World>(node: Node<World>): string {
  const lines: string[] = [];
  for (let at: Node<World> | null = node; at; at = at.cameFrom) {
    lines.unshift(`  ${at.label} → ${statePath(at.position.snapshot.value)} ${JSON.stringify(at.world)}`);
  }
  return lines.join('\n');
}
