import type { AnyStateMachine } from 'xstate';

/** The part of XState's description of a state that a table is made from. */
export interface Node {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  /** Position in the document: parents before children. */
  readonly order: number;
  readonly parent: Node | undefined;
  readonly states: Readonly<Record<string, Node>>;
  readonly initial?: { readonly target: readonly Node[]; readonly actions: readonly unknown[] };
  readonly tags: readonly string[];
  readonly entry: readonly ActionRef[];
  readonly exit: readonly ActionRef[];
  readonly invoke: readonly { readonly id: string; readonly src: unknown; readonly input?: unknown }[];
  readonly always?: readonly Transition[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
}

/** An action by name, by name with parameters, or one of XState's own functions. */
export type ActionRef =
  | string
  | { readonly type: string; readonly params?: unknown }
  | (((...args: never[]) => void) & { readonly type?: string });

export interface Transition {
  readonly source: Node;
  readonly target: readonly Node[] | undefined;
  readonly reenter: boolean;
  readonly guard?: string | { readonly type: string; readonly params?: unknown };
  readonly actions: readonly ActionRef[];
}

/**
 * All states of a machine.
 * @throws Error for kinds of states and descriptors of events a table does not know
 */
export function nodesOf(machine: AnyStateMachine): readonly Node[] {
  const nodes: Node[] = [];
  const collect = (node: Node): void => {
    if (!['atomic', 'compound', 'final'].includes(node.type)) throw new Error(`${node.id}: a table knows no ${node.type} states`);
    if ((node.initial?.actions.length ?? 0) > 0) throw new Error(`${node.id}: a table knows no actions of initial transitions`);
    for (const event of node.transitions.keys()) {
      if (event.includes('*')) throw new Error(`${node.id}: a table knows no wildcards (${event})`);
      if (event.startsWith('xstate.done.state.')) throw new Error(`${node.id}: a table knows no onDone of states`);
    }
    nodes.push(node);
    for (const child of Object.values(node.states)) collect(child);
  };
  collect(machine.root as unknown as Node);
  return nodes;
}

/** True when `node` lies within `ancestor` and is not the same. */
function isWithin(node: Node, ancestor: Node): boolean {
  for (let { parent } = node; parent; parent = parent.parent) if (parent === ancestor) return true;
  return false;
}

/** The states a transition leaves, innermost first, and those it enters, outermost first; the rules are those of SCXML. */
export function passage(
  leaf: Node,
  { source, target, reenter }: Transition,
): { readonly left: readonly Node[]; readonly entered: readonly Node[] } {
  const to = target?.[0];
  if (!to) return { left: [], entered: [] };
  if (target.length > 1) throw new Error(`${source.id}: a table knows no transitions with several targets`);
  const domain = domainOf(source, to, reenter);
  const left: Node[] = [];
  for (let node: Node | undefined = leaf; node; node = node.parent) {
    if (isWithin(node, domain)) left.push(node);
  }
  const entered: Node[] = [];
  for (let node: Node | undefined = to; node; node = node.parent) {
    if (isWithin(node, domain)) entered.unshift(node);
  }
  for (let node: Node | undefined = to.initial?.target[0]; node; node = node.initial?.target[0]) entered.push(node);
  return { left, entered };
}

/** The innermost state a transition stays in. */
function domainOf(source: Node, to: Node, reenter: boolean): Node {
  if (!reenter && (to === source || isWithin(to, source))) return source;
  for (let node = source.parent; node; node = node.parent) if (isWithin(to, node)) return node;
  throw new Error(`${source.id}: a table knows no transitions out of the root`);
}
