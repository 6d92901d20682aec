import type { AnyStateMachine } from 'xstate';
import { type Request, toRequests } from './effects.ts';
import { type ActionRef, type Node, passage, type Transition } from './table-nodes.ts';

export type Context = Readonly<Record<string, unknown>>;

export interface TableEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

interface Args {
  readonly context: Context;
  readonly event: TableEvent;
}

/** What a transition does, one thing after the other. */
export type Op =
  | { readonly kind: 'assign'; readonly update: (args: Args) => Context }
  | { readonly kind: 'start'; readonly id: string; readonly src: string; readonly input: (args: Args) => unknown }
  | { readonly kind: 'stop'; readonly id: string }
  | { readonly kind: 'arm'; readonly id: string; readonly delay: (args: Args) => number }
  | { readonly kind: 'ask'; readonly requests: (args: Args) => readonly Request[] };

/** A transition as it is taken from one place. */
export interface TableRow<Place> {
  readonly guard: ((args: Args) => boolean) | null;
  readonly ops: readonly Op[];
  readonly to: Place;
}

type Update = (args: Args, params: unknown) => Context;
type Implementations = {
  readonly guards: Readonly<Record<string, (args: Args, params: unknown) => boolean>>;
  readonly actions: Readonly<Record<string, BuiltIn>>;
  readonly delays: Readonly<Record<string, number | ((args: Args) => number)>>;
};

/** The functions XState's action creators return carry what they were made of. */
interface BuiltIn {
  readonly type?: string;
  readonly assignment?: Update | Readonly<Record<string, unknown>>;
  readonly id?: string;
  readonly event?: { readonly type: string };
  readonly delay?: string | number;
  readonly sendId?: string;
}

/** @throws Error for actions a table does not know */
export function compileRow<Place>(
  machine: AnyStateMachine,
  leaf: Node,
  transition: Transition,
  placeOf: (leaf: Node) => Place,
): TableRow<Place> {
  const implementations = machine.implementations as unknown as Implementations;
  const { left, entered } = passage(leaf, transition);
  const named = (actions: readonly ActionRef[]): Op[] => actions.flatMap((action) => compileAction(implementations, action));
  const last = entered.at(-1);
  const ops = [
    ...left.flatMap((node) => [...named(node.exit), ...node.invoke.map(({ id }): Op => ({ kind: 'stop', id }))]),
    ...named(transition.actions),
    ...entered.flatMap((node) => [...named(node.entry), ...node.invoke.map(startOf)]),
    ...(last?.type === 'final' ? named(last.exit) : []),
  ];
  return { guard: guardOf(implementations, transition), ops, to: placeOf(last ?? leaf) };
}

function startOf({ id, src, input }: Node['invoke'][number]): Op {
  return { kind: 'start', id, src: String(src), input: typeof input === 'function' ? (input as (args: Args) => unknown) : () => input };
}

function guardOf({ guards }: Implementations, { guard, source }: Transition): TableRow<never>['guard'] {
  if (guard === undefined) return null;
  const { type, params } = typeof guard === 'string' ? { type: guard, params: undefined } : { params: undefined, ...guard };
  const holds = guards[type];
  if (!holds) throw new Error(`${source.id}: a table knows guards by their names only`);
  return (args) => holds(args, params);
}

function compileAction({ actions, delays }: Implementations, action: ActionRef): readonly Op[] {
  const name = typeof action === 'string' ? action : action.type;
  const builtIn = (typeof action === 'function' ? action : actions[name as string]) as BuiltIn | undefined;
  const params = typeof action === 'object' ? action.params : undefined;
  const paramsOf = typeof params === 'function' ? (params as (args: Args) => unknown) : () => params;
  switch (builtIn?.type) {
    case 'xstate.assign':
      return [{ kind: 'assign', update: updateOf(builtIn, paramsOf) }];
    case 'xstate.raise': {
      const { id, event, delay } = builtIn;
      const delayOf = typeof delay === 'string' ? delays[delay] : delay;
      if (id === undefined || id !== event?.type || delayOf === undefined)
        throw new Error(`a raise of ${event?.type} is not durable: use after`);
      return [{ kind: 'arm', id, delay: typeof delayOf === 'number' ? () => delayOf : delayOf }];
    }
    case 'xstate.cancel': {
      const cancelled: readonly Request[] = [{ kind: 'end', id: String(builtIn.sendId) }];
      return [{ kind: 'ask', requests: () => cancelled }];
    }
    default:
      // An action nobody can make durable is refused now, not when it is met.
      toRequests([{ type: String(name) }]);
      return [{ kind: 'ask', requests: (args) => toRequests([{ type: String(name), params: paramsOf(args) }]) }];
  }
}

function updateOf({ assignment }: BuiltIn, paramsOf: (args: Args) => unknown): (args: Args) => Context {
  if (typeof assignment === 'function') return (args) => assignment(args, paramsOf(args));
  const properties = Object.entries(assignment ?? {});
  return (args) => {
    const params = paramsOf(args);
    const update: Record<string, unknown> = {};
    for (const [key, value] of properties) update[key] = typeof value === 'function' ? (value as Update)(args, params) : value;
    return update;
  };
}
