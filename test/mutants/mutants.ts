import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { failbackMachine } from '../../machines/failback.ts';
import { failbackGuards } from '../../machines/failback-guards.ts';
import { TransitionTable } from '../../src/runtime/transition-table.ts';

/** The machine with one thing about it changed. */
export interface Mutant {
  /** Where, and what was done: "checking: always[11] guard 'may start' := true". */
  readonly name: string;
  /** What the unchanged machine must do in a test that can notice the mutant, as a recording says it. */
  readonly shownBy: string;
  /** Made anew every time it is asked for. */
  table(): TransitionTable;
}

interface Change extends Pick<Mutant, 'name' | 'shownBy'> {
  /** @returns how to undo it */
  make(): () => void;
}

/** Descriptions of states as XState keeps them, to be changed in place. */
interface MutableTransition {
  guard?: string | { readonly type: string; readonly params?: unknown };
  actions: readonly unknown[];
  target: readonly AnyStateNode[] | undefined;
}
interface MutableNode {
  readonly entry: unknown[];
  readonly exit: unknown[];
  readonly invoke: { readonly id: string }[];
}

/**
 * Every mutant of the lifecycle: each transition removed, each guard always true, each action dropped from a transition, an entry or an
 * exit, each effect not started, each deadline not armed, and each transition led to `needsOperator` instead. A guard that is always
 * false is a transition removed. The machine the product runs is not touched.
 */
export function mutants(): readonly Mutant[] {
  const machine = failbackMachine.provide({ guards: { 'always true': () => true, 'always false': () => false } } as never);
  return changesOf(machine).map(({ make, ...mutant }) => ({
    ...mutant,
    table: () => {
      const undo = make();
      try {
        return new TransitionTable(machine);
      } finally {
        undo();
      }
    },
  }));
}

/** The machine as it is, which notes in `shown` for every transition whether it was taken and whether its guard did not hold. */
export function recording(shown: Set<string>): TransitionTable {
  type Noted = { readonly place: string; readonly guard: string | null; readonly into: readonly string[] };
  const noted = (args: never, { place, guard, into }: Noted) => {
    const holds = guard === null || (failbackGuards as Record<string, (args: never) => boolean>)[guard]?.(args) === true;
    shown.add(holds ? taken(place) : refused(place));
    if (holds) for (const state of into) shown.add(state);
    return holds;
  };
  const machine = failbackMachine.provide({ guards: { noted } } as never);
  for (const [place, transition] of transitionsOf(machine))
    transition.guard = {
      type: 'noted',
      params: { place, guard: guardOf(transition), into: around(transition).map(entered) } satisfies Noted,
    };
  return new TransitionTable(machine);
}

function taken(place: string): string {
  return `${place} is taken`;
}

function refused(place: string): string {
  return `${place} is refused`;
}

function entered(node: AnyStateNode): string {
  return `${pathOf(node)} is entered`;
}

/** Every state a transition may enter. */
function around({ target }: MutableTransition): readonly AnyStateNode[] {
  const to = target?.[0];
  if (!to) return [];
  const above: AnyStateNode[] = [];
  for (let node: AnyStateNode | undefined = to; node; node = node.parent) above.push(node);
  const below: AnyStateNode[] = [];
  for (let [node] = to.initial?.target ?? []; node; [node] = node.initial?.target ?? []) below.push(node);
  return [...above, ...below];
}

function transitionsOf(machine: AnyStateMachine): readonly (readonly [place: string, transition: MutableTransition])[] {
  return statesBelow(machine.root).flatMap((node) =>
    [...node.transitions, ['always', node.always ?? []] as const].flatMap(([event, all]) =>
      all.map((one, n) => [`${pathOf(node)}: ${event}[${n}]`, one as unknown as MutableTransition] as const),
    ),
  );
}

function guardOf({ guard }: MutableTransition): string | null {
  return guard === undefined ? null : typeof guard === 'string' ? guard : guard.type;
}

function changesOf(machine: AnyStateMachine): readonly Change[] {
  const operator = machine.root.states.needsOperator as AnyStateNode;
  return [
    ...statesBelow(machine.root).flatMap(changesOfState),
    ...transitionsOf(machine).flatMap(([place, transition]) => changesOfTransition(place, transition, operator)),
  ];
}

function changesOfState(node: AnyStateNode): readonly Change[] {
  const parts = node as unknown as MutableNode;
  const place = pathOf(node);
  const dropped = [
    ...(['entry', 'exit'] as const).flatMap((part) =>
      parts[part].map((one, n) => drop(parts[part], n, `${place}: ${part} ${labelOf(one)}`)),
    ),
    ...parts.invoke.map(({ id }, n) => drop(parts.invoke, n, `${place}: effect ${id}`)),
  ];
  return dropped.map((change) => ({ ...change, shownBy: entered(node) }));
}

function changesOfTransition(place: string, given: MutableTransition, operator: AnyStateNode): readonly Change[] {
  const guard = guardOf(given);
  const at = guard === null ? place : `${place} guard '${guard}'`;
  const to = given.target?.[0];
  const shownBy = taken(place);
  const changes: Change[] = [{ name: `${at} removed`, shownBy, make: () => set(given, 'guard', 'always false') }];
  if (guard !== null) changes.push({ name: `${at} := true`, shownBy: refused(place), make: () => set(given, 'guard', 'always true') });
  // Lists of actions are shared by the transitions that were made from one description.
  changes.push(
    ...given.actions.map((one, n) => ({
      name: `${at} action ${labelOf(one)} dropped`,
      shownBy,
      make: () => set(given, 'actions', given.actions.toSpliced(n, 1)),
    })),
  );
  if (to !== undefined && to !== operator)
    changes.push({ name: `${at} ${pathOf(to)} := needsOperator`, shownBy, make: () => set(given, 'target', [operator]) });
  return changes;
}

/** One entry of a list is dropped. */
function drop(list: unknown[], index: number, name: string): Omit<Change, 'shownBy'> {
  return {
    name: `${name} dropped`,
    make: () => {
      const [dropped] = list.splice(index, 1);
      return () => {
        list.splice(index, 0, dropped);
      };
    },
  };
}

function set<Owner extends object, Key extends keyof Owner>(owner: Owner, key: Key, value: Owner[Key]): () => void {
  const before = owner[key];
  owner[key] = value;
  return () => {
    owner[key] = before;
  };
}

function labelOf(action: unknown): string {
  if (typeof action === 'string') return action;
  const { type, params, event, sendId } = action as { type: string; params?: unknown; event?: { type: string }; sendId?: string };
  return [type, event?.type ?? sendId ?? (typeof params === 'object' ? JSON.stringify(params) : '')].join(' ').trimEnd();
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.') || 'anywhere';
}

function statesBelow(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(statesBelow)];
}
