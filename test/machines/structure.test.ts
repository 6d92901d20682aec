import { describe, expect, it } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { DEFINITIONS } from '../../machines/definitions.ts';
import { failbackMachine } from '../../machines/failback.ts';
import { MEMBER_STATUSES } from '../../src/domain/member.ts';
import { member } from './support/facts.ts';
import { danglingDelays, nodesOf } from './support/structure.ts';

const MACHINES: readonly [string, AnyStateMachine][] = Object.entries(DEFINITIONS).map(([name, { machine }]) => [name, machine]);

describe.each(MACHINES)('machine %s', (_, machine) => {
  const nodes = nodesOf(machine.root);

  it('has no delay that is not defined', () => {
    expect(danglingDelays(machine)).toEqual([]);
  });

  it('names every effect: no id is made from a position', () => {
    for (const { id } of nodes.flatMap((node) => node.invoke)) expect(id).toMatch(/^[a-z]+$/);
  });

  it('has no two effects of one id alive at a time', () => {
    for (const node of nodes) {
      const above = ancestors(node).flatMap((ancestor) => ancestor.invoke.map(({ id }) => id));
      const own = node.invoke.map(({ id }) => id);
      expect(new Set([...above, ...own]).size, node.id).toBe(above.length + own.length);
    }
  });

  it('takes the error of every effect that makes calls', () => {
    for (const node of nodes) {
      for (const { id, src } of node.invoke) {
        if (src === 'callHost') expect(node.ownEvents, node.id).toContain(`xstate.error.actor.${id}`);
      }
    }
  });

  it('asks for nothing and decides nothing by an unnamed function', () => {
    const transitions = nodes.flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])]);
    const actions = [...nodes.flatMap((node) => [...node.entry, ...node.exit]), ...transitions.flatMap((transition) => transition.actions)];
    // `raise` and `cancel` are what XState itself adds for `after`.
    const unnamed = actions.filter((action) => typeof action === 'function' && !['raise', 'cancel'].includes(action.name));
    expect(unnamed).toEqual([]);
    expect(transitions.filter(({ guard }) => typeof guard === 'function')).toEqual([]);
  });
});

describe('the failback machine', () => {
  it('gives every state exactly one status', () => {
    const statuses: readonly string[] = MEMBER_STATUSES;
    for (const node of nodesOf(failbackMachine.root).filter(({ parent }) => parent === failbackMachine.root)) {
      expect(
        node.tags.filter((tag) => statuses.includes(tag)),
        node.id,
      ).toHaveLength(1);
      for (const child of nodesOf(node).slice(1)) expect(child.tags, child.id).toEqual([]);
    }
  });

  it('describes every state in a way people can read', () => {
    const { describe: words } = DEFINITIONS.failback;
    const context = { step: 1, course: 'forth', member: member() };
    expect(words('pending', context)).toBe('pending');
    expect(words('completed', context)).toBe('completed');
    expect(words({ tracking: 'going' }, context)).toBe('start: tracking.going');
  });
});

function ancestors(node: AnyStateMachine['root']): readonly AnyStateMachine['root'][] {
  return node.parent ? [node.parent, ...ancestors(node.parent)] : [];
}
