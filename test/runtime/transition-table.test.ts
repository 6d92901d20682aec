import { describe, expect, it } from 'vitest';
import { assign, createActor, createMachine, raise, setup, transition } from 'xstate';
import { runMachine } from '../../machines/run.ts';
import { toRequests } from '../../src/runtime/effects.ts';
import { TransitionTable } from '../../src/runtime/transition-table.ts';

// That table and XState agree on the lifecycle of a member is checked on every path the explorations of test/machines generate.
describe('agrees with XState', () => {
  it('on every event in every state of a run', () => {
    const table = new TransitionTable(runMachine);
    const events = [...runMachine.events.map(String), 'unheard.of'].filter((type) => !type.includes('*'));
    const states = Object.keys(runMachine.states);
    for (const value of states) {
      const live = value.endsWith('ing') && value !== 'running' ? ['tell'] : [];
      const children = Object.fromEntries(
        live.map((id) => [id, { src: 'tellMembers', snapshot: { status: 'active' }, syncSnapshot: false }]),
      );
      const stored = { status: 'active', value, context: {}, children, historyValue: {} };
      const before = createActor(runMachine, { snapshot: stored as never }).getSnapshot();
      for (const type of events) {
        const [after, actions] = transition(runMachine, before, { type, at: 1 } as never);
        const stepped = table.step(value, {}, { type, at: 1 }, live);
        // An error nobody takes ends XState's machine; the runtime never delivers one.
        if ((after.status as string) === 'error') continue;
        const expected =
          after === before
            ? null
            : { value: after.value, context: after.context, done: after.status === 'done', requests: toRequests(actions) };
        expect({ value, type, stepped }).toEqual({ value, type, stepped: expected });
      }
    }
    expect(states.length * events.length).toBeGreaterThan(50);
  });

  it('on which states are left and entered, from the inside out and from the outside in', () => {
    const log = (what: string) => assign({ log: ({ context }: { context: { log: string } }) => `${context.log} ${what}` });
    const named = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, log(name)]));
    const marks = ['a', 'b', 'a1', 'a2', 'b1'];
    const machine = setup({
      types: { context: {} as { log: string } },
      actions: named([...marks.map((mark) => `+${mark}`), ...marks.map((mark) => `-${mark}`), 'go']) as never,
    }).createMachine({
      context: { log: '' },
      initial: 'a',
      states: {
        a: {
          entry: '+a',
          exit: '-a',
          initial: 'a1',
          on: {
            INNER: { target: '.a2', actions: 'go' },
            AGAIN: { target: 'a', reenter: true, actions: 'go' },
            SAME: { target: 'a', actions: 'go' },
          },
          states: {
            a1: {
              entry: '+a1',
              exit: '-a1',
              on: { NEXT: { target: 'a2', actions: 'go' }, SELF: { target: 'a1', actions: 'go' }, OUT: 'last' },
            },
            a2: { entry: '+a2', exit: '-a2' },
            last: { type: 'final' },
          },
        },
        b: {
          entry: '+b',
          exit: '-b',
          initial: 'b1',
          on: { BACK: { target: 'a', actions: 'go' } },
          states: { b1: { entry: '+b1', exit: '-b1' } },
        },
      },
    } as never);
    const table = new TransitionTable(machine as never);
    for (const value of [{ a: 'a1' }, { a: 'a2' }, { b: 'b1' }]) {
      const before = machine.resolveState({ value, context: { log: '' } } as never);
      for (const type of ['INNER', 'AGAIN', 'SAME', 'NEXT', 'SELF', 'OUT', 'BACK']) {
        const [after] = transition(machine as never, before as never, { type } as never);
        const stepped = table.step(value, { log: '' }, { type }, []);
        expect({ type, to: stepped?.value ?? value, log: stepped?.context.log ?? '' }).toEqual({
          type,
          to: (after as { value: unknown }).value,
          log: (after as { context: { log: string } }).context.log,
        });
      }
    }
  });
});

describe('refuses what it does not know when it is made', () => {
  it.each([
    ['parallel states', { type: 'parallel', states: { a: {}, b: {} } }],
    ['wildcards', { initial: 'a', states: { a: { on: { '*': 'a' } } } }],
    ['onDone of states', { initial: 'a', states: { a: { initial: 'x', onDone: 'a', states: { x: { type: 'final' } } } } }],
    ['guards by their names', { initial: 'a', states: { a: { on: { GO: { target: 'a', guard: () => true } } } } }],
    ['not durable', { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { entry: raise({ type: 'GO' }) } } }],
    ['not durable', { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { entry: 'somethingUnheardOf' } } }],
  ])('%s', (what, config) => {
    expect(() => new TransitionTable(createMachine(config as never))).toThrow(what);
  });
});

it('gives up on transitions that never come to rest', () => {
  const config = { context: { n: 0 }, initial: 'a', states: { a: { on: { GO: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } };
  expect(() => new TransitionTable(createMachine(config)).step('a', { n: 0 }, { type: 'GO' }, [])).toThrow('does not come to rest');
});
