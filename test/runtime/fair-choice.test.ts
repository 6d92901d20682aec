import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseFairly } from '../../src/runtime/fair-choice.ts';

const free = (slots: Readonly<Record<string, number>>) => new Map(Object.entries(slots));
const waiting = (...needs: readonly (readonly string[])[]) => needs.map((some, order) => ({ order, needs: some }));
const orders = (chosen: readonly { readonly order: number }[]) => chosen.map(({ order }) => order);

test('whoever finds a slot of everything it needs, in the order of the plan, whatever the order they are given in', () => {
  const members = waiting(['a', 'b'], ['a'], ['b'], ['a', 'b']);
  expect(orders(chooseFairly([...members].reverse(), free({ a: 2, b: 2 }), 10))).toEqual([0, 1, 2]);
  expect(orders(chooseFairly(members, free({ a: 2, b: 2 }), 2))).toEqual([0, 1]);
});

test('the first one that waits keeps what it needs from those behind it; others that wait do not', () => {
  expect(orders(chooseFairly(waiting(['a', 'b'], ['a']), free({ a: 1, b: 0 }), 10))).toEqual([]);
  expect(orders(chooseFairly(waiting(['a', 'b'], ['a', 'b'], ['a'], ['a']), free({ a: 2, b: 0 }), 10))).toEqual([2]);
});

test('never more than there are slots, and nobody waits who could go when nobody waited before', () => {
  const needs = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 });
  const room = fc.record({ a: fc.nat(3), b: fc.nat(3), c: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(needs, { maxLength: 12 }), room, fc.nat(12), (all, slots, most) => {
      const members = waiting(...all);
      const chosen = chooseFairly(members, free(slots), most);
      expect(chosen.length).toBeLessThanOrEqual(most);
      const left = { ...slots };
      for (const member of chosen) for (const need of member.needs) left[need as 'a'] -= 1;
      expect(Math.min(...Object.values(left))).toBeGreaterThanOrEqual(0);
      const first = members.find((member) => !chosen.includes(member));
      if (first === undefined || chosen.length === most) return;
      const before = chosen.filter(({ order }) => order < first.order);
      const used = (need: string) => before.filter((member) => member.needs.includes(need)).length;
      expect(first.needs.some((need) => slots[need as 'a'] - used(need) <= 0)).toBe(true);
    }),
  );
});
