import { type AnyMachineSnapshot, createActor } from 'xstate';
import { DEFINITIONS, type MachineDefinition, type MachineName, type StoredState } from '../../machines/definitions.ts';
import { FailbackError } from '../domain/failure.ts';

/** An effect that may still report. Its token is the proof: a report that can not show it is dropped. */
export interface LiveEffect {
  readonly token: string;
  readonly src: string;
  readonly input: unknown;
}

/** What is stored of one lifecycle. Timers are `after` transitions: event type → due time in ms since the epoch. */
export interface Row extends StoredState {
  readonly machine: MachineName;
  readonly version: number;
  readonly done: boolean;
  /** When the run was created, ms since the epoch. Part of every token: a run that gets the name of one that was lost has other tokens. */
  readonly born: number;
  readonly live: Readonly<Record<string, LiveEffect>>;
  readonly timers: Readonly<Record<string, number>>;
}

export interface Revised {
  readonly revision: number;
  readonly row: Row;
}

export function encodeRow(row: Row): string {
  return JSON.stringify(row);
}

/**
 * Reads `<revision>|<row>` and brings it to this build's version.
 * @throws FailbackError `snapshot.unsupported` for an unknown machine, a newer version, one that has no upcast, or a state this
 *   machine does not have: such a lifecycle is left untouched, never guessed
 */
export function decodeRow(stored: string, where: string): Revised {
  const bar = stored.indexOf('|');
  const row = JSON.parse(stored.slice(bar + 1)) as Row;
  return { revision: Number(stored.slice(0, bar)), row: upcast(row, where) };
}

function upcast(row: Row, where: string): Row {
  const definition: MachineDefinition | undefined = DEFINITIONS[row.machine];
  if (!definition) throw unsupported(where, `machine "${row.machine}" is not known`);
  if (row.version > definition.version) {
    throw unsupported(where, `machine "${row.machine}" version ${row.version} is newer than this build's ${definition.version}`);
  }
  let current = row;
  for (let { version } = row; version < definition.version; version++) {
    const step = definition.upcasts[version];
    if (!step) throw unsupported(where, `machine "${row.machine}" version ${version} can not be read any more`);
    current = { ...current, ...step(current), version: version + 1 };
  }
  return current;
}

function unsupported(where: string, what: string): FailbackError {
  return new FailbackError({
    class: 'operator',
    code: 'snapshot.unsupported',
    message: `${where}: stored lifecycle: ${what}`,
    remedy: 'Let a worker of the release that wrote it finish the run, or rebuild the run with "failback adopt PLAN".',
  });
}

/** The lifecycle is at work and moves data in bulk, or may. */
export function movesData(snapshot: AnyMachineSnapshot): boolean {
  const definition: MachineDefinition | undefined = DEFINITIONS[snapshot.machine.id as MachineName];
  return snapshot.hasTag('working') && definition?.movesData(snapshot.context) === true;
}

/** A live snapshot again. `member`, kept apart, is put back into the context. */
export function restore(row: Row, member: unknown, where: string): AnyMachineSnapshot {
  const { machine } = DEFINITIONS[row.machine];
  try {
    machine.resolveState({ value: row.value, context: {} });
  } catch (cause) {
    throw unsupported(where, `state ${JSON.stringify(row.value)} does not exist in this build (${(cause as Error).message})`);
  }
  const children = Object.fromEntries(
    Object.entries(row.live).map(([id, { src, input }]) => [id, { src, snapshot: { status: 'active', input }, syncSnapshot: false }]),
  );
  const snapshot = {
    status: row.done ? 'done' : 'active',
    value: row.value,
    context: member === undefined ? row.context : { ...row.context, member },
    children,
    historyValue: {},
  };
  return createActor(machine, { snapshot: snapshot as never }).getSnapshot() as AnyMachineSnapshot;
}
