import { fromPromise, setup } from 'xstate';
import type { MemberStatus } from '../src/domain/member.ts';

/** What a run tells its members, and which of them; carried out by the runtime, repeated after a crash. */
export interface TellInput {
  readonly event: 'failback.pause' | 'failback.resume' | 'failback.cancel';
  readonly to: readonly MemberStatus[];
}

export type RunEvent =
  | { readonly type: 'run.pause'; readonly at: number }
  | { readonly type: 'run.resume'; readonly at: number }
  | { readonly type: 'run.cancel'; readonly at: number }
  /** Every member has ended. */
  | { readonly type: 'run.settled'; readonly at: number }
  /** An ended member is retried. */
  | { readonly type: 'run.reopen'; readonly at: number };

const tell = (event: TellInput['event'], to: readonly MemberStatus[]): TellInput => ({ event, to });

/** The lifecycle of a run. Members are admitted only while it is `running` (tag `admitting`). */
export const runMachine = setup({
  types: {
    context: {} as Record<string, never>,
    events: {} as RunEvent,
    tags: {} as 'admitting' | 'working' | 'paused' | 'completed',
  },
  actors: { tellMembers: fromPromise<{ told: number }, TellInput>(() => Promise.reject(new Error('effects run in workers'))) },
}).createMachine({
  id: 'run',
  context: {},
  initial: 'running',
  states: {
    running: { tags: ['working', 'admitting'], on: { 'run.pause': 'pausing', 'run.cancel': 'cancelling', 'run.settled': 'finished' } },
    pausing: {
      tags: 'paused',
      invoke: {
        id: 'tell',
        src: 'tellMembers',
        input: () => tell('failback.pause', ['working', 'attention']),
        onDone: 'paused',
        onError: { target: 'pausing', reenter: true },
      },
      on: { 'run.resume': 'resuming', 'run.cancel': 'cancelling', 'run.settled': 'finished' },
    },
    paused: { tags: 'paused', on: { 'run.resume': 'resuming', 'run.cancel': 'cancelling', 'run.settled': 'finished' } },
    resuming: {
      tags: ['working', 'admitting'],
      invoke: {
        id: 'tell',
        src: 'tellMembers',
        input: () => tell('failback.resume', ['working', 'paused', 'attention']),
        onDone: 'running',
        onError: { target: 'resuming', reenter: true },
      },
      on: { 'run.pause': 'pausing', 'run.cancel': 'cancelling', 'run.settled': 'finished' },
    },
    cancelling: {
      tags: 'working',
      invoke: {
        id: 'tell',
        src: 'tellMembers',
        input: () => tell('failback.cancel', ['pending', 'working', 'paused', 'attention']),
        onDone: 'cancelled',
        onError: { target: 'cancelling', reenter: true },
      },
      on: { 'run.settled': 'finished' },
    },
    /** Every member has been told; those that can not stop at once are still on their way. */
    cancelled: { tags: 'working', on: { 'run.settled': 'finished', 'run.reopen': 'running' } },
    finished: { tags: 'completed', on: { 'run.reopen': 'running' } },
  },
});
