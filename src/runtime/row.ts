import { initialTransition } from 'xstate';
import { DEFINITIONS, type MachineDefinition, type MachineName, type StoredState } from '../../machines/definitions.ts';
import { FailbackError } from '../domain/failure.ts';
import { MEMBER_STATUSES, type MemberStatus } from '../domain/member.ts';
import type { Context } from './table-rows.ts';
import { TransitionTable } from './transition-table.ts';

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
  readonly live: Readonly<Record<string, LiveEffect>>;
  readonly timers: Readonly<Record<string, number>>;
}

export interface Revised {
  readonly revision: number;
  readonly row: Row;
}

const NAMES = Object.keys(DEFINITIONS) as readonly MachineName[];

/** The machines as the runtime takes their transitions. */
export const TABLES = Object.fromEntries(NAMES.map((name) => [name, new TransitionTable(DEFINITIONS[name].machine)])) as Readonly<
  Record<MachineName, TransitionTable>
>;

/** What lifecycles begin with. Most of a context stays like that, so only what differs is stored. */
const BLANKS = Object.fromEntries(NAMES.map((name) => [name, blankOf(name)])) as Readonly<Record<MachineName, Context>>;

function blankOf(name: MachineName): Context {
  const { member: _, ...blank } = initialTransition(DEFINITIONS[name].machine, undefined)[0].context as Record<string, unknown>;
  return blank;
}

export function encodeRow(row: Row): string {
  const blank = BLANKS[row.machine];
  const context: Record<string, unknown> = {};
  for (const key in row.context) if (!isSame(row.context[key], blank?.[key])) context[key] = row.context[key];
  return JSON.stringify({ ...row, context });
}

function isSame(value: unknown, blank: unknown): boolean {
  if (value === blank) return true;
  return typeof value === 'object' && typeof blank === 'object' && value && blank ? JSON.stringify(value) === JSON.stringify(blank) : false;
}

/**
 * Reads `<revision>|<row>` and brings it to this build's version.
 * @throws FailbackError `snapshot.unsupported` for an unknown machine, a newer version, one that has no upcast, or a state this
 *   machine does not have: such a lifecycle is left untouched, never guessed
 */
export function decodeRow(stored: string, where: string): Revised {
  const bar = stored.indexOf('|');
  const row = JSON.parse(stored.slice(bar + 1)) as Row;
  return { revision: Number(stored.slice(0, bar)), row: whole(upcast(row, where), where) };
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

function whole(row: Row, where: string): Row {
  if (!TABLES[row.machine].knows(row.value)) throw unsupported(where, `state ${JSON.stringify(row.value)} does not exist in this build`);
  return { ...row, context: { ...BLANKS[row.machine], ...row.context } };
}

/** The one status outsiders see; null for a run's own lifecycle, which has none. */
export function statusOf({ machine, value }: Row): MemberStatus | null {
  if (machine !== 'failback') return null;
  return MEMBER_STATUSES.find((status) => TABLES[machine].hasTag(value, status)) ?? null;
}

/** The lifecycle is at work and moves data in bulk, or may. */
export function movesData(row: Row): boolean {
  return DEFINITIONS[row.machine].movesData(row.context) && statusOf(row) === 'working';
}
