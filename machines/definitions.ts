import type { AnyStateMachine, StateValue } from 'xstate';
import { failbackMachine } from './failback.ts';
import { type FailbackContext, stepOf } from './failback-context.ts';
import { runMachine } from './run.ts';
import { apart, NO_SIGHTS } from './sight.ts';

/** A machine as the runtime hosts it. */
export interface MachineDefinition {
  readonly machine: AnyStateMachine;
  /**
   * Version of the stored form. Raise it whenever a stored state or context of the last release would not fit any more, and whenever a
   * value lifecycles begin with changes: only what differs from those is stored.
   */
  readonly version: number;
  /** From version n to n + 1, for every n below `version` that can still be read. */
  readonly upcasts: Readonly<Record<number, (stored: StoredState) => StoredState>>;
  /** "failback: tracking.going", for journals and people. */
  describe(value: StateValue, context: unknown): string;
  /** It moves data in bulk, or may, as far as it knows. */
  movesData(context: unknown): boolean;
  /** How far the looks it goes by lie apart, milliseconds. */
  looksApart(context: unknown): number;
}

/** The part of a snapshot that is kept. `member`, the fixed input of a lifecycle, is kept apart and never in here. */
export interface StoredState {
  readonly value: StateValue;
  readonly context: Readonly<Record<string, unknown>>;
}

export type MachineName = 'failback' | 'run';

export const DEFINITIONS: Readonly<Record<MachineName, MachineDefinition>> = {
  failback: {
    machine: failbackMachine,
    version: 4,
    upcasts: { 1: withEnded, 2: withTwoSides, 3: withTransfer },
    describe: (value, context) => {
      const path = pathOf(value);
      return path === 'pending' || path === 'completed' ? path : `${stepOf(context as FailbackContext).name}: ${path}`;
    },
    movesData: (context) => (context as FailbackContext).transfer,
    looksApart: (context) => apart((context as FailbackContext).sights),
  },
  run: { machine: runMachine, version: 1, upcasts: {}, describe: pathOf, movesData: () => false, looksApart: () => 0 },
};

/** States in which version 1 had seen the end of whatever had been at work before. */
const NOTHING_AT_WORK: readonly StateValue[] = ['checking', 'holding', 'calling', 'backingOff', 'failed'];

/** Version 2 knows what of a step's operation was seen to have ended, and does not keep the id of a job that failed. */
function withEnded({ value, context }: StoredState): StoredState {
  const isOver = context.touched === true && NOTHING_AT_WORK.includes(value);
  return { value, context: { ...context, ended: isOver ? 'operation' : null, ...(isOver ? { jobId: null } : {}) } };
}

/** Version 3 knows a second side and a way back; members of version 2 have neither. */
function withTwoSides({ value, context }: StoredState): StoredState {
  const added = {
    course: 'forth',
    because: null,
    approved: false,
    fenced: false,
    forced: false,
    movedTo: {},
    lost: null,
    sights: NO_SIGHTS,
    skipped: [],
    stoppedAt: null,
    homeAt: null,
  };
  return { value, context: { ...context, ...added } };
}

/** Version 4 knows transfer slots; what was at work before goes on without one. */
function withTransfer({ value, context }: StoredState): StoredState {
  return { value, context: { ...context, transfer: false } };
}

function pathOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([state, child]) => (child === undefined ? state : `${state}.${pathOf(child)}`))
    .join('|');
}
